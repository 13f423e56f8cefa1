/* One pixel of a frame, inline for loops over rows. */
#ifndef ES_PIXEL_H
#define ES_PIXEL_H

#include "es_frame.h"

#ifdef __GNUC__
#define ES_ALWAYS_INLINE static inline __attribute__((always_inline))
#else
#define ES_ALWAYS_INLINE static inline
#endif

/* Where a frame as seen lies in memory: the index of the pixel at 0, 0, and the steps to the next one across and down. */
struct es_steps {
    int32_t start, across, down;
};

static inline struct es_steps es_steps_of(const struct es_frame *frame)
{
    int32_t width = frame->width, height = frame->height;
    switch (frame->turn) {
    case 1:
        return (struct es_steps){width - 1, width, -1};
    case 2:
        return (struct es_steps){width * height - 1, -1, -width};
    case 3:
        return (struct es_steps){width * (height - 1), -width, 1};
    default:
        return (struct es_steps){0, 1, width};
    }
}

struct es_color {
    uint32_t red, green, blue;
};

/* BT.601 in the rounding of OpenCV. */
struct es_color es_from_yuv(int32_t y, int32_t u, int32_t v);

ES_ALWAYS_INLINE struct es_color es_from_rgb565(uint32_t value)
{
    uint32_t red = value >> 11, green = value >> 5 & 63, blue = value & 31;
    return (struct es_color){red << 3 | red >> 2, green << 2 | green >> 4, blue << 3 | blue >> 2};
}

/* The color of the pixel at an index in memory. The code is small where the format is a constant. */
ES_ALWAYS_INLINE struct es_color es_color_at(uint32_t format, const uint8_t *pixels, uint32_t index)
{
    const uint8_t *two = pixels + 2 * index, *three = pixels + 3 * index;
    switch (format) {
    case ES_FORMAT_RGB565:
        return es_from_rgb565(two[0] | (uint32_t)two[1] << 8);
    case ES_FORMAT_RGB565BE:
        return es_from_rgb565(two[1] | (uint32_t)two[0] << 8);
    case ES_FORMAT_GRAY:
        return (struct es_color){pixels[index], pixels[index], pixels[index]};
    case ES_FORMAT_YUYV:
        return es_from_yuv(two[0], two[index & 1 ? -1 : 1], two[index & 1 ? 1 : 3]);
    default:
        return (struct es_color){three[0], three[1], three[2]};
    }
}

#endif
