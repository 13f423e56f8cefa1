/* Four values at a time with Helium (MVE): factors, clamp and table of a result. */
#ifndef ES_VECTOR_H
#define ES_VECTOR_H

#include <arm_mve.h>

#include "es_kernels.h"

/* Factors of four channels, rounded twice. */
struct es_factors {
    int32x4_t bias, multiplier, left, right;
};

static inline struct es_factors es_split(int32x4_t bias, int32x4_t multiplier, int32x4_t shift)
{
    int32x4_t none = vdupq_n_s32(0);
    struct es_factors made = {bias, multiplier, vmaxq_s32(shift, none), vminq_s32(shift, none)};
    return made;
}

static inline struct es_factors es_load_factors(const struct es_channel *c)
{
    uint32x4_t at = vmulq_n_u32(vidupq_n_u32(0, 1), 3);
    const int32_t *from = &c->bias;
    return es_split(vldrwq_gather_shifted_offset_s32(from, at), vldrwq_gather_shifted_offset_s32(from + 1, at),
                    vldrwq_gather_shifted_offset_s32(from + 2, at));
}

static inline struct es_factors es_same_factors(int32_t multiplier, int32_t shift)
{
    return es_split(vdupq_n_s32(0), vdupq_n_s32(multiplier), vdupq_n_s32(shift));
}

/* value * multiplier / 2^31 to the nearest integer, then the shift to the right with halves away from zero. */
static inline int32x4_t es_rescale4_right(int32x4_t value, struct es_factors f)
{
    value = vqrdmulhq_s32(value, f.multiplier);
    value = vqaddq_s32(value, vshrq_n_s32(vandq_s32(value, f.right), 31));
    return vrshlq_s32(value, f.right);
}

/* The same for factors of 1 and more too. */
static inline int32x4_t es_rescale4(int32x4_t value, struct es_factors f)
{
    return es_rescale4_right(vshlq_s32(value, f.left), f);
}

/* One factor below 1 for all four; `shift` is to the right, 1 or more. */
static inline int32x4_t es_rescale_all(int32x4_t value, int32_t multiplier, int32_t shift)
{
    value = vqrdmulhq_n_s32(value, multiplier);
    return vrshlq_n_s32(vqaddq_s32(value, vshrq_n_s32(value, 31)), -shift);
}

/* Adds the zero point, clamps, looks up and stores `left` values, at most 4. */
static inline void es_store4(int32x4_t value, int32_t zero, const int8_t *table, uint32_t left, int8_t *output)
{
    mve_pred16_t some = vctp32q(left);
    value = vminq_s32(vmaxq_s32(vaddq_n_s32(value, zero), vdupq_n_s32(-128)), vdupq_n_s32(127));
    if (table)
        value = vldrbq_gather_offset_s32(table, vreinterpretq_u32_s32(vaddq_n_s32(value, 128)));
    vstrbq_p_s32(output, value, some);
}

#endif
