/* Noise through everything that reads frames, landmarks and raw outputs, for the sanitizers. */
#include <stdio.h>
#include <stdlib.h>

#include "es_crop.h"
#include "es_detector.h"
#include "es_orientation.h"
#include "es_quality.h"

#define COLUMNS 24

static uint32_t state = 1;

static uint32_t any(void)
{
    state ^= state << 13;
    state ^= state >> 17;
    state ^= state << 5;
    return state;
}

static int8_t outputs[15 * COLUMNS * COLUMNS];
static uint32_t scores[256];
static int32_t sizes[256];

static void detect(const struct es_frame *frame, uint32_t views)
{
    static struct es_candidates candidates;
    struct es_detector detector = {.width = 192, .height = 192};
    struct es_grid_output output[ES_GRIDS];
    struct es_letterbox box;
    struct es_faces faces;
    for (uint32_t i = 0; i < ES_GRIDS; i++) {
        uint16_t stride = (uint16_t)(8 << i), side = (uint16_t)(COLUMNS >> i);
        detector.grids[i] = (struct es_grid){stride, side, side, (int16_t)(90 + any() % 40), (int8_t)any(), (int8_t)any(), 24000000, 24000000, scores, sizes};
        output[i] = (struct es_grid_output){outputs, outputs + COLUMNS * COLUMNS, outputs + 5 * COLUMNS * COLUMNS};
    }
    es_letterbox_fit(&box, frame, 192, 192);
    candidates.count = 0;
    for (uint32_t view = 0; view < views; view++)
        es_candidates_add(&candidates, &detector, output, (uint8_t)view);
    es_group(&candidates, &box, views, &faces);
    es_turn_back(&faces, (uint8_t)(1 + any() % 3), frame);
    for (uint32_t i = 0; i < faces.count; i++) {
        struct es_crop crop;
        bool fitted = es_crop_fit(&crop, frame, (const int32_t(*)[2])faces.items[i].landmarks);
        es_measure(&crop, fitted, (const int32_t(*)[2])faces.items[i].landmarks);
    }
}

static void crop(const struct es_frame *frame)
{
    int32_t landmarks[ES_LANDMARKS][2];
    struct es_crop found;
    uint32_t shift = any() % 30;
    for (uint32_t i = 0; i < 2 * ES_LANDMARKS; i++)
        landmarks[i / 2][i % 2] = (int32_t)any() >> shift;
    bool fitted = es_crop_fit(&found, frame, (const int32_t(*)[2])landmarks);
    es_measure(&found, fitted, (const int32_t(*)[2])landmarks);
}

int main(void)
{
    static int8_t row[3 * 192];
    for (uint32_t i = 0; i < 256; i++) {
        scores[i] = any() >> 2;
        sizes[i] = (int32_t)(any() >> 5);
    }
    for (uint32_t round = 0; round < 300; round++) {
        uint16_t width = (uint16_t)(8 + 8 * (any() % (round % 16 ? 40 : 256))), height = (uint16_t)(8 + 8 * (any() % (round % 16 ? 40 : 256)));
        uint8_t format = (uint8_t)(any() % 5);
        uint32_t size = (uint32_t)width * height * (format == ES_FORMAT_RGB888 ? 3 : format == ES_FORMAT_GRAY ? 1 : 2);
        uint8_t *pixels = malloc(size);
        struct es_frame frame = {pixels, width, height, format, 0};
        struct es_letterbox box;
        for (uint32_t i = 0; i < size; i++)
            pixels[i] = (uint8_t)any();
        for (uint32_t i = 0; i < sizeof outputs; i++)
            outputs[i] = (int8_t)any();
        detect(&frame, 1 + any() % 2);
        for (uint32_t i = 0; i < 5; i++)
            crop(&frame);
        frame.turn = (uint8_t)(any() % 4);
        es_letterbox_fit(&box, &frame, 192, 192);
        for (uint32_t i = 0; i < 192; i += 1 + any() % 96)
            es_letterbox_row(&box, i, row);
        free(pixels);
    }
    printf("done\n");
    return 0;
}
