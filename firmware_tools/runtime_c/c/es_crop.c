#include "es_crop.h"

#include <string.h>

#define MAP_BITS 28
#define MAX_HALVINGS 3
#define MIN_SQUARED_SCALE 16 /* a face of 7168 pixels */
#define POSITION_BITS 5 /* positions are rounded to 1/32 pixel, as in OpenCV */
#define WHOLE (1 << POSITION_BITS)

/* In units of 2^-20 pixel of the crop. */
static const int32_t template[ES_LANDMARKS][2] = {ES_TEMPLATE};

static uint64_t magnitude(int64_t value) { return value < 0 ? (uint64_t)-value : (uint64_t)value; }

/* numerator * 2^bits / denominator, towards zero, at most 2^61. The denominator is positive. */
static int64_t ratio(int64_t numerator, int64_t denominator, uint32_t bits)
{
    const uint64_t limit = (uint64_t)1 << 61;
    uint64_t divisor = (uint64_t)denominator, quotient = magnitude(numerator) / divisor, rest = magnitude(numerator) % divisor;
    for (; bits && quotient < limit; bits--) {
        rest <<= 1;
        quotient = quotient << 1 | (rest >= divisor);
        rest -= rest >= divisor ? divisor : 0;
    }
    int64_t found = (int64_t)(quotient < limit ? quotient : limit);
    return numerator < 0 ? -found : found;
}

/* What the solution rests on: points times five, with their mean taken away. */
struct moments {
    int64_t real, imaginary, power, template_power; /* units of 2^-36, 2^-36, 2^-32, 2^-40 square pixel */
    int64_t sum[2], template_sum[2];
};

static void measure(struct moments *moments, const int32_t (*landmarks)[2])
{
    memset(moments, 0, sizeof *moments);
    for (uint32_t i = 0; i < ES_LANDMARKS; i++)
        for (uint32_t axis = 0; axis < 2; axis++) {
            moments->sum[axis] += landmarks[i][axis];
            moments->template_sum[axis] += template[i][axis];
        }
    for (uint32_t i = 0; i < ES_LANDMARKS; i++) {
        int64_t a[2], b[2];
        for (uint32_t axis = 0; axis < 2; axis++) {
            a[axis] = (int64_t)landmarks[i][axis] * ES_LANDMARKS - moments->sum[axis];
            b[axis] = (int64_t)template[i][axis] * ES_LANDMARKS - moments->template_sum[axis];
        }
        moments->real += a[0] * b[0] + a[1] * b[1];
        moments->imaginary += a[0] * b[1] - a[1] * b[0];
        moments->power += a[0] * a[0] + a[1] * a[1];
        moments->template_power += b[0] * b[0] + b[1] * b[1];
    }
}

/* Whether the landmarks are so near to each other that nothing overflows: no face is larger than a frame. */
static bool in_range(const int32_t (*landmarks)[2])
{
    const int64_t limit = (int64_t)1024 * ES_PIXEL; /* from the first; from each other twice that */
    for (uint32_t i = 1; i < ES_LANDMARKS; i++)
        for (uint32_t axis = 0; axis < 2; axis++) {
            int64_t apart = (int64_t)landmarks[i][axis] - landmarks[0][axis];
            if (apart > limit || apart < -limit)
                return false;
        }
    return true;
}

/* Scale and misfit of the solution. */
static void assess(struct es_crop *crop, const struct moments *moments)
{
    int64_t cosine = ratio(moments->real, moments->power, 14), sine = ratio(moments->imaginary, moments->power, 14); /* 2^-18 */
    const int64_t limit = (int64_t)1 << 27;
    if ((int64_t)magnitude(cosine) > limit || (int64_t)magnitude(sine) > limit) {
        crop->squared_scale = crop->squared_misfit = ES_OUT_OF_RANGE;
        return;
    }
    crop->squared_scale = (cosine * cosine + sine * sine) >> 20;
    int64_t explained = (moments->real >> 24) * (cosine >> 2) + (moments->imaginary >> 24) * (sine >> 2); /* 2^-28 */
    int64_t rest = (moments->template_power >> 12) - explained;
    crop->squared_misfit = (rest > 0 ? rest : 0) / (ES_LANDMARKS * ES_LANDMARKS * ES_LANDMARKS) >> 12;
}

/* The inverse of the solution: from the crop to the frame. */
static void invert(struct es_crop *crop, const struct moments *moments)
{
    int64_t cosine = ratio(moments->real, moments->power, MAP_BITS - 4), sine = ratio(moments->imaginary, moments->power, MAP_BITS - 4);
    int64_t squared = cosine * cosine + sine * sine;
    crop->cosine = ratio(cosine, squared, 2 * MAP_BITS);
    crop->sine = -ratio(sine, squared, 2 * MAP_BITS);
    int64_t x = (crop->cosine * moments->template_sum[0] - crop->sine * moments->template_sum[1]) >> 20;
    int64_t y = (crop->sine * moments->template_sum[0] + crop->cosine * moments->template_sum[1]) >> 20;
    crop->x = (moments->sum[0] * (1 << (MAP_BITS - 16)) - x) / ES_LANDMARKS;
    crop->y = (moments->sum[1] * (1 << (MAP_BITS - 16)) - y) / ES_LANDMARKS;
}

static void halve(struct es_crop *crop)
{
    const int64_t half = (int64_t)1 << (MAP_BITS - 1);
    crop->halvings++;
    crop->cosine /= 2;
    crop->sine /= 2;
    crop->x = (crop->x + half) / 2 - half;
    crop->y = (crop->y + half) / 2 - half;
}

bool es_crop_fit(struct es_crop *crop, const struct es_frame *frame, const int32_t (*landmarks)[2])
{
    struct moments moments;
    *crop = (struct es_crop){.frame = frame, .squared_scale = ES_PIXEL, .squared_misfit = ES_OUT_OF_RANGE};
    if (!in_range(landmarks))
        return true;
    measure(&moments, landmarks);
    if (moments.power == 0)
        return false;
    assess(crop, &moments);
    if (crop->squared_scale < MIN_SQUARED_SCALE)
        crop->squared_misfit = ES_OUT_OF_RANGE;
    bool too_small = crop->squared_scale * ES_MIN_SIDE * ES_MIN_SIDE > (int64_t)ES_CROP_SIZE * ES_CROP_SIZE << 32;
    if (too_small || crop->squared_misfit == ES_OUT_OF_RANGE)
        return true; /* the quality gate rejects it before it is warped */
    invert(crop, &moments);
    for (int64_t squared = crop->squared_scale; squared < ES_PIXEL / 4 && crop->halvings < MAX_HALVINGS; squared *= 4)
        halve(crop);
    return true;
}

/* A pixel of the halved frame: the mean of four pixels of the one before, again and again. Black outside. */
static void pixel_at(const struct es_crop *crop, int32_t x, int32_t y, uint8_t *rgb)
{
    uint32_t halvings = crop->halvings, side = 1u << halvings;
    uint8_t block[1 << MAX_HALVINGS][1 << MAX_HALVINGS][3];
    if (x < 0 || y < 0 || x >= es_frame_width(crop->frame) >> halvings || y >= es_frame_height(crop->frame) >> halvings) {
        rgb[0] = rgb[1] = rgb[2] = 0;
        return;
    }
    for (uint32_t row = 0; row < side; row++)
        for (uint32_t column = 0; column < side; column++)
            es_frame_pixel(crop->frame, ((uint32_t)x << halvings) + column, ((uint32_t)y << halvings) + row, block[row][column]);
    for (side /= 2; side; side /= 2)
        for (uint32_t row = 0; row < side; row++)
            for (uint32_t column = 0; column < side; column++)
                for (uint32_t channel = 0; channel < 3; channel++) {
                    uint8_t(*above)[3] = &block[2 * row][2 * column], (*below)[3] = &block[2 * row + 1][2 * column];
                    uint32_t sum = 2u + above[0][channel] + above[1][channel] + below[0][channel] + below[1][channel];
                    block[row][column][channel] = (uint8_t)(sum >> 2);
                }
    memcpy(rgb, block[0][0], 3);
}

/* A position on the frame of 2^-28 pixel in units of 2^-10, and in range wherever it is. */
static int32_t rounded(int64_t position)
{
    int64_t found = (position + (1 << (MAP_BITS - 11))) >> (MAP_BITS - 10);
    const int64_t limit = 1 << 28;
    return (int32_t)(found < -limit ? -limit : found > limit ? limit : found);
}

void es_crop_row(const struct es_crop *crop, uint32_t row, uint8_t *rgb)
{
    const int32_t half = 1 << (9 - POSITION_BITS);
    int32_t row_x = rounded(crop->x - crop->sine * row), row_y = rounded(crop->y + crop->cosine * row);
    for (uint32_t column = 0; column < ES_CROP_SIZE; column++) {
        int32_t x = (rounded(crop->cosine * column) + row_x + half) >> (10 - POSITION_BITS);
        int32_t y = (rounded(crop->sine * column) + row_y + half) >> (10 - POSITION_BITS);
        int32_t right = x & (WHOLE - 1), below = y & (WHOLE - 1);
        uint8_t corners[4][3];
        for (int32_t corner = 0; corner < 4; corner++)
            pixel_at(crop, (x >> POSITION_BITS) + (corner & 1), (y >> POSITION_BITS) + (corner >> 1), corners[corner]);
        for (uint32_t channel = 0; channel < 3; channel++) {
            int32_t first = corners[0][channel] * (WHOLE - right) + corners[1][channel] * right;
            int32_t second = corners[2][channel] * (WHOLE - right) + corners[3][channel] * right;
            int32_t sum = first * (WHOLE - below) + second * below;
            *rgb++ = (uint8_t)((sum + WHOLE * WHOLE / 2) >> (2 * POSITION_BITS));
        }
    }
}
