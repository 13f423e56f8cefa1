/* Doubles as the 64 bits that a gallery stores, computed with integers. */
#ifndef ES_REAL_H
#define ES_REAL_H

#include <stdbool.h>
#include <stdint.h>

#define ES_REAL_ONE 0x3FF0000000000000u

/* Whether 0 < value < 1. */
static inline bool es_real_inside(uint64_t value) { return value > 0 && value < ES_REAL_ONE; }

/* Whether 0 <= value <= 1; minus zero is. */
static inline bool es_real_rate(uint64_t value) { return value <= ES_REAL_ONE || value == (uint64_t)1 << 63; }

/* A positive normal double divided by an integer from 1 on, and the product of two; both rounded half to even, as a
 * processor does it. The results must be normal as well. Positive doubles compare as their bits. */
uint64_t es_real_divide(uint64_t value, uint32_t divisor);
uint64_t es_real_multiply(uint64_t a, uint64_t b);

#endif
