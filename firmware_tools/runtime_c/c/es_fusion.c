#include "es_fusion.h"

#include <string.h>

#include "es_match.h"

static bool has_glasses(const struct es_gallery *gallery, const int8_t *embedding, uint32_t norm)
{
    const struct es_glasses *rule = gallery->glasses;
    return rule && es_score(embedding, norm, rule->direction, rule->norm, gallery->dimension, gallery->zero_point) >= rule->level;
}

static bool template_has_glasses(const struct es_gallery *gallery, uint32_t template)
{
    const struct es_glasses *rule = gallery->glasses;
    return rule && es_gallery_score(gallery, rule->direction, rule->norm, template) >= rule->level;
}

/* The score of a kept embedding with a template, lowered where both have glasses. */
static int32_t template_score(const struct es_gallery *gallery, const struct es_history *history, uint32_t look, uint32_t template)
{
    int32_t score = es_gallery_score(gallery, history->embeddings[look], history->norms[look], template);
    if (!history->glasses[look] || !template_has_glasses(gallery, template))
        return score;
    score -= gallery->glasses->raise;
    return score > ES_NO_SCORE ? score : ES_NO_SCORE;
}

/* The best score of a kept embedding with a person's templates, from `first` up to `end`. */
static int32_t person_score(
    const struct es_gallery *gallery, const struct es_history *history, uint32_t look, uint32_t first, uint32_t end)
{
    int32_t best = ES_NO_SCORE;
    for (uint32_t i = first; i < end; i++) {
        int32_t score = template_score(gallery, history, look, i);
        if (score > best)
            best = score;
    }
    return best;
}

static int32_t floor_mean(int64_t sum, int32_t count)
{
    int64_t mean = sum / count;
    return (int32_t)(mean - (sum % count < 0));
}

/* Decides from the kept faces, or from those without a doubt only. */
static struct es_decision decide_from(
    const struct es_history *history, const struct es_gallery *gallery, int32_t threshold, bool without_doubt)
{
    struct es_ranking ranking;
    es_ranking_clear(&ranking);
    for (uint32_t first = 0, end; first < gallery->template_count; first = end) {
        int64_t sum = 0;
        int32_t count = 0;
        end = es_gallery_person_end(gallery, first);
        for (uint32_t i = 0; i < history->count; i++) {
            if (without_doubt && history->doubts[i] != ES_REASON_OK)
                continue;
            sum += person_score(gallery, history, i, first, end);
            count++;
        }
        es_ranking_add(&ranking, floor_mean(sum, count));
    }
    struct es_decision decision = es_decide(&ranking, threshold);
    if (decision.person != ES_NOBODY && es_gallery_is_overdue(gallery, decision.person)) {
        decision.outcome = ES_OUTCOME_UNDECIDED;
        decision.reason = ES_REASON_OVERDUE;
        decision.person = ES_NOBODY;
    }
    return decision;
}

static uint32_t without_doubt(const struct es_history *history)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < history->count; i++)
        count += history->doubts[i] == ES_REASON_OK;
    return count;
}

static enum es_reason last_doubt(const struct es_history *history)
{
    enum es_reason doubt = ES_REASON_OK;
    for (uint32_t i = 0; i < history->count; i++)
        if (history->doubts[i] != ES_REASON_OK)
            doubt = history->doubts[i];
    return doubt;
}

struct es_decision es_decide_again(const struct es_history *history, const struct es_gallery *gallery, int32_t threshold)
{
    struct es_decision decision = decide_from(history, gallery, threshold, false);
    uint32_t good = without_doubt(history);
    if (decision.outcome != ES_OUTCOME_UNKNOWN || good == history->count)
        return decision;
    if (good && decide_from(history, gallery, threshold, true).outcome == ES_OUTCOME_UNKNOWN)
        return decision;
    return es_doubted(decision, last_doubt(history));
}

static void drop_first(struct es_history *history)
{
    for (uint32_t i = 1; i < history->count; i++) {
        memcpy(history->embeddings[i - 1], history->embeddings[i], ES_MAX_DIMENSION);
        history->norms[i - 1] = history->norms[i];
        history->glasses[i - 1] = history->glasses[i];
        history->doubts[i - 1] = history->doubts[i];
    }
    history->count--;
}

struct es_decision es_observe(
    struct es_history *history, const struct es_gallery *gallery, const int8_t *embedding, enum es_reason doubt, int32_t threshold)
{
    if (doubt == ES_REASON_OK && without_doubt(history) == 0)
        history->count = 0;
    if (history->count == ES_OBSERVATIONS_KEPT)
        drop_first(history);
    uint32_t last = history->count++;
    memcpy(history->embeddings[last], embedding, gallery->dimension);
    history->norms[last] = es_squared_norm(embedding, gallery->dimension, gallery->zero_point);
    history->glasses[last] = has_glasses(gallery, embedding, history->norms[last]);
    history->doubts[last] = doubt;
    return es_decide_again(history, gallery, threshold);
}
