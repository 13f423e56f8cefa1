/* Means over whole images with Helium. */
#include "es_fixed_point.h"
#include "es_vector.h"

void es_mean(const struct es_mean *layer, const int8_t *input, int8_t *output, int32_t *scratch)
{
    uint32_t channels = layer->channels;
    struct es_factors f = es_same_factors(layer->multiplier, layer->shift);
    (void)scratch;
    for (uint32_t channel = 0; channel < channels; channel += 4) {
        mve_pred16_t some = vctp32q(channels - channel);
        int32x4_t sums = vdupq_n_s32(layer->offset);
        const int8_t *from = input + channel;
        for (uint32_t pixel = layer->pixels; pixel; pixel--, from += channels)
            sums = vaddq_s32(sums, vldrbq_z_s32(from, some));
        es_store4(es_rescale4(sums, f), layer->out_zero, layer->table, channels - channel, output + channel);
    }
}
