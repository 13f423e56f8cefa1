/* Means over whole images. */
#include <string.h>

#include "es_fixed_point.h"

void es_mean(const struct es_mean *layer, const int8_t *input, int8_t *output, int32_t *scratch)
{
    uint32_t channels = layer->channels;
    memset(scratch, 0, channels * sizeof *scratch);
    for (uint32_t pixel = layer->pixels; pixel; pixel--)
        for (uint32_t channel = 0; channel < channels; channel++)
            scratch[channel] += *input++;
    for (uint32_t channel = 0; channel < channels; channel++) {
        int32_t mean = es_rescale(scratch[channel] + layer->offset, layer->multiplier, layer->shift);
        output[channel] = es_finish(mean + layer->out_zero, layer->table);
    }
}
