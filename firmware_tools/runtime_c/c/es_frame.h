/* Camera frames, in the format of the camera, seen upright or turned. */
#ifndef ES_FRAME_H
#define ES_FRAME_H

#include <stdint.h>

#include "es_constants.h"

struct es_frame {
    const uint8_t *pixels;
    uint16_t width, height; /* in memory; both multiples of 8, at most 2048 */
    uint8_t format;         /* an es_format: 5-6-5 bits with red highest, either byte first; YUV 4:2:2 of BT.601, limited range */
    uint8_t turn;           /* quarter turns counterclockwise in which the frame is seen */
};

/* Width and height as seen. */
uint16_t es_frame_width(const struct es_frame *frame);
uint16_t es_frame_height(const struct es_frame *frame);

/* Red, green and blue of the pixel at x, y as seen, which must be inside. */
void es_frame_pixel(const struct es_frame *frame, uint32_t x, uint32_t y, uint8_t *rgb);

#endif
