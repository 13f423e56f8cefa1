/* The operating point: which threshold a gallery of this size needs. */
#ifndef ES_THRESHOLD_H
#define ES_THRESHOLD_H

#include "es_gallery.h"

/* An operating point of the embedder: it is strict enough for up to so many comparisons. The strictest one comes first. */
struct es_model_point {
    uint32_t comparisons;
    int16_t threshold;
};

struct es_model_points {
    const struct es_model_point *points;
    uint32_t count;
    uint64_t target_fpir; /* a double: the accepted rate of strangers who are named */
};

/* The threshold of the loosest operating point that is strict enough, else of the strictest: the gallery's own points if
 * it has any, which were measured on people, or the model's, measured on single photos. False where there are none. */
bool es_threshold(const struct es_gallery *gallery, const struct es_model_points *model, int16_t *threshold);

#endif
