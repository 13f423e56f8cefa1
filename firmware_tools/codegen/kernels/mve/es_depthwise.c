/* Depthwise convolutions with Helium: 4 channels at a time. Weights are [kernel height][kernel width][channels]. */
#include "es_vector.h"

/* The part of a window that lies inside the image. */
struct es_span {
    int32_t first, last;
};

static inline struct es_span es_inside(int32_t begin, int32_t kernel, int32_t side)
{
    struct es_span span = {begin < 0 ? -begin : 0, begin + kernel > side ? side - begin : kernel};
    return span;
}

static void es_pixel(const struct es_conv *layer, const int8_t *input, int32_t top, int32_t left, int8_t *output)
{
    const struct es_window *w = &layer->window;
    struct es_span rows = es_inside(top, w->kernel_height, w->in_height);
    struct es_span columns = es_inside(left, w->kernel_width, w->in_width);
    uint32_t channels = w->in_channels, image_pitch = w->in_width * channels, kernel_pitch = w->kernel_width * channels;
    const int8_t *image = input + (uint32_t)(top + rows.first) * image_pitch + (uint32_t)(left + columns.first) * channels;
    const int8_t *kernel = (const int8_t *)layer->weights + (uint32_t)rows.first * kernel_pitch +
                           (uint32_t)columns.first * channels;
    int32_t zero = -layer->in_zero;
    for (uint32_t channel = 0; channel < channels; channel += 4, image += 4, kernel += 4, output += 4) {
        mve_pred16_t some = vctp32q(channels - channel);
        struct es_factors f = es_load_factors(layer->channels + channel);
        int32x4_t sums = f.bias;
        const int8_t *x = image, *weights = kernel;
        for (int32_t i = rows.first; i < rows.last; i++, x += image_pitch, weights += kernel_pitch) {
            const int8_t *from = x, *by = weights;
            for (int32_t j = columns.last - columns.first; j > 0; j--, from += channels, by += channels) {
                int32x4_t values = vaddq_n_s32(vldrbq_z_s32(from, some), zero);
                sums = vaddq_s32(sums, vmulq_s32(values, vldrbq_z_s32(by, some)));
            }
        }
        es_store4(es_rescale4(sums, f), layer->out_zero, layer->table, channels - channel, output);
    }
}

void es_depthwise(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch)
{
    const struct es_window *w = &layer->window;
    (void)scratch;
    for (int32_t y = 0; y < w->out_height; y++)
        for (int32_t x = 0; x < w->out_width; x++, output += w->out_channels)
            es_pixel(layer, input, y * w->stride_height - w->padding_top, x * w->stride_width - w->padding_left, output);
}
