/* Kernels that combine values at the same place: sums, products, tables. */
#include "es_fixed_point.h"

/* es_shift_add for a shift that may be 0, with the two parts that depend on it made once. */
struct es_shifter {
    int32_t shift, half, negative;
};

static inline struct es_shifter es_shifter(int32_t shift)
{
    struct es_shifter made = {shift, (1 << shift) >> 1, shift > 0 ? -1 : 0};
    return made;
}

static inline int32_t es_shift(int32_t value, struct es_shifter by)
{
    return (value + ((value >> 31) & by.negative) + by.half) >> by.shift;
}

void es_add(const struct es_add *layer, const int8_t *first, const int8_t *second, int8_t *output)
{
    struct es_shifter a = es_shifter(layer->first.shift), b = es_shifter(layer->second.shift);
    struct es_shifter s = es_shifter(layer->sum.shift);
    int32_t zero_a = layer->first.bias, zero_b = layer->second.bias, zero = layer->sum.bias;
    int32_t scale_a = layer->first.multiplier, scale_b = layer->second.multiplier, scale = layer->sum.multiplier;
    for (uint32_t done = 0; done < layer->size; done += layer->repeat)
        for (const int8_t *from = second, *end = second + layer->repeat; from != end;) {
            int32_t x = es_shift(es_scale((*first++ - zero_a) * (1 << 20), scale_a), a);
            int32_t y = es_shift(es_scale((*from++ - zero_b) * (1 << 20), scale_b), b);
            int32_t sum = layer->sign < 0 ? x - y : x + y;
            *output++ = es_finish(es_shift(es_scale(sum, scale), s) + zero, layer->table);
        }
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
