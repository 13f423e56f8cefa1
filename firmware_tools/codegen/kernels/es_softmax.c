/* Softmax: exponentials from a table, divided by their sum. */
#include "es_fixed_point.h"

/* (a * b) / 2^31 to the nearest integer, halves away from zero. */
static int32_t es_times(int32_t a, int32_t b)
{
    int64_t product = (int64_t)a * b;
    return (int32_t)((product + (product < 0 ? 1 - (1 << 30) : 1 << 30)) / ((int64_t)1 << 31));
}

/* Four times the value, at most the largest of its sign. */
static int32_t es_fourfold(int32_t value)
{
    return value > INT32_MAX / 4 ? INT32_MAX : value < INT32_MIN / 4 ? INT32_MIN : value * 4;
}

/* 2 / (1 + value) for a value from 0 to 1 with 31 fractional bits: three steps of Newton's method with 29 fractional bits. */
static int32_t es_inverse(int32_t value)
{
    int32_t half = (int32_t)(((int64_t)value + INT32_MAX + 1) / 2);
    int32_t x = 1515870810 + es_times(half, -1010580540); /* 48/17 - 32/17 * half */
    for (int i = 0; i < 3; i++)
        x += es_fourfold(es_times(x, (1 << 29) - es_times(half, x)));
    return x > INT32_MAX / 2 ? INT32_MAX : x * 2;
}

static uint32_t es_leading_zeros(uint32_t value)
{
    uint32_t count = 0;
    for (; value < 1u << 31; value <<= 1)
        count++;
    return count;
}

void es_softmax(uint32_t vectors, uint32_t channels, const int32_t *exponentials, const int8_t *input, int8_t *output)
{
    for (; vectors; vectors--, input += channels, output += channels) {
        int32_t largest = -128;
        uint32_t sum = 0; /* 19 fractional bits; at least 1 */
        for (uint32_t i = 0; i < channels; i++)
            largest = input[i] > largest ? input[i] : largest;
        for (uint32_t i = 0; i < channels; i++)
            sum += ((uint32_t)exponentials[largest - input[i]] + (1u << 11)) >> 12;
        uint32_t zeros = es_leading_zeros(sum), shift = 12 - zeros + 31 - 8;
        int32_t inverse = es_inverse((int32_t)((sum << zeros) - (1u << 31)));
        for (uint32_t i = 0; i < channels; i++) {
            int64_t product = es_times(inverse, exponentials[largest - input[i]]);
            int32_t value = (int32_t)((product + ((int64_t)1 << (shift - 1))) >> shift);
            output[i] = (int8_t)es_clamp(value - 128);
        }
    }
}
