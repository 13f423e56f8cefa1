/* The quality gate: whether a face can be compared, and whether a low score of it means an unknown person. */
#ifndef ES_QUALITY_H
#define ES_QUALITY_H

#include "es_constants.h"
#include "es_crop.h"

struct es_quality {
    enum es_reason rejection; /* ES_REASON_OK when the face can be compared */
    enum es_reason doubt;     /* ES_REASON_OK when it can be unknown; a condition that strangers can share is a doubt too */
};

/* Measures a face: its landmarks, and unless these reject it, its crop. `fitted` is what es_crop_fit returned. */
struct es_quality es_measure(const struct es_crop *crop, bool fitted, const int32_t (*landmarks)[2]);

#endif
