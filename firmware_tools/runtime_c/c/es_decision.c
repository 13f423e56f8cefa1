#include "es_decision.h"

void es_ranking_clear(struct es_ranking *ranking)
{
    *ranking = (struct es_ranking){.best_person = ES_NOBODY, .best = ES_NO_SCORE, .runner_up = ES_NO_SCORE};
}

void es_ranking_add(struct es_ranking *ranking, int32_t score)
{
    if (ranking->people == 0 || score > ranking->best) {
        if (ranking->people)
            ranking->runner_up = ranking->best;
        ranking->best = score;
        ranking->best_person = ranking->people;
    } else if (score > ranking->runner_up) {
        ranking->runner_up = score;
    }
    ranking->people++;
}

struct es_decision es_decide(const struct es_ranking *ranking, int32_t threshold)
{
    struct es_decision decision = {
        .outcome = ES_OUTCOME_UNKNOWN,
        .reason = ES_REASON_BELOW_THRESHOLD,
        .person = ES_NOBODY,
        .has_score = ranking->people > 0,
        .has_margin = ranking->people > 1,
        .threshold = threshold,
    };
    if (decision.has_score)
        decision.score = ranking->best;
    if (decision.has_margin)
        decision.margin = ranking->best - ranking->runner_up;
    if (!decision.has_score || decision.score < threshold)
        return decision;
    bool ambiguous = decision.has_margin && ranking->runner_up >= threshold && decision.margin < ES_MIN_MARGIN;
    decision.outcome = ambiguous ? ES_OUTCOME_UNDECIDED : ES_OUTCOME_MATCH;
    decision.reason = ambiguous ? ES_REASON_AMBIGUOUS : ES_REASON_OK;
    decision.person = ambiguous ? ES_NOBODY : ranking->best_person;
    return decision;
}

struct es_decision es_undecided(enum es_reason reason)
{
    return (struct es_decision){.outcome = ES_OUTCOME_UNDECIDED, .reason = reason, .person = ES_NOBODY};
}

struct es_decision es_doubted(struct es_decision decision, enum es_reason doubt)
{
    if (doubt != ES_REASON_OK && decision.outcome == ES_OUTCOME_UNKNOWN && decision.has_score) {
        decision.outcome = ES_OUTCOME_UNDECIDED;
        decision.reason = doubt;
    }
    return decision;
}
