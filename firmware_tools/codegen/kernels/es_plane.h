/* Depthwise convolutions work on one channel at a time: its plane, minus the zero point, so that what lies outside the
 * image is 0 and whole rows outside need no work. */
#ifndef ES_PLANE_H
#define ES_PLANE_H

#include <string.h>

#include "es_kernels.h"

/* Columns of a plane: for whole groups of 4 outputs, even, so that each row begins on a word. */
static inline uint32_t es_plane_pitch(const struct es_window *w)
{
    uint32_t outputs = (w->out_width + 3u) & ~3u;
    uint32_t columns = (outputs - 1) * w->stride_width + w->kernel_width + 1;
    uint32_t image = (uint32_t)w->padding_left + w->in_width;
    return ((columns > image ? columns : image) + 1) & ~1u;
}

/* Copies a channel; what is beside the image was set to 0 before. */
static inline void es_fill_plane(const struct es_conv *layer, const int8_t *input, uint32_t pitch, int16_t *plane)
{
    const struct es_window *w = &layer->window;
    uint32_t step = w->in_channels;
    int32_t zero = layer->in_zero;
    int16_t *row = plane + w->padding_left;
    for (uint32_t y = w->in_height; y; y--, row += pitch) {
        int16_t *to = row, *end = row + w->in_width;
#pragma GCC unroll 4
        for (; to != end; input += step)
            *to++ = (int16_t)(*input - zero);
    }
}

/* Which rows of the window lie inside the image for a row of outputs. */
struct es_rows {
    int32_t first, last, top;
};

static inline struct es_rows es_valid_rows(const struct es_window *w, int32_t output_row)
{
    int32_t top = output_row * w->stride_height - w->padding_top;
    int32_t last = w->in_height - top;
    struct es_rows rows = {top < 0 ? -top : 0, last < w->kernel_height ? last : w->kernel_height, top};
    return rows;
}

#endif
