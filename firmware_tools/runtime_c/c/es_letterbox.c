#include "es_letterbox.h"

#include <string.h>

#include "es_pixel.h"

#define PADDING 0 /* pixel 128 as an input */
#define HALF_PIXEL 32768
#define WEIGHT_BITS 11

/* round(side * to / from), halves to even, and at least 1. */
static uint16_t fitted(uint32_t side, uint32_t to, uint32_t from)
{
    uint32_t twice = 2 * side * to, whole = twice / (2 * from), rest = twice % (2 * from);
    whole += rest > from || (rest == from && (whole & 1));
    return (uint16_t)(whole ? whole : 1);
}

void es_letterbox_fit(struct es_letterbox *box, const struct es_frame *frame, uint16_t width, uint16_t height)
{
    uint32_t frame_width = es_frame_width(frame), frame_height = es_frame_height(frame);
    bool by_height = height * frame_width <= width * frame_height;
    uint32_t to = by_height ? height : width, from = by_height ? frame_height : frame_width;
    *box = (struct es_letterbox){frame, width, height, fitted(frame_width, to, from), fitted(frame_height, to, from), to, from, false};
}

/* A row of pixels as they are written: from left to right, or from right to left. */
struct writer {
    int8_t *to;
    int32_t step;
};

static inline void put(struct writer *writer, struct es_color color)
{
    int8_t *to = writer->to;
    to[0] = (int8_t)(color.red - 128);
    to[1] = (int8_t)(color.green - 128);
    to[2] = (int8_t)(color.blue - 128);
    writer->to = to + writer->step;
}

/* The rows of a frame that an output row covers: the weights of the first and the last, and that of every row between. */
struct band {
    int32_t index, down; /* of the first pixel of the first row, and the step to the next row */
    uint32_t rows, first, last, whole;
};

/* A pixel of a frame is `fit` parts, one of the output `side` parts. */
static struct band covered(const struct es_steps *steps, uint32_t at, uint32_t side, uint32_t fit)
{
    uint32_t begin = at * side, top = begin / fit, stop = begin + side, bottom = (stop - 1) / fit;
    struct band band = {steps->start + (int32_t)top * steps->down, steps->down, bottom - top + 1, (top + 1) * fit - begin, stop - bottom * fit, fit};
    if (top == bottom)
        band.first = side;
    return band;
}

static inline void add(struct es_color *sum, struct es_color color, uint32_t weight)
{
    sum->red += weight * color.red;
    sum->green += weight * color.green;
    sum->blue += weight * color.blue;
}

/* The sum of a column over the rows of a band; `index` is that of its first pixel. */
ES_ALWAYS_INLINE void sum_column(uint32_t format, const uint8_t *pixels, const struct band *band, uint32_t index, struct es_color *sum)
{
    struct es_color found = {0, 0, 0};
    uint32_t down = (uint32_t)band->down;
    add(&found, es_color_at(format, pixels, index), band->first);
    for (uint32_t left = band->rows; left > 2; left--) {
        index += down;
        add(&found, es_color_at(format, pixels, index), band->whole);
    }
    if (band->rows > 1)
        add(&found, es_color_at(format, pixels, index + down), band->last);
    *sum = found;
}

typedef void column_sum(const uint8_t *pixels, const struct band *band, uint32_t index, struct es_color *sum);

#define COLUMN_SUM(name, format)                                                                                \
    static void name(const uint8_t *pixels, const struct band *band, uint32_t index, struct es_color *sum)      \
    {                                                                                                           \
        sum_column(format, pixels, band, index, sum);                                                           \
    }

COLUMN_SUM(sum_rgb888, ES_FORMAT_RGB888)
COLUMN_SUM(sum_rgb565, ES_FORMAT_RGB565)
COLUMN_SUM(sum_rgb565be, ES_FORMAT_RGB565BE)
COLUMN_SUM(sum_gray, ES_FORMAT_GRAY)
COLUMN_SUM(sum_yuyv, ES_FORMAT_YUYV)

static column_sum *const column_sums[] = {
    [ES_FORMAT_RGB888] = sum_rgb888, [ES_FORMAT_RGB565] = sum_rgb565, [ES_FORMAT_RGB565BE] = sum_rgb565be,
    [ES_FORMAT_GRAY] = sum_gray,     [ES_FORMAT_YUYV] = sum_yuyv,
};

/* sum / area to the nearest integer, halves to the even neighbor. */
static inline uint32_t mean(uint32_t sum, uint32_t area)
{
    uint32_t whole = sum / area, rest = sum - whole * area;
    return whole + (2 * rest > area || (2 * rest == area && (whole & 1)));
}

/* Means of the pixels that each output pixel covers, by their shares: a column that lies in two is shared between them. */
static void shrunk_row(const struct es_letterbox *box, uint32_t row, struct writer *writer)
{
    const struct es_frame *frame = box->frame;
    struct es_steps steps = es_steps_of(frame);
    uint32_t width = es_frame_width(frame), area = width * es_frame_height(frame), fit = box->fitted_width, missing = width;
    struct band band = covered(&steps, row, es_frame_height(frame), box->fitted_height);
    struct es_color sums = {0, 0, 0}, column;
    column_sum *sum_of = column_sums[frame->format];
    for (uint32_t left = width, index = (uint32_t)band.index; left; left--, index += (uint32_t)steps.across) {
        sum_of(frame->pixels, &band, index, &column);
        if (missing > fit) {
            add(&sums, column, fit);
            missing -= fit;
            continue;
        }
        add(&sums, column, missing);
        put(writer, (struct es_color){mean(sums.red, area), mean(sums.green, area), mean(sums.blue, area)});
        sums = (struct es_color){0, 0, 0};
        add(&sums, column, fit - missing);
        missing += width - fit;
    }
}

/* The two pixels of a side between which an output pixel lies, and the weight of the second. */
struct between {
    uint32_t first, second, weight;
};

static struct between neighbors(uint32_t at, uint32_t side, uint32_t fit)
{
    uint32_t position = (2 * at + 1) * side; /* of the center, in parts of 2 * fit, half a pixel too far */
    if (position < fit)
        return (struct between){0, 0, 0};
    uint32_t first = (position - fit) / (2 * fit), rest = (position - fit) % (2 * fit);
    if (first + 1 >= side)
        return (struct between){side - 1, side - 1, 0};
    uint32_t weight = (((rest << (WEIGHT_BITS + 1)) + 2 * fit) / (4 * fit));
    return (struct between){first, first + 1, weight};
}

static struct es_color color_at(const struct es_frame *frame, int32_t index)
{
    return es_color_at(frame->format, frame->pixels, (uint32_t)index);
}

/* In the roundings of OpenCV. */
static uint32_t interpolated(uint32_t upper_left, uint32_t upper_right, uint32_t lower_left, uint32_t lower_right, uint32_t x, uint32_t y)
{
    const uint32_t whole = 1u << WEIGHT_BITS;
    uint32_t above = upper_left * (whole - x) + upper_right * x, below = lower_left * (whole - x) + lower_right * x;
    return (((whole - y) * (above >> 4) >> 16) + (y * (below >> 4) >> 16) + 2) >> 2;
}

static void enlarged_row(const struct es_letterbox *box, uint32_t row, struct writer *writer)
{
    const struct es_frame *frame = box->frame;
    struct es_steps steps = es_steps_of(frame);
    struct between down = neighbors(row, es_frame_height(frame), box->fitted_height);
    int32_t upper = steps.start + (int32_t)down.first * steps.down, lower = steps.start + (int32_t)down.second * steps.down;
    for (uint32_t column = 0; column < box->fitted_width; column++) {
        struct between across = neighbors(column, es_frame_width(frame), box->fitted_width);
        int32_t left = (int32_t)across.first * steps.across, right = (int32_t)across.second * steps.across;
        struct es_color a = color_at(frame, upper + left), b = color_at(frame, upper + right);
        struct es_color c = color_at(frame, lower + left), d = color_at(frame, lower + right);
        uint32_t x = across.weight, y = down.weight;
        put(writer, (struct es_color){
            interpolated(a.red, b.red, c.red, d.red, x, y),
            interpolated(a.green, b.green, c.green, d.green, x, y),
            interpolated(a.blue, b.blue, c.blue, d.blue, x, y),
        });
    }
}

static void copied_row(const struct es_letterbox *box, uint32_t row, struct writer *writer)
{
    struct es_steps steps = es_steps_of(box->frame);
    int32_t index = steps.start + (int32_t)row * steps.down;
    for (uint32_t x = 0; x < box->fitted_width; x++, index += steps.across)
        put(writer, color_at(box->frame, index));
}

void es_letterbox_row(const struct es_letterbox *box, uint32_t row, int8_t *to)
{
    struct writer writer = {box->mirrored ? to + 3 * (box->width - 1) : to, box->mirrored ? -3 : 3};
    memset(to, PADDING, 3u * box->width);
    if (row >= box->fitted_height)
        return;
    if (box->scale_to < box->scale_from)
        shrunk_row(box, row, &writer);
    else if (box->scale_to > box->scale_from)
        enlarged_row(box, row, &writer);
    else
        copied_row(box, row, &writer);
}

int32_t es_letterbox_position(const struct es_letterbox *box, int32_t position)
{
    return (int32_t)(((int64_t)position + HALF_PIXEL) * box->scale_from / (int32_t)box->scale_to) - HALF_PIXEL;
}

int32_t es_letterbox_length(const struct es_letterbox *box, int32_t length)
{
    return (int32_t)((int64_t)length * box->scale_from / (int32_t)box->scale_to);
}
