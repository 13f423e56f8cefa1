#include "es_conditions.h"

#include <string.h>

#include "es_condition_weights.h"

#define CELL (ES_CROP_SIZE / ES_CELLS)
#define HALF (ES_CELLS / 2)
#define COLORS 3
#define LOG_LIMIT 128 /* no logarithm is above it */

enum map { GREEN, RED, BLUE, ACROSS, DOWN };

static uint16_t distance(uint8_t a, uint8_t b) { return (uint16_t)(a > b ? a - b : b - a); }

/* Writes the logarithms of a row of cells whose sums are whole. */
static void finish_row(struct es_cells *cells, uint32_t row)
{
    for (uint32_t map = 0; map < ES_CELL_MAPS; map++)
        for (uint32_t column = 0; column < ES_CELLS; column++) {
            uint32_t value = map < COLORS ? cells->sums[map][column] / (CELL * CELL) : cells->sums[map][column] / 4u;
            cells->logs[map][row][column] = condition_logarithms[value < 255 ? value : 255];
        }
    memset(cells->sums, 0, sizeof cells->sums);
}

void es_cells_add(struct es_cells *cells, uint32_t row, const uint8_t *rgb, const uint8_t *gray, const uint8_t *before)
{
    uint16_t(*sums)[ES_CELLS] = cells->sums;
    if (row)
        for (uint32_t x = 0; x < ES_CROP_SIZE; x++)
            sums[DOWN][x / CELL] += distance(gray[x], before[x]);
    if (row && row % CELL == 0)
        finish_row(cells, row / CELL - 1);
    for (uint32_t x = 0; x < ES_CROP_SIZE; x++, rgb += 3) {
        sums[RED][x / CELL] += rgb[0];
        sums[GREEN][x / CELL] += rgb[1];
        sums[BLUE][x / CELL] += rgb[2];
        if (x + 1 < ES_CROP_SIZE)
            sums[ACROSS][x / CELL] += distance(gray[x + 1], gray[x]);
    }
    if (row + 1 == ES_CROP_SIZE)
        finish_row(cells, ES_CELLS - 1);
}

/* A value of one of the first three maps before its median is subtracted. */
static int32_t color_at(const struct es_cells *cells, uint32_t map, uint32_t row, uint32_t column)
{
    return cells->logs[map][row][column] - (map == GREEN ? 0 : cells->logs[GREEN][row][column]);
}

/* The median of the inner cells. */
static int32_t median(const struct es_cells *cells, uint32_t map)
{
    uint8_t counts[2 * LOG_LIMIT + 1] = {0};
    for (uint32_t row = ES_INNER_CELLS_TOP; row < ES_INNER_CELLS_BOTTOM; row++)
        for (uint32_t column = ES_INNER_CELLS_LEFT; column < ES_INNER_CELLS_RIGHT; column++)
            counts[color_at(cells, map, row, column) + LOG_LIMIT]++;
    int32_t value = 0;
    for (uint32_t below = counts[0]; below <= ES_MIDDLE_CELL; below += counts[value])
        value++;
    return value - LOG_LIMIT;
}

/* Adds to each condition the products of its weights and one value of a map; `at` is the feature of that value. */
static void weigh(int32_t *activations, uint32_t at, int32_t value)
{
    for (uint32_t condition = 0; condition < ES_CONDITIONS; condition++)
        activations[condition] += condition_weights[condition][at] * value;
}

static int32_t magnitude(int32_t value) { return value < 0 ? -value : value; }

void es_cells_activate(const struct es_cells *cells, int32_t activations[ES_CONDITIONS])
{
    memset(activations, 0, ES_CONDITIONS * sizeof *activations);
    const int32_t medians[COLORS] = {median(cells, GREEN), median(cells, RED), median(cells, BLUE)};
    for (uint32_t row = 0; row < ES_CELLS; row++)
        for (uint32_t column = 0; column < ES_CELLS; column++) {
            uint32_t at = row * HALF + (column < HALF ? column : ES_CELLS - 1 - column);
            for (uint32_t map = 0; map < COLORS; map++) {
                int32_t value = color_at(cells, map, row, column) - medians[map];
                weigh(activations, map * ES_CELLS * HALF + at, value);
                weigh(activations, (COLORS + map) * ES_CELLS * HALF + at, magnitude(value));
            }
            for (uint32_t map = ACROSS; map <= DOWN; map++)
                weigh(activations, (COLORS + map) * ES_CELLS * HALF + at, cells->logs[map][row][column] - medians[GREEN]);
        }
}

enum es_reason es_cells_reason(const struct es_cells *cells)
{
    int32_t activations[ES_CONDITIONS];
    es_cells_activate(cells, activations);
    for (uint32_t i = 0; i < ES_CONDITIONS; i++)
        if (activations[i] >= condition_levels[i])
            return condition_reasons[i];
    return ES_REASON_OK;
}
