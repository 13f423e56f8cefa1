/* Roundings of int8 inference. They decide whether two engines agree, so each is written once. */
#ifndef ES_FIXED_POINT_H
#define ES_FIXED_POINT_H

#include "es_kernels.h"

/* value * (2^32 + multiplier) / 2^32, to the nearest integer, halves up. With a multiplier of 2m - 2^32 that is
 * value * m / 2^31 for an m in [2^30, 2^31). */
static inline int32_t es_scale(int32_t value, int32_t multiplier)
{
#if defined(__ARM_FEATURE_DSP) && defined(__GNUC__)
    int32_t scaled;
    __asm__("smmlar %0, %1, %2, %1" : "=r"(scaled) : "r"(value), "r"(multiplier));
    return scaled;
#elif defined(__thumb__) && !defined(__thumb2__) /* no long multiply: four of 16 bits; the multiplier is negative */
    uint32_t value_low = (uint32_t)value & 0xffff, low = (uint32_t)multiplier & 0xffff;
    int32_t value_high = value >> 16, high = multiplier >> 16;
    int32_t middle = value_high * (int32_t)low + (int32_t)((value_low * low) >> 16);
    int32_t other = (int32_t)value_low * high + (middle & 0xffff) + 0x8000;
    return value + value_high * high + (middle >> 16) + (other >> 16);
#else
    return value + (int32_t)(((int64_t)value * multiplier + 0x80000000LL) >> 32);
#endif
}

/* value / 2^shift to the nearest integer, halves away from zero, plus `zero`. The shift is 1 or more. */
static inline int32_t es_shift_add(int32_t value, int32_t shift, int32_t zero)
{
    int32_t half = (2 * zero + 1) * (1 << (shift - 1));
    return (value + (value >> 31) + half) >> shift;
}

/* Any factor multiplier / 2^31 * 2^shift, rounded twice. */
static inline int32_t es_rescale(int32_t value, int32_t multiplier, int32_t shift)
{
    int32_t left = shift > 0 ? shift : 0, right = shift < 0 ? -shift : 0;
    int64_t product = (int64_t)value * (1 << left) * multiplier;
    int32_t high = (int32_t)((product + (1 << 30)) >> 31);
    int64_t half = (1LL << right) >> 1;
    return (int32_t)((high + half - (high < 0 && right > 0)) >> right);
}

/* The same factor, rounded once. */
static inline int32_t es_rescale_once(int32_t value, int32_t multiplier, int32_t shift)
{
    int32_t total = 31 - shift;
    return (int32_t)(((int64_t)value * multiplier + (1LL << (total - 1))) >> total);
}

/* Into the range of int8. */
static inline int32_t es_clamp(int32_t value)
{
#if defined(__ARM_FEATURE_SAT) && defined(__GNUC__)
    __asm__("ssat %0, #8, %0" : "+r"(value));
    return value;
#else
    value = value > 127 ? 127 : value;
    return value < -128 ? -128 : value;
#endif
}

/* What the last line of most kernels does: into the range of int8, and through the table where there is one. */
static inline int8_t es_finish(int32_t value, const int8_t *table)
{
    value = es_clamp(value);
    return table ? table[value + 128] : (int8_t)value;
}

/* The int8 of a convolution's sum, before the clamp. */
static inline int32_t es_requantize(const struct es_conv *layer, int32_t sum, const struct es_channel *channel)
{
    if (layer->rounding == ES_ROUND_FAST)
        return es_shift_add(es_scale(sum, channel->multiplier), channel->shift, layer->out_zero);
    if (layer->rounding == ES_ROUND_TWICE)
        return es_rescale(sum, channel->multiplier, channel->shift) + layer->out_zero;
    return es_rescale_once(sum, channel->multiplier, channel->shift) + layer->out_zero;
}

#endif
