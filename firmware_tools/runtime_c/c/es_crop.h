/* The aligned crop of a face: the least-squares similarity of five landmarks onto the template, warped row by row. */
#ifndef ES_CROP_H
#define ES_CROP_H

#include <stdbool.h>

#include "es_constants.h"
#include "es_face.h"
#include "es_frame.h"

#define ES_OUT_OF_RANGE ((int64_t)1 << 36)

/* The map from a crop to its frame, of which it shows a part, and what the map says of the face. */
struct es_crop {
    const struct es_frame *frame;
    int64_t cosine, sine, x, y; /* pixel (u, v) of the crop is at (c u - s v + x, s u + c v + y), in units of 2^-28 pixel */
    uint8_t halvings;           /* how often the frame is halved first */
    int64_t squared_scale;      /* crop pixels in a frame pixel, squared, in units of 2^-16 */
    int64_t squared_misfit;     /* of the landmarks from the template, in units of 2^-16 square pixel of the crop */
};

/* The crop of a face's landmarks; false where they are in one point. */
bool es_crop_fit(struct es_crop *crop, const struct es_frame *frame, const int32_t (*landmarks)[2]);

/* Writes a row of red, green and blue, ES_CROP_SIZE pixels; black outside the frame. */
void es_crop_row(const struct es_crop *crop, uint32_t row, uint8_t *rgb);

#endif
