#include "es_self_test.h"

#include "es_crc32.h"

static int32_t fold(uint32_t value)
{
    int32_t centered = (int32_t)(value & 255) - 128;
    return centered < 0 ? -centered : centered;
}

/* Smooth waves with a little noise, as in golden.py. */
static void golden_row(const void *source, uint32_t row, int8_t *to)
{
    uint32_t width = *(const uint16_t *)source;
    for (uint32_t column = 0; column < width; column++)
        for (uint32_t channel = 0; channel < 3; channel++) {
            uint32_t noise = (((row * width + column) * 3 + channel) * 2654435761u) >> 29;
            int32_t value = fold(row * 3 + column * (channel + 2)) - fold(row * 5 + 64) + (int32_t)noise;
            *to++ = (int8_t)(value < -128 ? -128 : value > 127 ? 127 : value);
        }
}

bool es_self_test_detector(const struct es_networks *networks)
{
    const struct es_detector *detector = networks->detector;
    struct es_grid_output outputs[ES_GRIDS];
    uint32_t crc = 0;
    networks->detect(golden_row, &detector->width, outputs);
    for (uint32_t i = 0; i < ES_GRIDS; i++) {
        uint32_t cells = (uint32_t)detector->grids[i].columns * detector->grids[i].rows;
        crc = es_crc32(crc, outputs[i].scores, cells);
        crc = es_crc32(crc, outputs[i].boxes, 4 * cells);
        crc = es_crc32(crc, outputs[i].landmarks, 2 * ES_LANDMARKS * cells);
    }
    return crc == networks->detector_crc;
}

bool es_self_test_embedder(const struct es_networks *networks)
{
    static const uint16_t width = ES_CROP_SIZE;
    return es_crc32(0, networks->embed(golden_row, &width), networks->embedder->dimension) == networks->embedder_crc;
}
