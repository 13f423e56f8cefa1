#include "es_crop.h"

#include <string.h>

#include "es_pixel.h"

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

/* The mean of four values, halves up. */
static uint32_t mean(uint32_t a, uint32_t b, uint32_t c, uint32_t d) { return (a + b + c + d + 2) >> 2; }

/* A pixel of the halved frame: the mean of four pixels of the one before, again and again. Black outside. */
static struct es_color pixel_at(const struct es_crop *crop, const struct es_steps *steps, int32_t x, int32_t y)
{
    const struct es_frame *frame = crop->frame;
    uint32_t halvings = crop->halvings, side = 1u << halvings;
    struct es_color block[1 << MAX_HALVINGS][1 << MAX_HALVINGS];
    if (x < 0 || y < 0 || x >= es_frame_width(frame) >> halvings || y >= es_frame_height(frame) >> halvings)
        return (struct es_color){0, 0, 0};
    int32_t first = steps->start + (x << halvings) * steps->across + (y << halvings) * steps->down;
    for (uint32_t row = 0; row < side; row++, first += steps->down)
        for (uint32_t column = 0; column < side; column++)
            block[row][column] = es_color_at(frame->format, frame->pixels, (uint32_t)(first + (int32_t)column * steps->across));
    for (side /= 2; side; side /= 2)
        for (uint32_t row = 0; row < side; row++)
            for (uint32_t column = 0; column < side; column++) {
                struct es_color *above = &block[2 * row][2 * column], *below = &block[2 * row + 1][2 * column];
                block[row][column] = (struct es_color){
                    mean(above[0].red, above[1].red, below[0].red, below[1].red),
                    mean(above[0].green, above[1].green, below[0].green, below[1].green),
                    mean(above[0].blue, above[1].blue, below[0].blue, below[1].blue),
                };
            }
    return block[0][0];
}

/* A position on the frame of 2^-28 pixel in units of 2^-10, and in range wherever it is. */
static int32_t rounded(int64_t position)
{
    int64_t found = (position + (1 << (MAP_BITS - 11))) >> (MAP_BITS - 10);
    const int64_t limit = 1 << 28;
    return (int32_t)(found < -limit ? -limit : found > limit ? limit : found);
}

/* The color between four pixels, the second one `right` and the third one `below` the first; both of 32. */
ES_ALWAYS_INLINE void blend(
    struct es_color a, struct es_color b, struct es_color c, struct es_color d, uint32_t right, uint32_t below, uint8_t *rgb)
{
    uint32_t both = right * below, w_b = WHOLE * right - both, w_c = WHOLE * below - both, w_a = WHOLE * (WHOLE - right) - w_c;
    const uint32_t half = WHOLE * WHOLE / 2;
    rgb[0] = (uint8_t)((a.red * w_a + b.red * w_b + c.red * w_c + d.red * both + half) >> (2 * POSITION_BITS));
    rgb[1] = (uint8_t)((a.green * w_a + b.green * w_b + c.green * w_c + d.green * both + half) >> (2 * POSITION_BITS));
    rgb[2] = (uint8_t)((a.blue * w_a + b.blue * w_b + c.blue * w_c + d.blue * both + half) >> (2 * POSITION_BITS));
}

/* The same of the pixel at an index and its neighbors, all of which are inside. */
typedef void inner_blend(const uint8_t *pixels, const struct es_steps *steps, int32_t at, uint32_t right, uint32_t below, uint8_t *rgb);

#define INNER_BLEND(name, format)                                                                                            \
    static void name(                                                                                                        \
        const uint8_t *pixels, const struct es_steps *steps, int32_t at, uint32_t right, uint32_t below, uint8_t *rgb)       \
    {                                                                                                                        \
        uint32_t a = (uint32_t)at, b = a + (uint32_t)steps->across, c = a + (uint32_t)steps->down, d = b + (uint32_t)steps->down; \
        blend(es_color_at(format, pixels, a), es_color_at(format, pixels, b), es_color_at(format, pixels, c),                \
              es_color_at(format, pixels, d), right, below, rgb);                                                            \
    }

INNER_BLEND(blend_rgb888, ES_FORMAT_RGB888)
INNER_BLEND(blend_rgb565, ES_FORMAT_RGB565)
INNER_BLEND(blend_rgb565be, ES_FORMAT_RGB565BE)
INNER_BLEND(blend_gray, ES_FORMAT_GRAY)
INNER_BLEND(blend_yuyv, ES_FORMAT_YUYV)

static inner_blend *const inner_blends[] = {
    [ES_FORMAT_RGB888] = blend_rgb888, [ES_FORMAT_RGB565] = blend_rgb565, [ES_FORMAT_RGB565BE] = blend_rgb565be,
    [ES_FORMAT_GRAY] = blend_gray,     [ES_FORMAT_YUYV] = blend_yuyv,
};

void es_crop_row(const struct es_crop *crop, uint32_t row, uint8_t *rgb)
{
    const int32_t half = 1 << (9 - POSITION_BITS);
    const struct es_frame *frame = crop->frame;
    struct es_steps steps = es_steps_of(frame);
    inner_blend *inner = inner_blends[frame->format];
    int32_t row_x = rounded(crop->x - crop->sine * row), row_y = rounded(crop->y + crop->cosine * row);
    int32_t last_x = es_frame_width(frame) - 1, last_y = es_frame_height(frame) - 1;
    for (uint32_t column = 0; column < ES_CROP_SIZE; column++, rgb += 3) {
        int32_t x = (rounded(crop->cosine * column) + row_x + half) >> (10 - POSITION_BITS);
        int32_t y = (rounded(crop->sine * column) + row_y + half) >> (10 - POSITION_BITS);
        uint32_t right = x & (WHOLE - 1), below = y & (WHOLE - 1);
        x >>= POSITION_BITS;
        y >>= POSITION_BITS;
        if (crop->halvings == 0 && x >= 0 && y >= 0 && x < last_x && y < last_y) {
            inner(frame->pixels, &steps, steps.start + x * steps.across + y * steps.down, right, below, rgb);
            continue;
        }
        blend(pixel_at(crop, &steps, x, y), pixel_at(crop, &steps, x + 1, y), pixel_at(crop, &steps, x, y + 1),
              pixel_at(crop, &steps, x + 1, y + 1), right, below, rgb);
    }
}
