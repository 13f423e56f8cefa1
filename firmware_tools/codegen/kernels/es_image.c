/* Kernels that move pixels: borders, concatenations, resizes. */
#include <string.h>

#include "es_fixed_point.h"

void es_pad(const struct es_window *w, uint32_t channels_before, int8_t zero, const int8_t *input, int8_t *output)
{
    uint32_t pitch = (uint32_t)w->out_width * w->out_channels;
    memset(output, zero, w->out_height * pitch);
    output += w->padding_top * pitch + (uint32_t)w->padding_left * w->out_channels + channels_before;
    for (uint32_t y = w->in_height; y; y--, output += pitch) {
        int8_t *to = output;
        for (uint32_t x = w->in_width; x; x--, to += w->out_channels, input += w->in_channels)
            memcpy(to, input, w->in_channels);
    }
}

void es_place(uint32_t count, uint32_t size, uint32_t pitch, const int8_t *input, int8_t *output)
{
    for (; count; count--, input += size, output += pitch)
        memcpy(output, input, size);
}

/* Between which two rows or columns of the input one of the output lies, and how far behind the first, of 1024. */
struct es_between {
    int32_t first, second, behind;
};

static struct es_between es_between(int32_t at, int32_t scale, int32_t half_pixel_centers, int32_t side)
{
    int32_t position = at * scale + (half_pixel_centers ? scale / 2 - 512 : 0);
    int32_t first = position / 1024, second = (position + 1023) / 1024;
    struct es_between found = {first < 0 ? 0 : first, second < side - 1 ? second : side - 1, 0};
    found.behind = position - 1024 * found.first;
    return found;
}

void es_resize_bilinear(const struct es_resize *layer, const int8_t *input, int8_t *output)
{
    uint32_t channels = layer->channels, pitch = channels * layer->in_width;
    for (int32_t i = 0; i < layer->out_height; i++) {
        struct es_between y = es_between(i, layer->scale_height, layer->half_pixel_centers, layer->in_height);
        const int8_t *upper = input + (uint32_t)y.first * pitch, *lower = input + (uint32_t)y.second * pitch;
        for (int32_t j = 0; j < layer->out_width; j++) {
            struct es_between x = es_between(j, layer->scale_width, layer->half_pixel_centers, layer->in_width);
            uint32_t left = (uint32_t)x.first * channels, right = (uint32_t)x.second * channels;
            int32_t w11 = y.behind * x.behind, w10 = 1024 * y.behind - w11, w01 = 1024 * x.behind - w11;
            int32_t w00 = (1 << 20) - w01 - w10 - w11;
            for (uint32_t channel = 0; channel < channels; channel++, left++, right++) {
                int32_t sum = upper[left] * w00 + upper[right] * w01 + lower[left] * w10 + lower[right] * w11;
                *output++ = (int8_t)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
            }
        }
    }
}

void es_resize_nearest(const struct es_resize *layer, const uint16_t *rows, const uint16_t *columns,
                       const int8_t *input, int8_t *output)
{
    uint32_t channels = layer->channels, pitch = channels * layer->in_width;
    for (uint32_t i = 0; i < layer->out_height; i++)
        for (uint32_t j = 0; j < layer->out_width; j++, output += channels)
            memcpy(output, input + rows[i] * pitch + columns[j] * channels, channels);
}
