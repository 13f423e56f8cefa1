#include "es_match.h"

#include "es_constants.h"

#define BLOCK 16384 /* products of 255 * 255 whose sum fits 31 bits */

static int64_t dot(const int8_t *a, const int8_t *b, uint32_t dimension, int32_t zero_point)
{
    int64_t sum = 0;
    for (uint32_t begin = 0; begin < dimension; begin += BLOCK) {
        uint32_t end = dimension - begin > BLOCK ? begin + BLOCK : dimension;
        int32_t part = 0;
        for (uint32_t i = begin; i < end; i++)
            part += (a[i] - zero_point) * (b[i] - zero_point);
        sum += part;
    }
    return sum;
}

uint32_t es_squared_norm(const int8_t *values, uint32_t dimension, int8_t zero_point)
{
    return (uint32_t)dot(values, values, dimension, zero_point);
}

static int32_t low(uint8_t two) { return ((two & 15) ^ 8) - 8; }

static int32_t high(uint8_t two) { return ((two >> 4) ^ 8) - 8; }

/* At most 65,535 products of 255 * 8: their sum fits 31 bits. */
static int32_t dot_packed(const int8_t *a, const uint8_t *b, uint32_t dimension, int32_t zero_point)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < dimension / 2; i++)
        sum += (a[2 * i] - zero_point) * low(b[i]) + (a[2 * i + 1] - zero_point) * high(b[i]);
    return sum;
}

uint32_t es_squared_norm_packed(const uint8_t *values, uint32_t dimension)
{
    int32_t sum = 0;
    for (uint32_t i = 0; i < dimension / 2; i++)
        sum += low(values[i]) * low(values[i]) + high(values[i]) * high(values[i]);
    return (uint32_t)sum;
}

uint32_t es_square_root(uint64_t square)
{
    uint64_t root = 0, rest = square;
    for (uint64_t bit = (uint64_t)1 << 62; bit; bit >>= 2) {
        uint64_t next = root + bit;
        root >>= 1;
        if (rest >= next) {
            rest -= next;
            root += bit;
        }
    }
    return (uint32_t)root;
}

static int32_t quotient(int64_t product, uint32_t a_norm, uint32_t b_norm)
{
    uint32_t root = es_square_root((uint64_t)a_norm * b_norm);
    if (root == 0)
        return ES_NO_SCORE;
    int64_t score = product * 32768 / root;
    return score < -32768 ? -32768 : score > 32767 ? 32767 : (int32_t)score;
}

int32_t es_score(const int8_t *a, uint32_t a_norm, const int8_t *b, uint32_t b_norm, uint32_t dimension, int8_t zero_point)
{
    return quotient(dot(a, b, dimension, zero_point), a_norm, b_norm);
}

int32_t es_score_packed(const int8_t *a, uint32_t a_norm, const uint8_t *b, uint32_t b_norm, uint32_t dimension, int8_t zero_point)
{
    return quotient(dot_packed(a, b, dimension, zero_point), a_norm, b_norm);
}
