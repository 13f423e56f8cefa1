#include "es_detector.h"

#include "es_constants.h"

static const uint8_t mirrored_landmarks[ES_LANDMARKS] = {ES_MIRRORED_LANDMARKS};

static int32_t offset(int8_t raw, int8_t zero, int32_t scale)
{
    return (int32_t)(((int64_t)(raw - zero) * scale + 128) >> 8);
}

static void decode(const struct es_grid *grid, const struct es_grid_output *output, uint32_t cell, struct es_face *face)
{
    const int8_t *box = output->boxes + 4 * cell, *points = output->landmarks + 10 * cell;
    int32_t half = ES_PIXEL / 2, stride = grid->stride;
    int32_t x = (int32_t)(cell % grid->columns) * stride * ES_PIXEL + (stride - 1) * half;
    int32_t y = (int32_t)(cell / grid->columns) * stride * ES_PIXEL + (stride - 1) * half;
    face->score = grid->scores[output->scores[cell] + 128];
    face->box[2] = grid->sizes[box[2] + 128];
    face->box[3] = grid->sizes[box[3] + 128];
    face->box[0] = x + offset(box[0], grid->box_zero, grid->box_scale) - face->box[2] / 2;
    face->box[1] = y + offset(box[1], grid->box_zero, grid->box_scale) - face->box[3] / 2;
    for (uint32_t i = 0; i < ES_LANDMARKS; i++) {
        face->landmarks[i][0] = x + offset(points[2 * i], grid->landmark_zero, grid->landmark_scale);
        face->landmarks[i][1] = y + offset(points[2 * i + 1], grid->landmark_zero, grid->landmark_scale);
    }
}

static void mirror(struct es_face *face, uint32_t width)
{
    int32_t right = (int32_t)(width - 1) * ES_PIXEL;
    struct es_face original = *face;
    face->box[0] = right - original.box[0] - original.box[2];
    for (uint32_t i = 0; i < ES_LANDMARKS; i++) {
        face->landmarks[i][0] = right - original.landmarks[mirrored_landmarks[i]][0];
        face->landmarks[i][1] = original.landmarks[mirrored_landmarks[i]][1];
    }
}

static uint32_t lowest(const struct es_candidates *candidates)
{
    uint32_t found = 0;
    for (uint32_t i = 1; i < candidates->count; i++)
        if (candidates->items[i].face.score <= candidates->items[found].face.score)
            found = i;
    return found;
}

static void keep(struct es_candidates *candidates, const struct es_candidate *candidate)
{
    if (candidates->count == ES_MAX_CANDIDATES) {
        uint32_t dropped = lowest(candidates);
        if (candidate->face.score <= candidates->items[dropped].face.score)
            return;
        for (candidates->count--; dropped < candidates->count; dropped++)
            candidates->items[dropped] = candidates->items[dropped + 1];
    }
    candidates->items[candidates->count++] = *candidate;
}

void es_candidates_add(
    struct es_candidates *candidates, const struct es_detector *detector, const struct es_grid_output *outputs, uint8_t view)
{
    for (uint32_t g = 0; g < ES_GRIDS; g++) {
        const struct es_grid *grid = &detector->grids[g];
        uint32_t cells = (uint32_t)grid->columns * grid->rows;
        for (uint32_t cell = 0; cell < cells; cell++) {
            struct es_candidate candidate = {.view = view};
            if (outputs[g].scores[cell] < grid->min_score)
                continue;
            decode(grid, &outputs[g], cell, &candidate.face);
            if (view)
                mirror(&candidate.face, detector->width);
            keep(candidates, &candidate);
        }
    }
}

/* Areas are in units of 2^-24 square pixel. */
static int64_t area(const int32_t *box) { return (int64_t)(box[2] >> 4) * (box[3] >> 4); }

static int64_t intersection(const int32_t *a, const int32_t *b)
{
    int64_t sides[2];
    for (uint32_t i = 0; i < 2; i++) {
        int32_t low = a[i] > b[i] ? a[i] : b[i], a_end = a[i] + a[i + 2], b_end = b[i] + b[i + 2];
        int32_t side = (a_end < b_end ? a_end : b_end) - low;
        sides[i] = side > 0 ? side >> 4 : 0;
    }
    return sides[0] * sides[1];
}

bool es_overlaps(const int32_t *a, const int32_t *b, uint32_t percent)
{
    int64_t shared = intersection(a, b);
    return shared * 100 > (area(a) + area(b) - shared) * percent;
}

/* Whether one box lies almost completely in the other. */
static bool is_nested(const int32_t *a, const int32_t *b)
{
    int64_t first = area(a), second = area(b);
    return intersection(a, b) * 100 > (first < second ? first : second) * ES_NESTED_PERCENT;
}

/* By falling score; equal ones keep their order. */
static void sort(struct es_candidates *candidates)
{
    for (uint32_t i = 1; i < candidates->count; i++) {
        struct es_candidate moved = candidates->items[i];
        uint32_t at = i;
        for (; at > 0 && candidates->items[at - 1].face.score < moved.face.score; at--)
            candidates->items[at] = candidates->items[at - 1];
        candidates->items[at] = moved;
    }
}

/* The mean of a group's faces, weighted by their scores, which are in the members' order. */
struct sums {
    int64_t values[4 + 2 * ES_LANDMARKS], weight;
    uint32_t best[2];
};

static void add_to(struct sums *sums, const struct es_candidate *candidate)
{
    const struct es_face *face = &candidate->face;
    int64_t weight = face->score >> 6; /* 24 bits; with 37 of a position and 8 of the number of candidates */
    for (uint32_t i = 0; i < 4; i++)
        sums->values[i] += weight * face->box[i];
    for (uint32_t i = 0; i < 2 * ES_LANDMARKS; i++)
        sums->values[4 + i] += weight * face->landmarks[i / 2][i % 2];
    sums->weight += weight;
    if (face->score > sums->best[candidate->view])
        sums->best[candidate->view] = face->score;
}

static void finish(const struct sums *sums, const struct es_letterbox *box, uint32_t views, struct es_face *face)
{
    face->score = views == 1 ? sums->best[0] : (sums->best[0] + sums->best[1]) / 2;
    for (uint32_t i = 0; i < 2; i++) {
        face->box[i] = es_letterbox_position(box, (int32_t)(sums->values[i] / sums->weight));
        face->box[i + 2] = es_letterbox_length(box, (int32_t)(sums->values[i + 2] / sums->weight));
    }
    for (uint32_t i = 0; i < 2 * ES_LANDMARKS; i++)
        face->landmarks[i / 2][i % 2] = es_letterbox_position(box, (int32_t)(sums->values[4 + i] / sums->weight));
}

void es_faces_add(struct es_faces *faces, const struct es_face *face)
{
    uint32_t at = faces->count;
    while (at > 0 && area(faces->items[at - 1].box) < area(face->box))
        at--;
    if (at == ES_MAX_FACES)
        return;
    if (faces->count < ES_MAX_FACES)
        faces->count++;
    for (uint32_t i = faces->count - 1; i > at; i--)
        faces->items[i] = faces->items[i - 1];
    faces->items[at] = *face;
}

/* Takes a candidate with all that show the same face, and what is nested in it. */
static void take_group(struct es_candidates *candidates, uint32_t first, struct sums *sums)
{
    const struct es_candidate *best = &candidates->items[first];
    add_to(sums, best);
    for (uint32_t i = first + 1; i < candidates->count; i++) {
        struct es_candidate *other = &candidates->items[i];
        if (other->taken)
            continue;
        bool same = es_overlaps(best->face.box, other->face.box, ES_SAME_FACE_PERCENT);
        other->taken = same || is_nested(best->face.box, other->face.box);
        if (same)
            add_to(sums, other);
    }
}

void es_group(struct es_candidates *candidates, const struct es_letterbox *box, uint32_t views, struct es_faces *faces)
{
    faces->count = 0;
    sort(candidates);
    for (uint32_t i = 0; i < candidates->count; i++)
        candidates->items[i].taken = false;
    for (uint32_t i = 0; i < candidates->count; i++) {
        struct sums sums = {.weight = 0};
        struct es_face face;
        if (candidates->items[i].taken)
            continue;
        take_group(candidates, i, &sums);
        finish(&sums, box, views, &face);
        es_faces_add(faces, &face);
    }
}
