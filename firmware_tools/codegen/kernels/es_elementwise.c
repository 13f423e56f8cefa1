/* Kernels that combine values at the same place: sums, products, tables. */
#include "es_fixed_point.h"

/* An operand of a sum, 20 fractional bits up; `halved` where its factor is one half, which needs no rounding. */
ES_INLINE int32_t es_raise(int32_t value, const struct es_channel *c, int32_t half, int halved)
{
    if (halved)
        return (value - c->bias) * (1 << 19);
    int32_t scaled = es_scale((value - c->bias) * (1 << 20), c->multiplier);
    return (scaled + (scaled >> 31) + half) >> c->shift;
}

ES_INLINE void es_add_all(const struct es_add *layer, const int8_t *first, const int8_t *second, int8_t *output,
                          int first_halved, int second_halved)
{
    const struct es_channel a = layer->first, b = layer->second, s = layer->sum;
    int32_t half_a = (1 << a.shift) >> 1, half_b = (1 << b.shift) >> 1, half = (1 << s.shift) >> 1, sign = layer->sign;
    for (uint32_t done = 0; done < layer->size; done += layer->repeat)
        for (const int8_t *from = second, *end = second + layer->repeat; from != end;) {
            int32_t x = es_raise(*first++, &a, half_a, first_halved);
            int32_t sum = es_scale(x + sign * es_raise(*from++, &b, half_b, second_halved), s.multiplier);
            *output++ = es_finish(((sum + (sum >> 31) + half) >> s.shift) + s.bias, layer->table);
        }
}

/* The operand with the larger scale has a factor of one half, the other a smaller one or the same. */
void es_add(const struct es_add *layer, const int8_t *first, const int8_t *second, int8_t *output)
{
    if (layer->first.shift)
        es_add_all(layer, first, second, output, 0, 1);
    else if (layer->second.shift)
        es_add_all(layer, first, second, output, 1, 0);
    else
        es_add_all(layer, first, second, output, 1, 1);
}

void es_mul(const struct es_mul *layer, const int8_t *first, const int8_t *second, int8_t *output)
{
    int32_t zero_a = layer->first_zero, zero_b = layer->second_zero, zero = layer->out_zero;
    int32_t multiplier = layer->multiplier, shift = layer->shift;
    const int8_t *table = layer->table;
    for (uint32_t done = 0; done < layer->size; done += layer->repeat)
        for (const int8_t *from = second, *end = second + layer->repeat; from != end;) {
            int32_t product = (*first++ - zero_a) * (*from++ - zero_b);
            if (layer->rounding == ES_ROUND_FAST)
                product = es_shift_add(es_scale(product, multiplier), shift, zero);
            else
                product = es_rescale(product, multiplier, shift) + zero;
            *output++ = es_finish(product, table);
        }
}

void es_lookup(uint32_t size, const int8_t *table, const int8_t *input, int8_t *output)
{
    table += 128;
    for (const int8_t *end = input + size; input != end;)
        *output++ = table[*input++];
}
