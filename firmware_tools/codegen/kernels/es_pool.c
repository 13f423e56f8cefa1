/* Pools over windows. What is outside the image does not count. */
#include <string.h>

#include "es_fixed_point.h"

/* The part of a window that lies inside the image. */
struct es_area {
    int32_t top, bottom, left, right;
};

static struct es_area es_area(const struct es_window *w, int32_t y, int32_t x)
{
    int32_t top = y * w->stride_height - w->padding_top, left = x * w->stride_width - w->padding_left;
    int32_t bottom = top + w->kernel_height, right = left + w->kernel_width;
    struct es_area area = {top < 0 ? 0 : top, bottom > w->in_height ? w->in_height : bottom, left < 0 ? 0 : left,
                           right > w->in_width ? w->in_width : right};
    return area;
}

void es_max_pool(const struct es_window *w, const int8_t *table, const int8_t *input, int8_t *output)
{
    uint32_t channels = w->in_channels;
    for (int32_t y = 0; y < w->out_height; y++)
        for (int32_t x = 0; x < w->out_width; x++, output += channels) {
            struct es_area area = es_area(w, y, x);
            memset(output, -128, channels);
            for (int32_t i = area.top; i < area.bottom; i++)
                for (int32_t j = area.left; j < area.right; j++) {
                    const int8_t *pixel = input + (uint32_t)(i * w->in_width + j) * channels;
                    for (uint32_t channel = 0; channel < channels; channel++)
                        output[channel] = pixel[channel] > output[channel] ? pixel[channel] : output[channel];
                }
            for (uint32_t channel = 0; channel < channels; channel++)
                output[channel] = es_finish(output[channel], table);
        }
}

void es_average_pool(const struct es_window *w, const int8_t *table, const int8_t *input, int8_t *output)
{
    uint32_t channels = w->in_channels;
    for (int32_t y = 0; y < w->out_height; y++)
        for (int32_t x = 0; x < w->out_width; x++) {
            struct es_area area = es_area(w, y, x);
            int32_t count = (area.bottom - area.top) * (area.right - area.left);
            for (uint32_t channel = 0; channel < channels; channel++) {
                int32_t sum = 0;
                for (int32_t i = area.top; i < area.bottom; i++)
                    for (int32_t j = area.left; j < area.right; j++)
                        sum += input[(uint32_t)(i * w->in_width + j) * channels + channel];
                sum = sum > 0 ? sum + count / 2 : sum - count / 2;
                *output++ = es_finish(sum / count, table);
            }
        }
}
