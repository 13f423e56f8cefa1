#include "es_track.h"

#include <string.h>

#define OVERLAP_PERCENT 30

void es_track_clear(struct es_track *track)
{
    track->history.count = 0;
    memset(track->box, 0, sizeof track->box);
}

uint32_t es_track_observe(
    struct es_track *track, const struct es_sample *sample, const struct es_gallery *gallery, int32_t threshold,
    struct es_decision *decision)
{
    if (!es_overlaps(track->box, sample->face.box, OVERLAP_PERCENT))
        es_track_clear(track);
    memcpy(track->box, sample->face.box, sizeof track->box);
    if (sample->quality.rejection == ES_REASON_OK)
        *decision = es_observe(&track->history, gallery, sample->embedding, sample->quality.doubt, threshold);
    else if (track->history.count)
        *decision = es_decide_again(&track->history, gallery, threshold);
    return track->history.count;
}
