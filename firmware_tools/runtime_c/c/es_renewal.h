/* Renewable templates: the keyed transform of an embedding, bit for bit that of edge_siamese/renewal.py. */
#ifndef ES_RENEWAL_H
#define ES_RENEWAL_H

#include <stdint.h>

#define ES_RENEWAL_ROUNDS 3
#define ES_RENEWAL_MAX 256 /* numbers in an embedding */

/* Transforms an embedding in place; its zero point becomes 0.
 *
 * values: `dimension` numbers: 4, 16, 64 or 256.
 * zero_point: of the values.
 * table: for each round the permutation, one byte a number, then the signs, one bit a number
 *     (RenewalKey.table). It is as secret as the key.
 * room: 2 * dimension numbers. */
void es_renew(int8_t *values, uint32_t dimension, int8_t zero_point, const uint8_t *table, int32_t *room);

#endif
