/* Columns of a convolution: the bytes under its window at one output pixel, one behind the other. */
#ifndef ES_COLUMNS_H
#define ES_COLUMNS_H

#include <string.h>

#include "es_kernels.h"

/* The next output pixel. */
struct es_position {
    int32_t row, column;
};

/* Copies a row of the window; pixels outside the image are zero points. */
static inline void es_copy_row(const struct es_window *w, const int8_t *row, int32_t column, int8_t zero, int8_t *to)
{
    uint32_t channels = w->in_channels;
    for (int32_t k = 0; k < w->kernel_width; k++, to += channels) {
        int32_t x = column + k * w->dilation_width;
        if (x < 0 || x >= w->in_width)
            memset(to, zero, channels);
        else
            memcpy(to, row + (uint32_t)x * channels, channels);
    }
}

static inline void es_copy_window(const struct es_conv *layer, const int8_t *input, struct es_position at, int8_t *to)
{
    const struct es_window *w = &layer->window;
    uint32_t size = (uint32_t)w->kernel_width * w->in_channels, pitch = (uint32_t)w->in_width * w->in_channels;
    int32_t top = at.row * w->stride_height - w->padding_top, left = at.column * w->stride_width - w->padding_left;
    int inside = w->dilation_width == 1 && left >= 0 && left + w->kernel_width <= w->in_width;
    for (int32_t k = 0; k < w->kernel_height; k++, to += size) {
        int32_t y = top + k * w->dilation_height;
        if (y < 0 || y >= w->in_height)
            memset(to, layer->in_zero, size);
        else if (inside)
            memcpy(to, input + (uint32_t)y * pitch + (uint32_t)left * w->in_channels, size);
        else
            es_copy_row(w, input + (uint32_t)y * pitch, left, layer->in_zero, to);
    }
}

/* The column of an output pixel, copied into `buffer` where the image does not hold it as it is; steps to the next. */
static inline const int8_t *es_next_column(const struct es_conv *layer, const int8_t *input, struct es_position *at,
                                           int8_t *buffer)
{
    const struct es_window *w = &layer->window;
    const int8_t *column = buffer;
    if (layer->direct)
        column = input + (uint32_t)(at->row * w->out_width + at->column) * w->in_channels;
    else
        es_copy_window(layer, input, *at, buffer);
    if (++at->column == w->out_width) {
        at->column = 0;
        at->row++;
    }
    return column;
}

#endif
