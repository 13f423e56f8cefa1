/* Decisions: match, unknown or undecided, from the best scores of people. */
#ifndef ES_DECISION_H
#define ES_DECISION_H

#include <stdbool.h>
#include <stdint.h>

#include "es_constants.h"

#define ES_NOBODY 0xFFFFFFFFu

struct es_decision {
    enum es_outcome outcome;
    enum es_reason reason;
    uint32_t person;                 /* index of the matched person, or ES_NOBODY */
    bool has_score, has_margin;      /* whether anybody, and a second person, was compared */
    int32_t score, margin;           /* Q15 */
    int32_t threshold;               /* Q15; counts only when it was applied: not for undecided faces that were not compared */
};

/* The two best of the scores given so far. */
struct es_ranking {
    uint32_t people, best_person;
    int32_t best, runner_up;
};

void es_ranking_clear(struct es_ranking *ranking);

/* Takes the score of the next person. The first of equal scores stays the best. */
void es_ranking_add(struct es_ranking *ranking, int32_t score);

/* The decision at a threshold. Two people who both reach it and are less than ES_MIN_MARGIN apart are ambiguous. */
struct es_decision es_decide(const struct es_ranking *ranking, int32_t threshold);

/* A decision without a comparison. */
struct es_decision es_undecided(enum es_reason reason);

/* The decision, but undecided instead of unknown where the face gives a reason for doubt. ES_REASON_OK is none. */
struct es_decision es_doubted(struct es_decision decision, enum es_reason doubt);

#endif
