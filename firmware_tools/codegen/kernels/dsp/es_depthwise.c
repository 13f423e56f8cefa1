/* Depthwise convolutions with 16-bit dual multiply-accumulates. Weights are [channel][kernel height][kernel width].
 *
 * A row of a channel's plane is read in words of two neighbors x0, x1. With a stride of 1, outputs 0 and 1 read the same
 * words: output 0 with the weights (w0, w1) (w2, 0), output 1 with (0, w0) (w1, w2). With a stride of 2 each output begins
 * on its own word. */
#include "es_fixed_point.h"
#include "es_plane.h"
#include "es_simd.h"

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
static inline void es_quad1(const uint32_t *x, uint32_t pitch, const uint32_t *w, int32_t rows, int words, int32_t *sums)
{
    int32_t s0 = sums[0], s1 = s0, s2 = s0, s3 = s0;
    for (; rows > 0; rows--, x += pitch, w += 2 * words)
        for (int k = 0; k < words; k++) {
            uint32_t even = w[2 * k], odd = w[2 * k + 1];
            s0 = es_dot(x[k], even, s0), s1 = es_dot(x[k], odd, s1);
            s2 = es_dot(x[k + 1], even, s2), s3 = es_dot(x[k + 1], odd, s3);
        }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

/* 4 neighboring outputs with a stride of 2. */
static inline void es_quad2(const uint32_t *x, uint32_t pitch, const uint32_t *w, int32_t rows, int words, int32_t *sums)
{
    int32_t s0 = sums[0], s1 = s0, s2 = s0, s3 = s0;
    for (; rows > 0; rows--, x += pitch, w += words)
        for (int k = 0; k < words; k++) {
            s0 = es_dot(x[k], w[k], s0), s1 = es_dot(x[k + 1], w[k], s1);
            s2 = es_dot(x[k + 2], w[k], s2), s3 = es_dot(x[k + 3], w[k], s3);
        }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

static inline void es_quad(const uint32_t *x, uint32_t pitch, const uint32_t *w, int32_t rows, int width, int stride,
                           int32_t *sums)
{
    if (stride == 2 && width == 3)
        es_quad2(x, pitch, w, rows, 2, sums);
    else if (stride == 2)
        es_quad2(x, pitch, w, rows, (width + 1) / 2, sums);
    else if (width == 3)
        es_quad1(x, pitch, w, rows, 2, sums);
    else if (width == 5)
        es_quad1(x, pitch, w, rows, 3, sums);
    else
        es_quad1(x, pitch, w, rows, width / 2 + 1, sums);
}

static inline void es_write(const struct es_conv *layer, const struct es_channel *c, const int32_t *sums, int32_t count,
                            int8_t *output)
{
    uint32_t pitch = layer->window.out_channels;
    for (const int32_t *end = sums + count; sums != end; sums++, output += pitch)
        *output = es_finish(es_requantize(layer, *sums, c), layer->table);
}

static void es_channel_outputs(const struct es_conv *layer, const struct es_channel *c, const uint32_t *weights,
                               const uint32_t *plane, uint32_t pitch, int8_t *output)
{
    const struct es_window *w = &layer->window;
    uint32_t channels = w->out_channels;
    int32_t width = w->out_width, stride = w->stride_width, kernel = w->kernel_width;
    int32_t words = stride == 2 ? (kernel + 1) / 2 : 2 * (kernel / 2 + 1);
    for (int32_t y = 0; y < w->out_height; y++) {
        struct es_rows valid = es_valid_rows(w, y);
        const uint32_t *x = plane + (uint32_t)(valid.top + valid.first) * pitch, *taps = weights + valid.first * words;
        for (int32_t left = width; left > 0; left -= 4, x += 2 * stride) {
            int32_t sums[4] = {c->bias}, count = left < 4 ? left : 4;
            es_quad(x, pitch, taps, valid.last - valid.first, kernel, stride, sums);
            es_write(layer, c, sums, count, output);
            output += (uint32_t)count * channels;
        }
    }
}

void es_depthwise(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch)
{
    const struct es_window *w = &layer->window;
    const int8_t *weights = layer->weights;
    uint32_t pitch = es_plane_pitch(w);
    int16_t *plane = scratch;
    uint32_t *words = (uint32_t *)scratch + pitch / 2 * w->in_height;
    memset(plane, 0, pitch * w->in_height * sizeof *plane);
    for (uint32_t channel = 0; channel < w->out_channels; channel++, weights += layer->depth) {
        es_fill_plane(layer, input + channel, pitch, plane);
        es_expand(weights, w->kernel_height, w->kernel_width, w->stride_width, words);
        es_channel_outputs(layer, &layer->channels[channel], words, scratch, pitch / 2, output + channel);
    }
}
