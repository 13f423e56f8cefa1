#include "es_letterbox.h"

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

/* The pixels of a side that an output pixel covers: `first` up to `end`, the outer two in part. */
struct span {
    uint32_t first, end, begin, stop; /* begin and stop in parts of a pixel: `side` parts of an output pixel, `fit` of one */
};

static struct span covered(uint32_t at, uint32_t side, uint32_t fit)
{
    struct span span = {at * side / fit, ((at + 1) * side + fit - 1) / fit, at * side, (at + 1) * side};
    return span;
}

static uint32_t overlap(const struct span *span, uint32_t pixel, uint32_t fit)
{
    uint32_t begin = pixel * fit, stop = begin + fit;
    return (stop < span->stop ? stop : span->stop) - (begin > span->begin ? begin : span->begin);
}

/* The mean of the pixels that an output pixel covers, by their shares. */
static void mean_pixel(const struct es_letterbox *box, uint32_t x, uint32_t y, uint8_t *rgb)
{
    uint32_t width = es_frame_width(box->frame), height = es_frame_height(box->frame), sums[3] = {0, 0, 0};
    struct span across = covered(x, width, box->fitted_width), down = covered(y, height, box->fitted_height);
    for (uint32_t row = down.first; row < down.end; row++)
        for (uint32_t column = across.first; column < across.end; column++) {
            uint32_t share = overlap(&down, row, box->fitted_height) * overlap(&across, column, box->fitted_width);
            uint8_t pixel[3];
            es_frame_pixel(box->frame, column, row, pixel);
            for (uint32_t channel = 0; channel < 3; channel++)
                sums[channel] += share * pixel[channel];
        }
    for (uint32_t channel = 0; channel < 3; channel++) { /* halves to the even neighbor */
        uint32_t area = width * height, whole = sums[channel] / area, rest = sums[channel] % area;
        rgb[channel] = (uint8_t)(whole + (2 * rest > area || (2 * rest == area && (whole & 1))));
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

static void interpolated_pixel(const struct es_letterbox *box, uint32_t x, uint32_t y, uint8_t *rgb)
{
    struct between across = neighbors(x, es_frame_width(box->frame), box->fitted_width);
    struct between down = neighbors(y, es_frame_height(box->frame), box->fitted_height);
    uint8_t corners[4][3];
    es_frame_pixel(box->frame, across.first, down.first, corners[0]);
    es_frame_pixel(box->frame, across.second, down.first, corners[1]);
    es_frame_pixel(box->frame, across.first, down.second, corners[2]);
    es_frame_pixel(box->frame, across.second, down.second, corners[3]);
    uint32_t whole = 1u << WEIGHT_BITS;
    for (uint32_t channel = 0; channel < 3; channel++) { /* in the roundings of OpenCV */
        uint32_t above = corners[0][channel] * (whole - across.weight) + corners[1][channel] * across.weight;
        uint32_t below = corners[2][channel] * (whole - across.weight) + corners[3][channel] * across.weight;
        uint32_t sum = ((whole - down.weight) * (above >> 4) >> 16) + (down.weight * (below >> 4) >> 16);
        rgb[channel] = (uint8_t)((sum + 2) >> 2);
    }
}

void es_letterbox_row(const struct es_letterbox *box, uint32_t row, int8_t *to)
{
    bool shrunk = box->scale_to < box->scale_from;
    for (uint32_t x = 0; x < box->width; x++) {
        int8_t *pixel = to + 3 * (box->mirrored ? box->width - 1 - x : x);
        if (x >= box->fitted_width || row >= box->fitted_height) {
            pixel[0] = pixel[1] = pixel[2] = PADDING;
            continue;
        }
        uint8_t rgb[3];
        if (shrunk)
            mean_pixel(box, x, row, rgb);
        else if (box->scale_to == box->scale_from)
            es_frame_pixel(box->frame, x, row, rgb);
        else
            interpolated_pixel(box, x, row, rgb);
        for (uint32_t channel = 0; channel < 3; channel++)
            pixel[channel] = (int8_t)(rgb[channel] - 128);
    }
}

int32_t es_letterbox_position(const struct es_letterbox *box, int32_t position)
{
    return (int32_t)(((int64_t)position + HALF_PIXEL) * box->scale_from / (int32_t)box->scale_to) - HALF_PIXEL;
}

int32_t es_letterbox_length(const struct es_letterbox *box, int32_t length)
{
    return (int32_t)((int64_t)length * box->scale_from / (int32_t)box->scale_to);
}
