/* Vectors divided by their length. */
#include "es_fixed_point.h"

/* (a * b) / 2^31 to the nearest integer. */
static int32_t es_times(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* 1 / sqrt(value) as multiplier / 2^31 / 2^shift: five steps of Newton's method, 28 fractional bits. */
static int32_t es_inverse_root(int32_t value, int32_t *shift)
{
    *shift = 0;
    if (value <= 1)
        return INT32_MAX;
    *shift = 11;
    for (; value >= 1 << 29; value /= 4)
        ++*shift;
    for (; value < 1 << 27; value *= 4)
        --*shift;
    int32_t half = ((value >> 1) + 1) >> 1, x = 1 << 28;
    for (int i = 0; i < 5; i++) {
        int32_t cube = es_times(es_times(x, x), x); /* 9 integer bits */
        int64_t next = (int64_t)es_times(3 << 27, x) - es_times(half, cube * 64);
        x = (int32_t)(next * 8);
    }
    int32_t multiplier = es_times(x, 1518500250); /* sqrt(1/2) */
    if (*shift < 0) {
        multiplier *= 1 << -*shift;
        *shift = 0;
    }
    return multiplier;
}

void es_l2_normalize(uint32_t vectors, uint32_t channels, int8_t in_zero, const int8_t *input, int8_t *output)
{
    for (; vectors; vectors--, input += channels, output += channels) {
        int32_t sum = 0, shift;
        for (uint32_t i = 0; i < channels; i++)
            sum += (input[i] - in_zero) * (input[i] - in_zero);
        int32_t multiplier = es_inverse_root(sum, &shift);
        for (uint32_t i = 0; i < channels; i++)
            output[i] = (int8_t)es_clamp(es_rescale(input[i] - in_zero, multiplier, 7 - shift));
    }
}
