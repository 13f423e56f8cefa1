/* Frames that are turned by quarter turns. */
#ifndef ES_ORIENTATION_H
#define ES_ORIENTATION_H

#include <stdbool.h>

#include "es_face.h"
#include "es_frame.h"

/* The highest score of the faces; 0 without any. */
uint32_t es_confidence(const struct es_faces *faces);

/* Whether the faces of a turned frame are so much better than those of the frame as it is that the frame is turned. */
bool es_is_turned(bool found_upright, uint32_t upright, uint32_t turned);

/* Maps the faces of a frame seen with `turn` quarter turns to the frame without them. */
void es_turn_back(struct es_faces *faces, uint8_t turn, const struct es_frame *frame);

#endif
