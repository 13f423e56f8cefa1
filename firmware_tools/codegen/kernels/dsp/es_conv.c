/* Convolutions and dense layers with 16-bit dual multiply-accumulates.
 *
 * Two output channels A and B share their weights: each half of a word is 256 * a + b, for products 0 and 2 or 1 and 3
 * of every four. One instruction gives the b alone. So with t the sum of halves times x, and s the sum of b times x,
 * the sum for A is (t - s) / 256: exact while it fits 24 bits, which the generator proved. t itself may wrap around.
 *
 * The weights of two channels end with a word that no weights make. */
#include "es_columns.h"
#include "es_fixed_point.h"
#include "es_simd.h"
#include "es_write.h"

#define ES_END 0x80008000u
#define ES_PIXELS 4

/* For 2 channels of 4 pixels: sums[0..3] become t - s, sums[4..7] become s, each s beginning with `bias`. `x` holds the
 * same words of 4 pixels one behind the other. Returns the weights behind the end. */
#if defined(__ARM_FEATURE_DSP) && defined(__thumb2__) && defined(__GNUC__)
#define ES_IN_REGISTER __attribute__((unused))
__attribute__((naked, noinline)) static const uint32_t *
es_dot4(ES_IN_REGISTER const uint32_t *weights, ES_IN_REGISTER const uint32_t *x, ES_IN_REGISTER int32_t *sums,
        ES_IN_REGISTER int32_t bias)
{
    /* r3-r6: t, r7-r10: s, r2: weights, r11: their b, r12 and lr: x of two pixels. */
    __asm__(".syntax unified\n"
            "push {r2, r4-r11, lr}\n"
            "mov r4, r3\n mov r5, r3\n mov r6, r3\n mov r7, r3\n mov r8, r3\n mov r9, r3\n mov r10, r3\n"
            "ldr r2, [r0], #4\n"
            "1:\n"
            "sxtb16 r11, r2\n"
            "ldrd r12, lr, [r1], #8\n"
            "smlad r3, r2, r12, r3\n smlad r7, r11, r12, r7\n"
            "smlad r4, r2, lr, r4\n smlad r8, r11, lr, r8\n"
            "ldrd r12, lr, [r1], #8\n"
            "smlad r5, r2, r12, r5\n smlad r9, r11, r12, r9\n"
            "smlad r6, r2, lr, r6\n smlad r10, r11, lr, r10\n"
            "ldr r2, [r0], #4\n"
            "sxtb16 r11, r2\n"
            "ldrd r12, lr, [r1], #8\n"
            "smlad r3, r2, r12, r3\n smlad r7, r11, r12, r7\n"
            "smlad r4, r2, lr, r4\n smlad r8, r11, lr, r8\n"
            "ldrd r12, lr, [r1], #8\n"
            "smlad r5, r2, r12, r5\n smlad r9, r11, r12, r9\n"
            "smlad r6, r2, lr, r6\n smlad r10, r11, lr, r10\n"
            "ldr r2, [r0], #4\n"
            "cmp r2, #0x80008000\n"
            "bne 1b\n"
            "pop {r2}\n"
            "subs r3, r3, r7\n subs r4, r4, r8\n subs r5, r5, r9\n sub r6, r6, r10\n"
            "stm r2, {r3-r10}\n"
            "pop {r4-r11, pc}\n");
}
#else
static const uint32_t *es_dot4(const uint32_t *weights, const uint32_t *x, int32_t *sums, int32_t bias)
{
    uint32_t t[ES_PIXELS];
    for (int i = 0; i < ES_PIXELS; i++)
        t[i] = (uint32_t)bias, sums[4 + i] = bias;
    for (; *weights != ES_END; weights++)
        for (int i = 0; i < ES_PIXELS; i++, x++) {
            t[i] = (uint32_t)es_dot(*weights, *x, (int32_t)t[i]);
            sums[4 + i] = es_dot(es_even(*weights), *x, sums[4 + i]);
        }
    for (int i = 0; i < ES_PIXELS; i++)
        sums[i] = (int32_t)(t[i] - (uint32_t)sums[4 + i]);
    return weights + 1;
}
#endif

/* The same for 1 pixel: sums[0] and sums[4]. */
static inline const uint32_t *es_dot1(const uint32_t *weights, const uint32_t *x, int32_t *sums, int32_t bias)
{
    int32_t s = bias, t = bias;
    for (uint32_t pair = *weights++; pair != ES_END; pair = *weights++) {
        t = es_dot(pair, x[0], t), s = es_dot(es_even(pair), x[0], s);
        pair = *weights++;
        t = es_dot(pair, x[1], t), s = es_dot(es_even(pair), x[1], s);
        x += 2;
    }
    sums[0] = (int32_t)((uint32_t)t - (uint32_t)s), sums[4] = s;
    return weights;
}

/* Writes 2 channels of `count` pixels in any rounding. */
static void es_write_slowly(const struct es_conv *layer, const struct es_channel *c, const int32_t *sums, int count,
                            int channels, int8_t *output)
{
    for (int i = 0; i < count; i++, output += layer->window.out_channels) {
        output[0] = es_finish(es_requantize(layer, (sums[i] >> 8) + c[0].bias, &c[0]), layer->table);
        if (channels > 1)
            output[1] = es_finish(es_requantize(layer, sums[4 + i], &c[1]), layer->table);
    }
}

/* All channels of `count` pixels, 1 or 4: a constant wherever this is inlined. */
ES_INLINE void es_pixels(const struct es_conv *layer, const uint32_t *x, int count, int8_t *output)
{
    const uint32_t *weights = layer->weights;
    const struct es_channel *c = layer->channels;
    for (int32_t left = layer->window.out_channels; left > 0; left -= 2, c += 2, output += 2) {
        int32_t sums[2 * ES_PIXELS];
        if (count == ES_PIXELS)
            weights = es_dot4(weights, x, sums, c[1].bias);
        else
            weights = es_dot1(weights, x, sums, c[1].bias);
        if (layer->rounding != ES_ROUND_FAST) {
            es_write_slowly(layer, c, sums, count, left, output);
            continue;
        }
        int32_t bias = c[0].bias;
        if (count == ES_PIXELS)
            es_write4(es_writer(layer, &c[0]), (sums[0] >> 8) + bias, (sums[1] >> 8) + bias, (sums[2] >> 8) + bias,
                      (sums[3] >> 8) + bias, output);
        else
            es_write1(es_writer(layer, &c[0]), (sums[0] >> 8) + bias, output);
        if (left > 1 && count == ES_PIXELS)
            es_write4(es_writer(layer, &c[1]), sums[4], sums[5], sums[6], sums[7], output + 1);
        else if (left > 1)
            es_write1(es_writer(layer, &c[1]), sums[4], output + 1);
    }
}

/* Spreads the bytes of a column over words: bytes 0 and 2 of every four, then bytes 1 and 3, `pixels` words apart. */
static inline void es_widen(const int8_t *column, uint32_t depth, uint32_t pixels, uint32_t *to)
{
    for (const int8_t *end = column + depth; column < end; column += 4, to += 2 * pixels) {
        uint32_t bytes = es_load4(column);
        to[0] = es_even(bytes);
        to[pixels] = es_odd(bytes);
    }
}

void es_conv(const struct es_conv *layer, const int8_t *input, int8_t *output, void *scratch)
{
    uint32_t channels = layer->window.out_channels, depth = layer->depth;
    uint32_t pixels = (uint32_t)layer->window.out_height * layer->window.out_width;
    uint32_t *x = scratch;
    int8_t *buffer = (int8_t *)(x + (pixels < ES_PIXELS ? 1 : ES_PIXELS) * depth / 2);
    struct es_position at = {0, 0};
    for (; pixels >= ES_PIXELS; pixels -= ES_PIXELS, output += ES_PIXELS * channels) {
        for (uint32_t i = 0; i < ES_PIXELS; i++)
            es_widen(es_next_column(layer, input, &at, buffer), depth, ES_PIXELS, x + i);
        es_pixels(layer, x, ES_PIXELS, output);
    }
    for (; pixels; pixels--, output += channels) {
        es_widen(es_next_column(layer, input, &at, buffer), depth, 1, x);
        es_pixels(layer, x, 1, output);
    }
}
