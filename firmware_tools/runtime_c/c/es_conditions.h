/* Conditions that strangers can share: a mask, sunglasses, infrared light. edge_siamese/quality/conditions.py describes the measure. */
#ifndef ES_CONDITIONS_H
#define ES_CONDITIONS_H

#include <stdint.h>

#include "es_constants.h"

#define ES_CELLS 14 /* across and down a crop */
#define ES_CELL_MAPS 5

/* The cells of a crop: logarithms of mean green, red and blue and of the sums of differences across and down. */
struct es_cells {
    uint8_t logs[ES_CELL_MAPS][ES_CELLS][ES_CELLS];
    uint16_t sums[ES_CELL_MAPS][ES_CELLS]; /* of the row of cells that is not finished */
};

/* Adds the next row of a crop, its colors and gray levels, with the gray levels of the row before. `cells` is zero before row 0. */
void es_cells_add(struct es_cells *cells, uint32_t row, const uint8_t *rgb, const uint8_t *gray, const uint8_t *before);

/* How far each condition speaks from a whole crop: sums of weights times features. */
void es_cells_activate(const struct es_cells *cells, int32_t activations[ES_CONDITIONS]);

/* The reason of the condition that is present in a whole crop, or ES_REASON_OK. */
enum es_reason es_cells_reason(const struct es_cells *cells);

#endif
