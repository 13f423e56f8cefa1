/* A frame scaled to fit the detector's input, padded on the right and at the bottom. */
#ifndef ES_LETTERBOX_H
#define ES_LETTERBOX_H

#include <stdbool.h>

#include "es_frame.h"

struct es_letterbox {
    const struct es_frame *frame;
    uint16_t width, height;               /* of the input */
    uint16_t fitted_width, fitted_height; /* of the frame in it */
    uint32_t scale_to, scale_from;        /* the scale is scale_to / scale_from */
    bool mirrored;                        /* rows are given from right to left */
};

void es_letterbox_fit(struct es_letterbox *box, const struct es_frame *frame, uint16_t width, uint16_t height);

/* Writes a row of the input: width * 3 values of pixel - 128. */
void es_letterbox_row(const struct es_letterbox *box, uint32_t row, int8_t *to);

/* A position of the input as one of the frame, and a length; in units of 1/65536 pixel. */
int32_t es_letterbox_position(const struct es_letterbox *box, int32_t position);
int32_t es_letterbox_length(const struct es_letterbox *box, int32_t length);

#endif
