/* Frames, crops and, with networks, whole frames to people, behind flat functions. */
#include <string.h>

#include "es_conditions.h"
#include "es_crop.h"
#include "es_letterbox.h"
#include "es_quality.h"

static struct es_frame frame_of(const uint8_t *pixels, const int32_t *shape)
{
    return (struct es_frame){pixels, (uint16_t)shape[0], (uint16_t)shape[1], (uint8_t)shape[2], (uint8_t)shape[3]};
}

/* A shape is width, height, format and turn of a frame. */
void twin_pixels(const uint8_t *pixels, const int32_t *shape, uint8_t *to);
void twin_pixels(const uint8_t *pixels, const int32_t *shape, uint8_t *to)
{
    struct es_frame frame = frame_of(pixels, shape);
    for (uint32_t y = 0; y < es_frame_height(&frame); y++)
        for (uint32_t x = 0; x < es_frame_width(&frame); x++, to += 3)
            es_frame_pixel(&frame, x, y, to);
}

void twin_letterbox(const uint8_t *pixels, const int32_t *shape, int32_t width, int32_t height, int32_t mirrored, int8_t *to);
void twin_letterbox(const uint8_t *pixels, const int32_t *shape, int32_t width, int32_t height, int32_t mirrored, int8_t *to)
{
    struct es_frame frame = frame_of(pixels, shape);
    struct es_letterbox box;
    es_letterbox_fit(&box, &frame, (uint16_t)width, (uint16_t)height);
    box.mirrored = mirrored;
    for (int32_t row = 0; row < height; row++)
        es_letterbox_row(&box, (uint32_t)row, to + 3 * width * row);
}

/* Rejection and doubt of the face, and the crop unless its landmarks reject it. */
void twin_crop(const uint8_t *pixels, const int32_t *shape, const int32_t (*landmarks)[2], uint8_t *to, int32_t *quality);
void twin_crop(const uint8_t *pixels, const int32_t *shape, const int32_t (*landmarks)[2], uint8_t *to, int32_t *quality)
{
    struct es_frame frame = frame_of(pixels, shape);
    struct es_crop crop;
    bool fitted = es_crop_fit(&crop, &frame, landmarks);
    struct es_quality found = es_measure(&crop, fitted, landmarks);
    quality[0] = (int32_t)found.rejection;
    quality[1] = (int32_t)found.doubt;
    for (uint32_t row = 0; row < ES_CROP_SIZE && fitted; row++)
        es_crop_row(&crop, row, to + 3 * ES_CROP_SIZE * row);
}

/* The activations of the conditions on a crop, given with its gray levels, and the reason. */
int twin_conditions(const uint8_t *rgb, const uint8_t *gray, int32_t *activations);
int twin_conditions(const uint8_t *rgb, const uint8_t *gray, int32_t *activations)
{
    struct es_cells cells = {0};
    for (uint32_t row = 0; row < ES_CROP_SIZE; row++)
        es_cells_add(&cells, row, rgb + 3 * ES_CROP_SIZE * row, gray + ES_CROP_SIZE * row, gray + ES_CROP_SIZE * (row ? row - 1 : 0));
    es_cells_activate(&cells, activations);
    return (int)es_cells_reason(&cells);
}

#ifdef TWIN_NETWORKS
#include "es_networks.h"
#include "es_self_test.h"

static struct es_engine engine = {.networks = &es_networks};
static struct es_sample sample;
static struct es_gallery gallery;

int twin_engine_open(const uint8_t *data, uint32_t size);
int twin_engine_open(const uint8_t *data, uint32_t size)
{
    return (int)es_gallery_open(&gallery, data, data + 64, size, es_networks.embedder, 0);
}

int twin_self_test(void);
int twin_self_test(void) { return es_self_test_detector(&es_networks) && es_self_test_embedder(&es_networks); }

/* Finds and identifies the faces of a frame. `numbers` gets 26 a face: score, box, landmarks, turn, rejection, doubt,
 * outcome, reason, person, score, margin, threshold; `embeddings` ES_MAX_DIMENSION bytes. */
int twin_identify(const uint8_t *pixels, const int32_t *shape, int32_t *numbers, int8_t *embeddings);
int twin_identify(const uint8_t *pixels, const int32_t *shape, int32_t *numbers, int8_t *embeddings)
{
    struct es_frame frame = frame_of(pixels, shape);
    int16_t threshold = 0;
    es_threshold(&gallery, es_networks.points, &threshold);
    es_find_faces(&engine, &frame);
    for (uint32_t i = 0; i < engine.faces.count; i++, numbers += 26, embeddings += ES_MAX_DIMENSION) {
        es_sample_face(&engine, &frame, i, &sample);
        struct es_decision decision = es_identify(&sample, &gallery, threshold);
        numbers[0] = (int32_t)sample.face.score;
        memcpy(numbers + 1, sample.face.box, sizeof sample.face.box);
        memcpy(numbers + 5, sample.face.landmarks, sizeof sample.face.landmarks);
        const int32_t rest[] = {
            sample.turn, (int32_t)sample.quality.rejection, (int32_t)sample.quality.doubt, (int32_t)decision.outcome,
            (int32_t)decision.reason, (int32_t)decision.person, decision.score, decision.margin, threshold,
            decision.has_score, decision.has_margin,
        };
        memcpy(numbers + 15, rest, sizeof rest);
        memcpy(embeddings, sample.embedding, sizeof sample.embedding);
    }
    return (int)engine.faces.count;
}
#endif
