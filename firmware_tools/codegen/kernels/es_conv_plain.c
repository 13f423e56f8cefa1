/* Convolutions and dense layers in plain C.
 *
 * Weights come in groups of 4 output channels: [group][depth][4], padded with zeros. */
#include "es_columns.h"
#include "es_fixed_point.h"

/* 4 output channels of `count` pixels, 1 or 2: a constant wherever this is inlined. */
ES_INLINE void es_tile(const struct es_conv *layer, uint32_t channel, int count, const int8_t *a, const int8_t *b,
                       int8_t *output)
{
    const int8_t *w = (const int8_t *)layer->weights + channel * layer->depth;
    const struct es_channel *c = layer->channels + channel;
    int32_t channels = layer->window.out_channels;
    int32_t a0 = c[0].bias, a1 = c[1].bias, a2 = c[2].bias, a3 = c[3].bias;
    int32_t b0 = a0, b1 = a1, b2 = a2, b3 = a3;
    for (uint32_t k = layer->depth; k; k--, w += 4) {
        int32_t x = *a++;
        a0 += x * w[0], a1 += x * w[1], a2 += x * w[2], a3 += x * w[3];
        if (count == 2) {
            int32_t y = *b++;
            b0 += y * w[0], b1 += y * w[1], b2 += y * w[2], b3 += y * w[3];
        }
    }
    int32_t sums[2][4] = {{a0, a1, a2, a3}, {b0, b1, b2, b3}};
    int32_t left = channels - (int32_t)channel;
    for (int i = 0; i < count; i++, output += channels)
        for (int j = 0; j < 4 && j < left; j++)
            output[channel + (uint32_t)j] = es_finish(es_requantize(layer, sums[i][j], &c[j]), layer->table);
}

/* Cores with few registers are faster with one pixel at a time. */
#if defined(__thumb__) && !defined(__thumb2__)
#define ES_PIXELS 1
#else
#define ES_PIXELS 2
#endif

void es_conv_plain(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch)
{
    uint32_t channels = layer->window.out_channels;
    uint32_t pixels = (uint32_t)layer->window.out_height * layer->window.out_width;
    int8_t *buffer = scratch;
    struct es_position at = {0, 0};
    for (; ES_PIXELS == 2 && pixels >= 2; pixels -= 2, output += 2 * channels) {
        const int8_t *a = es_next_column(layer, input, &at, buffer);
        const int8_t *b = es_next_column(layer, input, &at, buffer + layer->depth);
        for (uint32_t channel = 0; channel < channels; channel += 4)
            es_tile(layer, channel, 2, a, b, output);
    }
    for (; pixels; pixels--, output += channels) {
        const int8_t *a = es_next_column(layer, input, &at, buffer);
        for (uint32_t channel = 0; channel < channels; channel += 4)
            es_tile(layer, channel, 1, a, a, output);
    }
}
