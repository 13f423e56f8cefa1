/* Kernels that combine values at the same place with Helium. */
#include "es_fixed_point.h"
#include "es_vector.h"

/* The factor of a struct es_channel in its short form. */
static struct es_factors es_short_factors(const struct es_channel *c)
{
    return es_same_factors((int32_t)(((int64_t)c->multiplier + 0x100000000LL) / 2), -c->shift);
}

void es_add(const struct es_add *layer, const int8_t *first, const int8_t *second, int8_t *output)
{
    struct es_factors a = es_short_factors(&layer->first), b = es_short_factors(&layer->second);
    struct es_factors s = es_short_factors(&layer->sum);
    int32_t zero_a = -layer->first.bias, zero_b = -layer->second.bias, zero = layer->sum.bias;
    for (uint32_t done = 0; done < layer->size; done += layer->repeat)
        for (uint32_t i = 0; i < layer->repeat; i += 4) {
            uint32_t left = layer->repeat - i, count = left < 4 ? left : 4;
            mve_pred16_t some = vctp32q(left);
            int32x4_t x = vshlq_n_s32(vaddq_n_s32(vldrbq_z_s32(first, some), zero_a), 20);
            int32x4_t y = vshlq_n_s32(vaddq_n_s32(vldrbq_z_s32(second + i, some), zero_b), 20);
            x = es_rescale4(x, a), y = es_rescale4(y, b);
            x = layer->sign < 0 ? vsubq_s32(x, y) : vaddq_s32(x, y);
            es_store4(es_rescale4(x, s), zero, layer->table, left, output);
            first += count, output += count;
        }
}

void es_mul(const struct es_mul *layer, const int8_t *first, const int8_t *second, int8_t *output)
{
    struct es_factors f = es_same_factors(layer->multiplier, layer->shift);
    int32_t zero_a = -layer->first_zero, zero_b = -layer->second_zero;
    for (uint32_t done = 0; done < layer->size; done += layer->repeat)
        for (uint32_t i = 0; i < layer->repeat; i += 4) {
            uint32_t left = layer->repeat - i, count = left < 4 ? left : 4;
            mve_pred16_t some = vctp32q(left);
            int32x4_t x = vaddq_n_s32(vldrbq_z_s32(first, some), zero_a);
            int32x4_t y = vaddq_n_s32(vldrbq_z_s32(second + i, some), zero_b);
            es_store4(es_rescale4(vmulq_s32(x, y), f), layer->out_zero, layer->table, left, output);
            first += count, output += count;
        }
}

void es_lookup(uint32_t size, const int8_t *table, const int8_t *input, int8_t *output)
{
    table += 128;
    for (const int8_t *end = input + size; input != end;)
        *output++ = table[*input++];
}
