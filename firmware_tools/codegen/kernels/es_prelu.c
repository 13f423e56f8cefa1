/* PReLU: values below zero times the slope of their channel. */
#include "es_fixed_point.h"

void es_prelu(const struct es_prelu *layer, const int8_t *input, const int8_t *slopes, int8_t *output)
{
    for (uint32_t done = 0; done < layer->size; done += layer->repeat)
        for (uint32_t i = 0; i < layer->repeat; i++) {
            int32_t value = *input++ - layer->in_zero;
            if (value < 0)
                value = es_rescale(value * (slopes[i] - layer->slope_zero), layer->below, layer->below_shift);
            else
                value = es_rescale(value, layer->above, layer->above_shift);
            *output++ = (int8_t)es_clamp(value + layer->out_zero);
        }
}
