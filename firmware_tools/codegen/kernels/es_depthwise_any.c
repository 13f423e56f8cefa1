/* Depthwise convolutions of any window, and with several outputs for each input channel: one output at a time.
 *
 * Weights are [kernel height][kernel width][out channels]. */
#include "es_fixed_point.h"

static int32_t es_one_sum(const struct es_conv *layer, const int8_t *input, int32_t top, int32_t left, uint32_t channel)
{
    const struct es_window *w = &layer->window;
    const int8_t *weights = (const int8_t *)layer->weights + channel;
    uint32_t from = channel / (w->out_channels / w->in_channels);
    int32_t sum = layer->channels[channel].bias;
    for (int32_t i = 0; i < w->kernel_height; i++)
        for (int32_t j = 0; j < w->kernel_width; j++, weights += w->out_channels) {
            int32_t y = top + i * w->dilation_height, x = left + j * w->dilation_width;
            if (y >= 0 && y < w->in_height && x >= 0 && x < w->in_width)
                sum += *weights * (input[(uint32_t)(y * w->in_width + x) * w->in_channels + from] - layer->in_zero);
        }
    return sum;
}

void es_depthwise_any(const struct es_conv *layer, const int8_t *input, int8_t *output)
{
    const struct es_window *w = &layer->window;
    for (int32_t y = 0; y < w->out_height; y++)
        for (int32_t x = 0; x < w->out_width; x++) {
            int32_t top = y * w->stride_height - w->padding_top, left = x * w->stride_width - w->padding_left;
            for (uint32_t channel = 0; channel < w->out_channels; channel++) {
                int32_t sum = es_one_sum(layer, input, top, left, channel);
                *output++ = es_finish(es_requantize(layer, sum, &layer->channels[channel]), layer->table);
            }
        }
}
