/* Camera frames, in the format of the camera, seen upright or turned. */
#ifndef ES_FRAME_H
#define ES_FRAME_H

#include <stdint.h>

enum es_format {
    ES_FORMAT_RGB888,
    ES_FORMAT_RGB565,    /* red in the high bits, low byte first */
    ES_FORMAT_RGB565_BE, /* high byte first, as many cameras send it */
    ES_FORMAT_GRAY,
    ES_FORMAT_YUYV, /* YUV 4:2:2 of BT.601, limited range; an even width */
};

struct es_frame {
    const uint8_t *pixels;
    uint16_t width, height; /* in memory; both multiples of 8, at most 2048 */
    uint8_t format;         /* an es_format */
    uint8_t turn;           /* quarter turns counterclockwise in which the frame is seen */
};

/* Width and height as seen. */
uint16_t es_frame_width(const struct es_frame *frame);
uint16_t es_frame_height(const struct es_frame *frame);

/* Red, green and blue of the pixel at x, y as seen, which must be inside. */
void es_frame_pixel(const struct es_frame *frame, uint32_t x, uint32_t y, uint8_t *rgb);

#endif
