/* From the raw outputs of the detector network to faces, in fixed point. */
#ifndef ES_DETECTOR_H
#define ES_DETECTOR_H

#include <stdbool.h>

#include "es_face.h"
#include "es_letterbox.h"

#ifndef ES_MAX_CANDIDATES
#define ES_MAX_CANDIDATES 160
#endif

#define ES_GRIDS 3

/* One grid of cells: what its int8 outputs mean. Tables have an entry for each value from -128 on. */
struct es_grid {
    uint16_t stride, columns, rows;
    int16_t min_score;                    /* raw scores from here on are candidates; above 127 there are none */
    int8_t box_zero, landmark_zero;
    int32_t box_scale, landmark_scale;    /* of a step, in units of 2^-24 pixel */
    const uint32_t *scores;               /* confidence, in units of 2^-30 */
    const int32_t *sizes;                 /* width or height, in units of 2^-16 pixel */
};

struct es_detector {
    uint16_t width, height;               /* of the input */
    uint32_t threshold, sure;             /* confidence of a face, and below which the mirror image is tried */
    struct es_grid grids[ES_GRIDS];
};

/* The raw outputs of one grid: a score, four and ten values a cell. */
struct es_grid_output {
    const int8_t *scores, *boxes, *landmarks;
};

/* A cell that detects a face, in pixels of the input. */
struct es_candidate {
    struct es_face face;
    uint8_t view; /* 0, or 1 for the mirror image */
    bool taken;   /* while faces are made */
};

struct es_candidates {
    struct es_candidate items[ES_MAX_CANDIDATES];
    uint32_t count;
};

/* Adds the candidates of a view. When there are more than ES_MAX_CANDIDATES, those with the lowest scores are dropped. */
void es_candidates_add(
    struct es_candidates *candidates, const struct es_detector *detector, const struct es_grid_output *outputs, uint8_t view);

/* The faces of one view, or of two, in pixels of the frame; overlapping candidates are averaged. Sorts the candidates,
 * and keeps them, so that a second view can be added. */
void es_group(struct es_candidates *candidates, const struct es_letterbox *box, uint32_t views, struct es_faces *faces);

/* Adds a face; when there are ES_MAX_FACES, the smallest is dropped. */
void es_faces_add(struct es_faces *faces, const struct es_face *face);

/* Whether two boxes overlap by more than so many percent of their union. */
bool es_overlaps(const int32_t *a, const int32_t *b, uint32_t percent);

#endif
