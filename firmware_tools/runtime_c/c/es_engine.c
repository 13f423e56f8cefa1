#include "es_engine.h"

#include <string.h>

#include "es_orientation.h"

static void letterbox_row(const void *source, uint32_t row, int8_t *to) { es_letterbox_row(source, row, to); }

static void after_run(const struct es_engine *engine)
{
    if (engine->after_run)
        engine->after_run();
}

/* The faces of a frame as it is seen; `faces` are in its pixels. */
static void detect(struct es_engine *engine, const struct es_frame *frame, struct es_faces *faces)
{
    const struct es_networks *networks = engine->networks;
    const struct es_detector *detector = networks->detector;
    struct es_grid_output outputs[ES_GRIDS];
    struct es_letterbox box;
    es_letterbox_fit(&box, frame, detector->width, detector->height);
    engine->candidates.count = 0;
    networks->detect(letterbox_row, &box, outputs);
    after_run(engine);
    es_candidates_add(&engine->candidates, detector, outputs, 0);
    es_group(&engine->candidates, &box, 1, faces);
    bool sure = true;
    for (uint32_t i = 0; i < faces->count; i++)
        sure = sure && faces->items[i].score >= detector->sure;
    if (!sure) {
        box.mirrored = true;
        networks->detect(letterbox_row, &box, outputs);
        after_run(engine);
        es_candidates_add(&engine->candidates, detector, outputs, 1);
        es_group(&engine->candidates, &box, 2, faces);
    }
    uint32_t kept = 0;
    for (uint32_t i = 0; i < faces->count; i++)
        if (faces->items[i].score >= detector->threshold)
            faces->items[kept++] = faces->items[i];
    faces->count = kept;
}

/* Tries the other orientations, and keeps the faces of the best one in the frame's own. */
static void orient(struct es_engine *engine, const struct es_frame *frame)
{
    uint32_t upright = es_confidence(&engine->faces), best = 0;
    struct es_frame seen = *frame;
    struct es_faces faces;
    uint8_t turn = 1;
    engine->turned.count = 0;
    for (seen.turn = 1; seen.turn < 4; seen.turn++) {
        detect(engine, &seen, &faces);
        if (es_confidence(&faces) > best) {
            best = es_confidence(&faces);
            turn = seen.turn;
            es_turn_back(&faces, turn, frame);
            engine->turned = faces;
        }
    }
    if (es_is_turned(engine->faces.count > 0, upright, best)) {
        engine->faces = engine->turned;
        engine->turn = turn;
    } else {
        engine->doubtful_turn = engine->faces.count > 0 && best > upright;
    }
}

void es_find_faces(struct es_engine *engine, const struct es_frame *frame)
{
    engine->turn = 0;
    engine->doubtful_turn = false;
    detect(engine, frame, &engine->faces);
    if (engine->networks->any_orientation && es_confidence(&engine->faces) < ES_CONFIDENT)
        orient(engine, frame);
}

/* What a row of the embedder's input is made from. */
struct view {
    const struct es_crop *crop;
    bool mirrored;
};

static void crop_row(const void *source, uint32_t row, int8_t *to)
{
    const struct view *view = source;
    uint8_t rgb[3 * ES_CROP_SIZE];
    es_crop_row(view->crop, row, rgb);
    for (uint32_t x = 0; x < ES_CROP_SIZE; x++) {
        const uint8_t *pixel = rgb + 3 * (view->mirrored ? ES_CROP_SIZE - 1 - x : x);
        for (uint32_t channel = 0; channel < 3; channel++)
            *to++ = (int8_t)(pixel[channel] - 128);
    }
}

/* The mean of two values, halves to the even neighbor. */
static int8_t mean(int32_t a, int32_t b)
{
    int32_t below = (a + b) >> 1;
    return (int8_t)(below + ((a + b) & below & 1));
}

static void embed(const struct es_engine *engine, const struct es_crop *crop, int8_t *embedding)
{
    const struct es_networks *networks = engine->networks;
    struct view view = {crop, false};
    uint32_t dimension = networks->embedder->dimension;
    memcpy(embedding, networks->embed(crop_row, &view), dimension);
    after_run(engine);
    if (!networks->average_flip)
        return;
    view.mirrored = true;
    const int8_t *mirrored = networks->embed(crop_row, &view);
    after_run(engine);
    for (uint32_t i = 0; i < dimension; i++)
        embedding[i] = mean(embedding[i], mirrored[i]);
}

void es_sample_face(struct es_engine *engine, const struct es_frame *frame, uint32_t index, struct es_sample *sample)
{
    struct es_crop crop;
    sample->face = engine->faces.items[index];
    sample->turn = engine->turn;
    bool fitted = es_crop_fit(&crop, frame, (const int32_t(*)[2])sample->face.landmarks);
    sample->quality = es_measure(&crop, fitted, (const int32_t(*)[2])sample->face.landmarks);
    if (engine->doubtful_turn)
        sample->quality.rejection = sample->quality.doubt = ES_REASON_POSE;
    if (sample->quality.rejection == ES_REASON_OK)
        embed(engine, &crop, sample->embedding);
}

struct es_decision es_identify(const struct es_sample *sample, const struct es_gallery *gallery, int32_t threshold)
{
    struct es_history once = {.count = 0};
    if (sample->quality.rejection != ES_REASON_OK)
        return es_undecided(sample->quality.rejection);
    return es_observe(&once, gallery, sample->embedding, sample->quality.doubt, threshold);
}
