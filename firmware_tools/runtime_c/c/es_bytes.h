/* Little-endian integers at any address. */
#ifndef ES_BYTES_H
#define ES_BYTES_H

#include <stdbool.h>
#include <stdint.h>

static inline uint16_t es_u16(const uint8_t *at) { return (uint16_t)(at[0] | at[1] << 8); }

static inline uint32_t es_u32(const uint8_t *at) { return es_u16(at) | (uint32_t)es_u16(at + 2) << 16; }

static inline uint64_t es_u64(const uint8_t *at) { return es_u32(at) | (uint64_t)es_u32(at + 4) << 32; }

static inline void es_put_u16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

static inline void es_put_u32(uint8_t *at, uint32_t value)
{
    es_put_u16(at, value);
    es_put_u16(at + 2, value >> 16);
}

/* Whether `count` bytes all have a value; true for none. */
static inline bool es_all(const uint8_t *at, uint32_t count, uint8_t value)
{
    for (uint32_t i = 0; i < count; i++)
        if (at[i] != value)
            return false;
    return true;
}

/* Below, equal to or above 0 as the first text is before, equal to or behind the second. */
static inline int es_compare(const uint8_t *a, uint32_t a_size, const uint8_t *b, uint32_t b_size)
{
    for (uint32_t i = 0; i < a_size && i < b_size; i++)
        if (a[i] != b[i])
            return a[i] < b[i] ? -1 : 1;
    return a_size < b_size ? -1 : a_size > b_size;
}

#endif
