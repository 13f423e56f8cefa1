/* The two functions of the C library that are used, so that none is needed. */
#include "string.h"

#include <stdint.h>

/* Loops that the compiler must not turn into calls of these functions. */
#define LOOP __attribute__((optimize("no-tree-loop-distribute-patterns")))
#if defined(__clang__)
#undef LOOP
#define LOOP __attribute__((no_builtin("memcpy", "memset", "memmove")))
#endif

LOOP void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if ((((uintptr_t)target | (uintptr_t)source) & 3) == 0)
        for (; size >= 4; size -= 4, target += 4, source += 4)
            *(uint32_t *)(void *)target = *(const uint32_t *)(const void *)source;
    while (size--)
        *target++ = *source++;
    return to;
}

LOOP void *memset(void *to, int value, size_t size)
{
    uint8_t *target = to;
    while (size--)
        *target++ = (uint8_t)value;
    return to;
}

LOOP void *memmove(void *to, const void *from, size_t size)
{
    uint8_t *target = to;
    const uint8_t *source = from;
    if (target < source)
        return memcpy(to, from, size);
    while (size--)
        target[size] = source[size];
    return to;
}
