/* Fusion of scores over the looks at one face: the mean score of each person over the last ES_OBSERVATIONS_KEPT. */
#ifndef ES_FUSION_H
#define ES_FUSION_H

#include "es_decision.h"
#include "es_gallery.h"

#ifndef ES_MAX_DIMENSION
#define ES_MAX_DIMENSION 256
#endif

/* The embeddings of one face, oldest first. */
struct es_history {
    int8_t embeddings[ES_OBSERVATIONS_KEPT][ES_MAX_DIMENSION];
    uint32_t norms[ES_OBSERVATIONS_KEPT];
    bool glasses[ES_OBSERVATIONS_KEPT]; /* whether a face has glasses */
    enum es_reason doubts[ES_OBSERVATIONS_KEPT]; /* why a face cannot be unknown; ES_REASON_OK without a doubt */
    uint32_t count;
};

/* Adds an embedding of the gallery's dimension, at most ES_MAX_DIMENSION, and decides again. The first face without a
 * doubt replaces those with one. A history of zeros is empty. */
struct es_decision es_observe(
    struct es_history *history, const struct es_gallery *gallery, const int8_t *embedding, enum es_reason doubt, int32_t threshold);

/* Decides from the kept embeddings, of which there is at least one: for a new gallery or threshold. */
struct es_decision es_decide_again(const struct es_history *history, const struct es_gallery *gallery, int32_t threshold);

#endif
