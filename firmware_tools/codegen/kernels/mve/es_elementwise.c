/* Kernels that combine values at the same place with Helium. */
#include "es_fixed_point.h"
#include "es_vector.h"

/* Operands of a sum, 20 fractional bits up; a shift of 0 is a factor of one half. */
static inline int32x4_t es_raise(int32x4_t values, const struct es_channel *c)
{
    values = vsubq_n_s32(values, c->bias);
    if (!c->shift)
        return vshlq_n_s32(values, 19);
    return es_rescale_all(vshlq_n_s32(values, 20), c->multiplier, c->shift);
}

void es_add(const struct es_add *layer, const int8_t *first, const int8_t *second, int8_t *output)
{
    const struct es_channel a = layer->first, b = layer->second, s = layer->sum;
    const int8_t *table = layer->table;
    for (uint32_t done = 0; done < layer->size; done += layer->repeat)
        for (uint32_t i = 0; i < layer->repeat; i += 4) {
            uint32_t left = layer->repeat - i, count = left < 4 ? left : 4;
            mve_pred16_t some = vctp32q(left);
            int32x4_t x = es_raise(vldrbq_z_s32(first, some), &a), y = es_raise(vldrbq_z_s32(second + i, some), &b);
            x = vaddq_s32(x, vmulq_n_s32(y, layer->sign));
            es_store4(es_rescale_all(x, s.multiplier, s.shift), s.bias, table, left, output);
            first += count, output += count;
        }
}

void es_mul(const struct es_mul *layer, const int8_t *first, const int8_t *second, int8_t *output)
{
    int32_t zero_a = layer->first_zero, zero_b = layer->second_zero;
    int32_t multiplier = layer->multiplier, shift = layer->shift;
    for (uint32_t done = 0; done < layer->size; done += layer->repeat)
        for (uint32_t i = 0; i < layer->repeat; i += 4) {
            uint32_t left = layer->repeat - i, count = left < 4 ? left : 4;
            mve_pred16_t some = vctp32q(left);
            int32x4_t x = vsubq_n_s32(vldrbq_z_s32(first, some), zero_a);
            x = vmulq_s32(x, vsubq_n_s32(vldrbq_z_s32(second + i, some), zero_b));
            if (layer->rounding == ES_ROUND_FAST)
                x = es_rescale_all(x, multiplier, -shift);
            else
                x = es_rescale4(x, es_same_factors(multiplier, shift));
            es_store4(x, layer->out_zero, layer->table, left, output);
            first += count, output += count;
        }
}

void es_lookup(uint32_t size, const int8_t *table, const int8_t *input, int8_t *output)
{
    table += 128;
    for (const int8_t *end = input + size; input != end;)
        *output++ = table[*input++];
}
