/* Depthwise convolutions with 16-bit dual multiply-accumulates. Weights are [channel][kernel height][kernel width].
 *
 * A row of a channel's plane is read in words of two neighbors x0, x1. With a stride of 1, outputs 0 and 1 read the
 * same words: output 0 with the weights (w0, w1) (w2, 0), output 1 with (0, w0) (w1, w2). With a stride of 2 each
 * output begins on its own word. */
#include "es_fixed_point.h"
#include "es_plane.h"
#include "es_simd.h"
#include "es_write.h"

static inline uint32_t es_halves(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xffff) | ((uint32_t)high << 16);
}

/* Weights of a channel as words, in the order in which es_quad reads them. */
static void es_expand(const int8_t *weights, int32_t height, int32_t width, int stride, uint32_t *to)
{
    for (; height > 0; height--, weights += width)
        for (int32_t k = 0; k < width + (stride == 1); k += 2) {
            int32_t here = k < width ? weights[k] : 0, next = k + 1 < width ? weights[k + 1] : 0;
            *to++ = es_halves(here, next);
            if (stride == 1)
                *to++ = es_halves(k ? weights[k - 1] : 0, here);
        }
}

/* 4 neighboring outputs with a stride of 1; `words` of the window are a constant wherever this is inlined. */
ES_INLINE void es_quad1(const uint32_t *x, uint32_t pitch, const uint32_t *w, int32_t rows, int words, int32_t *sums)
{
    int32_t s0 = sums[0], s1 = s0, s2 = s0, s3 = s0;
    for (; rows > 0; rows--, x += pitch, w += 2 * words)
#pragma GCC unroll 3
        for (int k = 0; k < words; k++) {
            uint32_t even = w[2 * k], odd = w[2 * k + 1];
            s0 = es_dot(x[k], even, s0), s1 = es_dot(x[k], odd, s1);
            s2 = es_dot(x[k + 1], even, s2), s3 = es_dot(x[k + 1], odd, s3);
        }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

/* 4 neighboring outputs with a stride of 2. */
ES_INLINE void es_quad2(const uint32_t *x, uint32_t pitch, const uint32_t *w, int32_t rows, int words, int32_t *sums)
{
    int32_t s0 = sums[0], s1 = s0, s2 = s0, s3 = s0;
    for (; rows > 0; rows--, x += pitch, w += words)
#pragma GCC unroll 3
        for (int k = 0; k < words; k++) {
            s0 = es_dot(x[k], w[k], s0), s1 = es_dot(x[k + 1], w[k], s1);
            s2 = es_dot(x[k + 2], w[k], s2), s3 = es_dot(x[k + 3], w[k], s3);
        }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

/* One channel. `width` and `stride` are those of the window, constants in the usual cases. */
ES_INLINE void es_channel_outputs(const struct es_conv *layer, const struct es_channel *c, const uint32_t *weights,
                                  const uint32_t *plane, uint32_t pitch, int width, int stride, int8_t *output)
{
    const struct es_window *w = &layer->window;
    struct es_writer writer = es_writer(layer, c);
    int words = stride == 2 ? (width + 1) / 2 : width / 2 + 1;
    for (int32_t y = 0; y < w->out_height; y++) {
        struct es_rows valid = es_valid_rows(w, y);
        const uint32_t *x = plane + (uint32_t)(valid.top + valid.first) * pitch;
        const uint32_t *taps = weights + valid.first * words * (stride == 2 ? 1 : 2);
        int32_t left = w->out_width;
        for (;; left -= 4, x += 2 * stride) {
            int32_t sums[4] = {c->bias};
            if (stride == 2)
                es_quad2(x, pitch, taps, valid.last - valid.first, words, sums);
            else
                es_quad1(x, pitch, taps, valid.last - valid.first, words, sums);
            if (left < 4) {
                for (int32_t i = 0; i < left; i++, output += writer.pitch)
                    es_write1(writer, sums[i], output);
                break;
            }
            es_write4(writer, sums[0], sums[1], sums[2], sums[3], output);
            output += 4 * writer.pitch;
            if (left == 4)
                break;
        }
    }
}

#define ES_CASE(width, stride)                                                                                     \
    static void es_channel_##width##_##stride(const struct es_conv *layer, const struct es_channel *c,             \
                                              const uint32_t *weights, const uint32_t *plane, uint32_t pitch,      \
                                              int8_t *output)                                                      \
    {                                                                                                              \
        es_channel_outputs(layer, c, weights, plane, pitch, width, stride, output);                                \
    }
ES_CASE(3, 1)
ES_CASE(3, 2)
ES_CASE(5, 1)

static void es_channel_any(const struct es_conv *layer, const struct es_channel *c, const uint32_t *weights,
                           const uint32_t *plane, uint32_t pitch, int8_t *output)
{
    const struct es_window *w = &layer->window;
    es_channel_outputs(layer, c, weights, plane, pitch, w->kernel_width, w->stride_width, output);
}

typedef void es_channel_function(const struct es_conv *, const struct es_channel *, const uint32_t *, const uint32_t *,
                                 uint32_t, int8_t *);

static es_channel_function *es_choose(const struct es_window *w)
{
    if (w->kernel_width == 3)
        return w->stride_width == 1 ? es_channel_3_1 : es_channel_3_2;
    return w->kernel_width == 5 && w->stride_width == 1 ? es_channel_5_1 : es_channel_any;
}

void es_depthwise(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch)
{
    const struct es_window *w = &layer->window;
    const int8_t *weights = layer->weights;
    es_channel_function *outputs = es_choose(w);
    uint32_t pitch = es_plane_pitch(w);
    int16_t *plane = scratch;
    uint32_t *words = (uint32_t *)scratch + pitch / 2 * w->in_height;
    memset(plane, 0, pitch * w->in_height * sizeof *plane);
    for (uint32_t channel = 0; channel < w->out_channels; channel++, weights += layer->depth) {
        es_fill_plane(layer, input + channel, pitch, plane);
        es_expand(weights, w->kernel_height, w->kernel_width, w->stride_width, words);
        outputs(layer, &layer->channels[channel], words, scratch, pitch / 2, output + channel);
    }
}
