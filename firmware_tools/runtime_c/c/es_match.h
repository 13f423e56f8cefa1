/* Scores: the cosine of two int8 embeddings in integers, the same number on every board. */
#ifndef ES_MATCH_H
#define ES_MATCH_H

#include <stdint.h>

/* Sum of (value - zero point) squared. */
uint32_t es_squared_norm(const int8_t *values, uint32_t dimension, int8_t zero_point);

/* trunc(dot * 32768 / isqrt(a_norm * b_norm)), clamped to int16; -32768 where a norm is zero. */
int32_t es_score(const int8_t *a, uint32_t a_norm, const int8_t *b, uint32_t b_norm, uint32_t dimension, int8_t zero_point);

/* The same for a vector of 4-bit numbers without the zero point: two to a byte, the first in the low four bits. */
uint32_t es_squared_norm_packed(const uint8_t *values, uint32_t dimension);

/* The score of an int8 and a packed vector. */
int32_t es_score_packed(const int8_t *a, uint32_t a_norm, const uint8_t *b, uint32_t b_norm, uint32_t dimension, int8_t zero_point);

/* The largest integer whose square is at most `square`. */
uint32_t es_square_root(uint64_t square);

#endif
