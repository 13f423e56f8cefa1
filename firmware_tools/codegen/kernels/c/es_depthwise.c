/* Depthwise convolutions in plain C. Weights are [channel][kernel height][kernel width]. */
#include "es_fixed_point.h"
#include "es_plane.h"

/* 4 neighboring outputs of a row. */
static inline void es_quad(const struct es_conv *layer, const int16_t *plane, uint32_t pitch, const int8_t *weights,
                           int32_t rows, int width, int stride, int32_t sums[4])
{
    int32_t s0 = sums[0], s1 = s0, s2 = s0, s3 = s0;
    (void)layer;
    for (; rows > 0; rows--, plane += pitch, weights += width)
        for (int k = 0; k < width; k++) {
            int32_t w = weights[k];
            s0 += w * plane[k], s1 += w * plane[k + stride];
            s2 += w * plane[k + 2 * stride], s3 += w * plane[k + 3 * stride];
        }
    sums[0] = s0, sums[1] = s1, sums[2] = s2, sums[3] = s3;
}

static void es_channel_outputs(const struct es_conv *layer, uint32_t channel, const int16_t *plane, uint32_t pitch,
                               int8_t *output)
{
    const struct es_window *w = &layer->window;
    const struct es_channel *c = layer->channels + channel;
    const int8_t *weights = (const int8_t *)layer->weights + channel * layer->depth;
    uint32_t channels = w->out_channels;
    for (int32_t y = 0; y < w->out_height; y++) {
        struct es_rows valid = es_valid_rows(w, y);
        const int16_t *row = plane + (uint32_t)(valid.top + valid.first) * pitch;
        const int8_t *taps = weights + valid.first * w->kernel_width;
        int32_t count = valid.last - valid.first;
        for (int32_t x = 0; x < w->out_width; x += 4, row += 4 * w->stride_width) {
            int32_t sums[4] = {c->bias};
            if (w->kernel_width == 3 && w->stride_width == 1)
                es_quad(layer, row, pitch, taps, count, 3, 1, sums);
            else if (w->kernel_width == 3)
                es_quad(layer, row, pitch, taps, count, 3, w->stride_width, sums);
            else if (w->kernel_width == 5 && w->stride_width == 1)
                es_quad(layer, row, pitch, taps, count, 5, 1, sums);
            else
                es_quad(layer, row, pitch, taps, count, w->kernel_width, w->stride_width, sums);
            for (int32_t i = 0; i < 4 && x + i < w->out_width; i++, output += channels)
                *output = es_finish(es_requantize(layer, sums[i], c), layer->table);
        }
    }
}

void es_depthwise(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch)
{
    const struct es_window *w = &layer->window;
    uint32_t pitch = es_plane_pitch(w);
    int16_t *plane = scratch;
    memset(plane, 0, pitch * w->in_height * sizeof *plane);
    for (uint32_t channel = 0; channel < w->out_channels; channel++) {
        es_fill_plane(layer, input + channel, pitch, plane);
        es_channel_outputs(layer, channel, plane, pitch, output + channel);
    }
}
