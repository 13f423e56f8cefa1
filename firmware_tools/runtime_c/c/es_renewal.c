#include "es_renewal.h"

#define FRACTION 64
#define LARGEST 127

static uint32_t root_exponent(uint32_t dimension)
{
    uint32_t exponent = 0;
    while (dimension > 1) {
        dimension >>= 2;
        exponent++;
    }
    return exponent;
}

static int32_t shifted_down(int32_t value, uint32_t shift)
{
    int32_t divisor = (int32_t)1 << shift, quotient = value / divisor;
    return value % divisor < 0 ? quotient - 1 : quotient; /* the shift of a negative number is not defined by C99 */
}

static void hadamard(int32_t *values, uint32_t dimension)
{
    for (uint32_t half = 1; half < dimension; half *= 2)
        for (uint32_t start = 0; start < dimension; start += 2 * half)
            for (uint32_t i = start; i < start + half; i++) {
                int32_t a = values[i], b = values[i + half];
                values[i] = a + b;
                values[i + half] = a - b;
            }
    uint32_t shift = root_exponent(dimension);
    for (uint32_t i = 0; i < dimension; i++)
        values[i] = shifted_down(values[i] + ((int32_t)1 << (shift - 1)), shift);
}

static uint32_t size_of(int32_t value)
{
    return value < 0 ? (uint32_t)-value : (uint32_t)value;
}

void es_renew(int8_t *values, uint32_t dimension, int8_t zero_point, const uint8_t *table, int32_t *room)
{
    int32_t *now = room, *next = room + dimension;
    for (uint32_t i = 0; i < dimension; i++)
        now[i] = (values[i] - zero_point) * FRACTION;
    for (uint32_t round = 0; round < ES_RENEWAL_ROUNDS; round++) {
        const uint8_t *permutation = table + round * (dimension + (dimension + 7) / 8), *signs = permutation + dimension;
        for (uint32_t i = 0; i < dimension; i++)
            next[i] = signs[i / 8] >> i % 8 & 1 ? -now[permutation[i]] : now[permutation[i]];
        hadamard(next, dimension);
        int32_t *swap = now;
        now = next;
        next = swap;
    }
    uint32_t largest = 1;
    for (uint32_t i = 0; i < dimension; i++)
        if (size_of(now[i]) > largest)
            largest = size_of(now[i]);
    for (uint32_t i = 0; i < dimension; i++) {
        int32_t size = (int32_t)((2 * size_of(now[i]) * LARGEST + largest) / (2 * largest));
        values[i] = (int8_t)(now[i] < 0 ? -size : size);
    }
}
