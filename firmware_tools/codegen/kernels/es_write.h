/* The last step of convolutions that make several pixels of one channel at once. */
#ifndef ES_WRITE_H
#define ES_WRITE_H

#include "es_fixed_point.h"

/* What turns the sums of one channel into int8, in the short form. */
struct es_writer {
    int32_t multiplier, shift, half;
    const int8_t *table;
    uint32_t pitch;
};

static inline struct es_writer es_writer(const struct es_conv *layer, const struct es_channel *c)
{
    struct es_writer made = {c->multiplier, c->shift, (2 * layer->out_zero + 1) * (1 << (c->shift - 1)),
                             layer->table ? layer->table + 128 : 0, layer->window.out_channels};
    return made;
}

static inline int32_t es_written(struct es_writer w, int32_t sum)
{
    int32_t value = es_scale(sum, w.multiplier);
    return es_clamp((value + (value >> 31) + w.half) >> w.shift);
}

/* One channel of 4 neighboring pixels. */
static inline void es_write4(struct es_writer w, int32_t s0, int32_t s1, int32_t s2, int32_t s3, int8_t *output)
{
    if (w.table) {
        output[0] = w.table[es_written(w, s0)], output += w.pitch;
        output[0] = w.table[es_written(w, s1)], output += w.pitch;
        output[0] = w.table[es_written(w, s2)], output += w.pitch;
        output[0] = w.table[es_written(w, s3)];
    } else {
        output[0] = (int8_t)es_written(w, s0), output += w.pitch;
        output[0] = (int8_t)es_written(w, s1), output += w.pitch;
        output[0] = (int8_t)es_written(w, s2), output += w.pitch;
        output[0] = (int8_t)es_written(w, s3);
    }
}

static inline void es_write1(struct es_writer w, int32_t sum, int8_t *output)
{
    int32_t value = es_written(w, sum);
    *output = w.table ? w.table[value] : (int8_t)value;
}

#endif
