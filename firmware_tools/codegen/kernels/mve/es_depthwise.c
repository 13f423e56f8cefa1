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

/* Taps inside the image, and the bytes from one to the next. */
struct es_taps {
    int32_t rows, columns;
    uint32_t channels, image_pitch, kernel_pitch;
};

struct es_sums8 {
    int32x4_t low, high;
};

static inline struct es_sums8 es_sums8(struct es_taps t, const int8_t *image, const int8_t *kernel, int32_t zero,
                                       int32x4_t low, int32x4_t high)
{
    for (; t.rows > 0; t.rows--, image += t.image_pitch, kernel += t.kernel_pitch) {
        const int8_t *x = image, *w = kernel;
        for (int32_t j = t.columns; j > 0; j--, x += t.channels, w += t.channels) {
            low = vaddq_s32(low, vmulq_s32(vaddq_n_s32(vldrbq_s32(x), zero), vldrbq_s32(w)));
            high = vaddq_s32(high, vmulq_s32(vaddq_n_s32(vldrbq_s32(x + 4), zero), vldrbq_s32(w + 4)));
        }
    }
    struct es_sums8 sums = {low, high};
    return sums;
}

/* The first `left` of 4 channels. */
static inline int32x4_t es_sums4(struct es_taps t, const int8_t *image, const int8_t *kernel, int32_t zero,
                                 int32x4_t sums, uint32_t left)
{
    mve_pred16_t some = vctp32q(left);
    for (; t.rows > 0; t.rows--, image += t.image_pitch, kernel += t.kernel_pitch) {
        const int8_t *x = image, *w = kernel;
        for (int32_t j = t.columns; j > 0; j--, x += t.channels, w += t.channels) {
            int32x4_t values = vaddq_n_s32(vldrbq_z_s32(x, some), zero);
            sums = vaddq_s32(sums, vmulq_s32(values, vldrbq_z_s32(w, some)));
        }
    }
    return sums;
}

static void es_pixel(const struct es_conv *layer, const int8_t *input, int32_t top, int32_t left, int8_t *output)
{
    const struct es_window *w = &layer->window;
    struct es_span rows = es_inside(top, w->kernel_height, w->in_height);
    struct es_span columns = es_inside(left, w->kernel_width, w->in_width);
    uint32_t channels = w->in_channels, image_pitch = w->in_width * channels, kernel_pitch = w->kernel_width * channels;
    const int8_t *image = input + (uint32_t)(top + rows.first) * image_pitch +
                          (uint32_t)(left + columns.first) * channels;
    const int8_t *kernel = (const int8_t *)layer->weights + (uint32_t)rows.first * kernel_pitch +
                           (uint32_t)columns.first * channels;
    struct es_taps taps = {rows.last - rows.first, columns.last - columns.first, channels, image_pitch, kernel_pitch};
    int32_t zero = -layer->in_zero, out_zero = layer->out_zero;
    const struct es_channel *c = layer->channels;
    uint32_t left_over = channels;
    for (; left_over >= 8; left_over -= 8, image += 8, kernel += 8, output += 8, c += 8) {
        struct es_factors f = es_load_factors(c), g = es_load_factors(c + 4);
        struct es_sums8 sums = es_sums8(taps, image, kernel, zero, f.bias, g.bias);
        es_store4(es_rescale4(sums.low, f), out_zero, layer->table, 4, output);
        es_store4(es_rescale4(sums.high, g), out_zero, layer->table, 4, output + 4);
    }
    for (; left_over; image += 4, kernel += 4, output += 4, c += 4) {
        struct es_factors f = es_load_factors(c);
        int32x4_t sums = es_sums4(taps, image, kernel, zero, f.bias, left_over);
        es_store4(es_rescale4(sums, f), out_zero, layer->table, left_over, output);
        left_over -= left_over < 4 ? left_over : 4;
    }
}

void es_depthwise(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch)
{
    const struct es_window *w = &layer->window;
    (void)scratch;
    for (int32_t y = 0; y < w->out_height; y++) {
        int32_t top = y * w->stride_height - w->padding_top;
        for (int32_t x = 0; x < w->out_width; x++, output += w->out_channels)
            es_pixel(layer, input, top, x * w->stride_width - w->padding_left, output);
    }
}
