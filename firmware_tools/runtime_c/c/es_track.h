/* The face that is followed over frames: the largest one, as long as its box overlaps that of the frame before. */
#ifndef ES_TRACK_H
#define ES_TRACK_H

#include "es_engine.h"

struct es_track {
    struct es_history history;
    int32_t box[4]; /* in the last frame; a width of 0 without one */
};

void es_track_clear(struct es_track *track);

/* Adds a look and writes the decision over all kept looks; a rejected face is no look. Returns how many are kept. */
uint32_t es_track_observe(
    struct es_track *track, const struct es_sample *sample, const struct es_gallery *gallery, int32_t threshold,
    struct es_decision *decision);

#endif
