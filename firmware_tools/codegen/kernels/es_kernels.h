/* Kernels of generated networks: int8 in, int8 out, images as (height, width, channels).
 *
 * Integers only, no allocation, nothing of the C library but memcpy, memmove and memset. A kernel reads a constant
 * description and writes `output`; `scratch` is a part of the arena that it may use while it runs, aligned to 4
 * bytes. */
#ifndef ES_KERNELS_H
#define ES_KERNELS_H

#include <stdint.h>

/* A function that has to be inlined because its constant arguments decide what it is. */
#if defined(__GNUC__)
#define ES_INLINE static inline __attribute__((always_inline))
#else
#define ES_INLINE static inline
#endif

/* How a sum becomes an int8: see es_fixed_point.h. */
enum es_rounding {
    ES_ROUND_FAST,  /* twice, in the short form that the generator proved to be exact for every channel */
    ES_ROUND_TWICE, /* twice, any factor */
    ES_ROUND_ONCE   /* once, any factor */
};

/* Factor of a sum. `shift` is to the right in the short form, to the left elsewhere. */
struct es_channel {
    int32_t bias;
    int32_t multiplier;
    int32_t shift;
};

struct es_window {
    uint16_t in_height, in_width;
    uint32_t in_channels;
    uint16_t out_height, out_width;
    uint32_t out_channels;
    uint8_t kernel_height, kernel_width;
    uint8_t stride_height, stride_width;
    uint8_t dilation_height, dilation_width;
    uint8_t padding_top, padding_left;
};

/* Convolution, dense layer or depthwise convolution. `table` maps -128 to 127, or is NULL. */
struct es_conv {
    struct es_window window;
    uint32_t depth; /* products in a sum, as they are stored */
    int8_t in_zero, out_zero;
    uint8_t rounding;
    uint8_t direct; /* the pixels of the input are the columns: a 1x1 window that visits each */
    const void *weights;
    const struct es_channel *channels;
    const int8_t *table;
};

void es_conv(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch);
void es_conv_plain(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch);
void es_depthwise(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch);
void es_depthwise_any(const struct es_conv *layer, const int8_t *input, int8_t *output);

/* first + second, or first - second where the factor of the second is negative. The second has as many values as the
 * first, or `repeat` values that are used again and again; `repeat` divides `size`. */
struct es_add {
    uint32_t size, repeat;
    struct es_channel first, second, sum; /* bias: the zero point; shift: to the right, 0 for a factor of one half */
    int8_t sign;
    const int8_t *table;
};
void es_add(const struct es_add *layer, const int8_t *first, const int8_t *second, int8_t *output);

struct es_mul {
    uint32_t size, repeat;
    int8_t first_zero, second_zero, out_zero;
    uint8_t rounding;
    int32_t multiplier, shift;
    const int8_t *table;
};
void es_mul(const struct es_mul *layer, const int8_t *first, const int8_t *second, int8_t *output);

struct es_mean {
    uint32_t pixels, channels;
    int32_t offset; /* added to the sum: minus the zero point of each pixel */
    int32_t multiplier, shift;
    int8_t out_zero;
    const int8_t *table;
};
void es_mean(const struct es_mean *layer, const int8_t *input, int8_t *output, int32_t *scratch);

void es_max_pool(const struct es_window *window, const int8_t *table, const int8_t *input, int8_t *output);
void es_average_pool(const struct es_window *window, const int8_t *table, const int8_t *input, int8_t *output);

void es_lookup(uint32_t size, const int8_t *table, const int8_t *input, int8_t *output);

/* The input inside a border; `window` gives both sizes and the padding above and left. */
void es_pad(const struct es_window *window, uint32_t channels_before, int8_t zero, const int8_t *input, int8_t *output);

/* One input of a concatenation: `count` pieces of `size` bytes, `pitch` bytes apart in the output. */
void es_place(uint32_t count, uint32_t size, uint32_t pitch, const int8_t *input, int8_t *output);

struct es_resize {
    uint16_t in_height, in_width, out_height, out_width, channels;
    uint8_t half_pixel_centers;
    int32_t scale_height, scale_width; /* input pixels for one of the output, 10 fractional bits */
};
void es_resize_bilinear(const struct es_resize *layer, const int8_t *input, int8_t *output);

/* `rows` and `columns`: which row and column of the input each one of the output shows. */
void es_resize_nearest(const struct es_resize *layer, const uint16_t *rows, const uint16_t *columns,
                       const int8_t *input, int8_t *output);

/* Vectors of `channels` values. `exponentials`: exp of minus 0 to 255 steps of the input, 31 fractional bits. */
void es_softmax(uint32_t vectors, uint32_t channels, const int32_t *exponentials, const int8_t *input, int8_t *output);

/* Values below zero are multiplied by one of `repeat` slopes; `repeat` divides `size`. */
struct es_prelu {
    uint32_t size, repeat;
    int8_t in_zero, slope_zero, out_zero;
    int32_t above, above_shift, below, below_shift; /* factors of values of at least zero, and of products with slopes */
};
void es_prelu(const struct es_prelu *layer, const int8_t *input, const int8_t *slopes, int8_t *output);

void es_l2_normalize(uint32_t vectors, uint32_t channels, int8_t in_zero, const int8_t *input, int8_t *output);

#endif
