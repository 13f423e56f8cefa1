#include "es_quality.h"

#include "es_conditions.h"

#define ROWS (ES_INNER_BOTTOM - ES_INNER_TOP)
#define COLUMNS (ES_INNER_RIGHT - ES_INNER_LEFT)
#define PIXELS ((int64_t)ROWS * COLUMNS)
#define UNIT 256 /* limits are in units of 1/256 */

/* Sums over the inner face's gray levels. */
struct sums {
    int64_t levels, squares, gradients;
};

static void gray_row(const uint8_t *rgb, uint8_t *gray)
{
    for (uint32_t column = 0; column < ES_CROP_SIZE; column++, rgb += 3)
        gray[column] = (uint8_t)((9798u * rgb[0] + 19235u * rgb[1] + 3735u * rgb[2] + (1u << 14)) >> 15);
}

/* Adds a row of the inner face, with the rows above and below it; at the edges those on the other side stand for the missing ones. */
static void add_row(struct sums *sums, const uint8_t *above, const uint8_t *row, const uint8_t *below)
{
    for (uint32_t column = 0; column < COLUMNS; column++) {
        uint32_t left = column ? column - 1 : 1, right = column + 1 < COLUMNS ? column + 1 : COLUMNS - 2;
        int32_t across = above[right] - above[left] + 2 * (row[right] - row[left]) + below[right] - below[left];
        int32_t down = below[left] - above[left] + 2 * (below[column] - above[column]) + below[right] - above[right];
        sums->levels += row[column];
        sums->squares += row[column] * row[column];
        sums->gradients += across * across + down * down;
    }
}

/* Everything that is measured of the pixels, row by row. */
static void measure_crop(const struct es_crop *crop, struct sums *sums, struct es_cells *cells)
{
    uint8_t rgb[3 * ES_CROP_SIZE], gray[3][ES_CROP_SIZE];
    for (uint32_t row = 0; row < ES_CROP_SIZE; row++) {
        uint8_t *below = gray[row % 3], *middle = gray[(row + 2) % 3], *above = gray[(row + 1) % 3];
        es_crop_row(crop, row, rgb);
        gray_row(rgb, below);
        es_cells_add(cells, row, rgb, below, middle);
        if (row <= ES_INNER_TOP || row > ES_INNER_BOTTOM)
            continue;
        const uint8_t *first = row == ES_INNER_TOP + 1 ? below : above, *last = row == ES_INNER_BOTTOM ? above : below;
        add_row(sums, first + ES_INNER_LEFT, middle + ES_INNER_LEFT, last + ES_INNER_LEFT);
    }
}

/* Whether the side of the crop, in pixels of the frame, is below a limit. */
static bool is_smaller(const struct es_crop *crop, int64_t limit)
{
    return crop->squared_scale * limit * limit > (int64_t)ES_CROP_SIZE * ES_CROP_SIZE << 32;
}

/* Whether the nose is too far from the middle between the eyes. */
static bool is_turned(const int32_t (*landmarks)[2])
{
    int64_t dot = 0, squared = 0;
    for (uint32_t axis = 0; axis < 2; axis++) {
        int64_t eyes = landmarks[1][axis] - landmarks[0][axis], nose = landmarks[2][axis] - landmarks[0][axis];
        dot += nose * eyes;
        squared += eyes * eyes;
    }
    int64_t off = (2 * dot - squared) / UNIT;
    return squared == 0 || (off < 0 ? -off : off) > squared / UNIT * ES_MAX_YAW / UNIT;
}

static enum es_reason reject_landmarks(const struct es_crop *crop, bool fitted, const int32_t (*landmarks)[2])
{
    if (!fitted)
        return ES_REASON_POSE;
    if (is_smaller(crop, ES_MIN_SIDE))
        return ES_REASON_TOO_SMALL;
    bool misfit = crop->squared_misfit > (int64_t)ES_MAX_MISFIT * ES_MAX_MISFIT;
    return misfit || is_turned(landmarks) ? ES_REASON_POSE : ES_REASON_OK;
}

/* Whether gradients / (variance + 1) is below a limit. */
static bool is_blurred(const struct sums *sums, int64_t variance, int64_t limit)
{
    return sums->gradients * PIXELS * UNIT < limit * (variance + PIXELS * PIXELS);
}

/* The reason of a condition that strangers can share. */
static enum es_reason condition(const struct sums *sums, const struct es_cells *cells)
{
    return sums->levels * UNIT < PIXELS * ES_DIM_BRIGHTNESS ? ES_REASON_DARK : es_cells_reason(cells);
}

struct es_quality es_measure(const struct es_crop *crop, bool fitted, const int32_t (*landmarks)[2])
{
    struct sums sums = {0, 0, 0};
    struct es_cells cells = {0};
    struct es_quality quality;
    quality.rejection = quality.doubt = reject_landmarks(crop, fitted, landmarks);
    if (quality.rejection != ES_REASON_OK)
        return quality;
    measure_crop(crop, &sums, &cells);
    int64_t variance = PIXELS * sums.squares - sums.levels * sums.levels; /* times PIXELS squared */
    bool dark = sums.levels * UNIT < PIXELS * ES_MIN_BRIGHTNESS || sums.levels * UNIT > PIXELS * ES_MAX_BRIGHTNESS;
    bool flat = variance * UNIT * UNIT < PIXELS * PIXELS * ES_MIN_CONTRAST * ES_MIN_CONTRAST;
    if (dark || flat)
        quality.rejection = ES_REASON_DARK;
    else if (is_blurred(&sums, variance, ES_MIN_SHARPNESS))
        quality.rejection = ES_REASON_BLURRED;
    quality.doubt = quality.rejection;
    if (quality.rejection != ES_REASON_OK)
        return quality;
    if (is_smaller(crop, ES_UNKNOWN_SIDE))
        quality.doubt = ES_REASON_TOO_SMALL;
    else if (is_blurred(&sums, variance, ES_UNKNOWN_SHARPNESS))
        quality.doubt = ES_REASON_BLURRED;
    else
        quality.doubt = condition(&sums, &cells);
    return quality;
}
