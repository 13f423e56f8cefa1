/* Convolutions and dense layers with Helium. Weights are [out channels, padded to 4][depth]. */
#include "es_columns.h"
#include "es_fixed_point.h"
#include "es_vector.h"

#define ES_COLUMNS 8 /* made before weights are read once for all of them */

/* Sums of 4 output channels: 16 products of each in a turn, the last turn with those that are left. */
static inline int32x4_t es_dot4(const int8_t *x, const int8_t *weights, uint32_t depth)
{
    const int8_t *w0 = weights, *w1 = w0 + depth, *w2 = w1 + depth, *w3 = w2 + depth;
    int32_t s0 = 0, s1 = 0, s2 = 0, s3 = 0;
    __asm__ volatile("wlstp.8 lr, %[n], 2f\n"
                     "1:\n"
                     "vldrb.8 q0, [%[x]], #16\n"
                     "vldrb.8 q1, [%[w0]], #16\n"
                     "vmladava.s8 %[s0], q0, q1\n"
                     "vldrb.8 q2, [%[w1]], #16\n"
                     "vmladava.s8 %[s1], q0, q2\n"
                     "vldrb.8 q1, [%[w2]], #16\n"
                     "vmladava.s8 %[s2], q0, q1\n"
                     "vldrb.8 q2, [%[w3]], #16\n"
                     "vmladava.s8 %[s3], q0, q2\n"
                     "letp lr, 1b\n"
                     "2:\n"
                     : [s0] "+Te"(s0), [s1] "+Te"(s1), [s2] "+Te"(s2), [s3] "+Te"(s3), [x] "+r"(x), [w0] "+r"(w0),
                       [w1] "+r"(w1), [w2] "+r"(w2), [w3] "+r"(w3)
                     : [n] "r"(depth)
                     : "q0", "q1", "q2", "lr", "memory");
    int32x4_t sums = {s0, s1, s2, s3};
    return sums;
}

/* Dense layers that round once, one channel after the other. */
static void es_store_once(const struct es_conv *layer, int32x4_t sums, uint32_t channel, int8_t *output)
{
    const struct es_channel *c = layer->channels + channel;
    int32_t four[4];
    vst1q_s32(four, sums);
    for (uint32_t i = 0; i < 4 && channel + i < layer->window.out_channels; i++)
        output[i] = es_finish(es_requantize(layer, four[i], &c[i]), layer->table);
}

/* All channels of `count` pixels whose columns lie `pitch` bytes apart. */
static void es_pixels(const struct es_conv *layer, const int8_t *columns, uint32_t pitch, uint32_t count,
                      int8_t *output)
{
    const int8_t *weights = layer->weights, *table = layer->table;
    uint32_t channels = layer->window.out_channels, depth = layer->depth;
    int32_t zero = layer->out_zero;
    for (uint32_t channel = 0; channel < channels; channel += 4, weights += 4 * depth) {
        struct es_factors f = es_load_factors(layer->channels + channel);
        const int8_t *x = columns;
        int8_t *to = output + channel;
        for (uint32_t pixel = count; pixel; pixel--, x += pitch, to += channels) {
            int32x4_t sums = vaddq_s32(es_dot4(x, weights, depth), f.bias);
            if (layer->rounding == ES_ROUND_FAST)
                es_store4(es_rescale4_right(sums, f), zero, table, channels - channel, to);
            else if (layer->rounding == ES_ROUND_TWICE)
                es_store4(es_rescale4(sums, f), zero, table, channels - channel, to);
            else
                es_store_once(layer, sums, channel, to);
        }
    }
}

void es_conv(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch)
{
    uint32_t pixels = (uint32_t)layer->window.out_height * layer->window.out_width, depth = layer->depth;
    struct es_position at = {0, 0};
    if (layer->direct) {
        es_pixels(layer, input, depth, pixels, output);
        return;
    }
    while (pixels) {
        uint32_t count = pixels < ES_COLUMNS ? pixels : ES_COLUMNS;
        int8_t *column = scratch;
        for (uint32_t i = 0; i < count; i++, column += depth)
            es_next_column(layer, input, &at, column);
        es_pixels(layer, scratch, depth, count, output);
        output += count * layer->window.out_channels;
        pixels -= count;
    }
}
