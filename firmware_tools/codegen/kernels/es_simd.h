/* Two 16-bit numbers in a word: the instructions of Armv7E-M and the DSP extension of Armv8-M, and what they do where
 * there are none. */
#ifndef ES_SIMD_H
#define ES_SIMD_H

#include <stdint.h>
#include <string.h>

#if defined(__ARM_FEATURE_SIMD32)
#include <arm_acle.h>

/* Bytes 0 and 2, sign extended. */
static inline uint32_t es_even(uint32_t bytes) { return (uint32_t)__sxtb16((int32_t)bytes); }

/* Bytes 1 and 3, sign extended. */
static inline uint32_t es_odd(uint32_t bytes) { return (uint32_t)__sxtb16((int32_t)((bytes >> 8) | (bytes << 24))); }

/* sum + low * low + high * high. */
static inline int32_t es_dot(uint32_t a, uint32_t b, int32_t sum) { return __smlad((int32_t)a, (int32_t)b, sum); }

#else

static inline uint32_t es_pack(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xffff) | ((uint32_t)high << 16);
}

static inline uint32_t es_even(uint32_t bytes) { return es_pack((int8_t)bytes, (int8_t)(bytes >> 16)); }

static inline uint32_t es_odd(uint32_t bytes) { return es_pack((int8_t)(bytes >> 8), (int8_t)(bytes >> 24)); }

static inline int32_t es_dot(uint32_t a, uint32_t b, int32_t sum)
{
    int32_t products = (int16_t)a * (int16_t)b;
    uint32_t high = (uint32_t)((int16_t)(a >> 16) * (int16_t)(b >> 16));
    return (int32_t)((uint32_t)products + high + (uint32_t)sum);
}

#endif

/* 4 bytes from anywhere. */
static inline uint32_t es_load4(const int8_t *from)
{
    uint32_t word;
    memcpy(&word, from, sizeof word);
    return word;
}

#endif
