/* The runtime behind flat functions, for Python, for a program that reads its input, and for libFuzzer. */
#include <string.h>

#include "es_crc32.h"
#include "es_fusion.h"
#include "es_match.h"
#include "es_real.h"
#include "es_threshold.h"

static struct es_gallery gallery;
static struct es_history history;

#ifdef TWIN_TRUST
#include "twin_keys.h" /* keys and requirements; written by the test */
#else
static const struct es_trust *const requirements;
#endif
static struct es_glasses glasses;

int twin_open(const uint8_t *data, uint32_t size, const uint8_t *digest, uint32_t dimension, int32_t zero_point);
int twin_open(const uint8_t *data, uint32_t size, const uint8_t *digest, uint32_t dimension, int32_t zero_point)
{
    struct es_embedder embedder = {.dimension = (uint16_t)dimension, .zero_point = (int8_t)zero_point};
    memcpy(embedder.digest, digest, sizeof embedder.digest);
    memset(&history, 0, sizeof history);
    return (int)es_gallery_open(&gallery, data, size < 64 ? data : data + 64, size, &embedder, requirements);
}

/* Sets the glasses rule of the open gallery. */
void twin_glasses(const int8_t *direction, int32_t level, int32_t raise);
void twin_glasses(const int8_t *direction, int32_t level, int32_t raise)
{
    static int8_t kept[ES_MAX_DIMENSION];
    memcpy(kept, direction, gallery.dimension);
    glasses = (struct es_glasses){kept, es_squared_norm(kept, gallery.dimension, gallery.zero_point), level, raise};
    gallery.glasses = &glasses;
}

const char *twin_name(uint32_t person);
const char *twin_name(uint32_t person) { return es_gallery_name(&gallery, person); }

static void put(const struct es_decision *decision, int32_t *to)
{
    const int32_t values[] = {
        (int32_t)decision->outcome, (int32_t)decision->reason, (int32_t)decision->person, decision->has_score,
        decision->score, decision->has_margin, decision->margin, decision->threshold,
    };
    memcpy(to, values, sizeof values);
}

void twin_observe(const int8_t *embedding, int32_t doubt, int32_t threshold, int32_t *to);
void twin_observe(const int8_t *embedding, int32_t doubt, int32_t threshold, int32_t *to)
{
    struct es_decision decision = es_observe(&history, &gallery, embedding, (enum es_reason)doubt, threshold);
    put(&decision, to);
}

void twin_decide(const int32_t *scores, uint32_t count, int32_t threshold, int32_t doubt, int32_t *to);
void twin_decide(const int32_t *scores, uint32_t count, int32_t threshold, int32_t doubt, int32_t *to)
{
    struct es_ranking ranking;
    es_ranking_clear(&ranking);
    for (uint32_t i = 0; i < count; i++)
        es_ranking_add(&ranking, scores[i]);
    struct es_decision decision = es_doubted(es_decide(&ranking, threshold), (enum es_reason)doubt);
    put(&decision, to);
}

int twin_threshold(const uint32_t *comparisons, const int16_t *thresholds, uint32_t count, uint64_t fpir, int16_t *to);
int twin_threshold(const uint32_t *comparisons, const int16_t *thresholds, uint32_t count, uint64_t fpir, int16_t *to)
{
    struct es_model_point points[64];
    for (uint32_t i = 0; i < count && i < 64; i++)
        points[i] = (struct es_model_point){comparisons[i], thresholds[i]};
    struct es_model_points model = {points, count, fpir};
    return es_threshold(&gallery, &model, to);
}

#if defined(TWIN_MAIN) || defined(TWIN_FUZZ)
/* Opens a gallery as the embedder that its header names, and decides about one of its templates. */
static int exercise(const uint8_t *data, uint32_t size, int32_t *to)
{
    static const uint8_t none[16];
    const uint8_t *digest = size < 64 ? none : data + 24;
    int verdict = twin_open(data, size, digest, size < 64 ? 1 : es_u16(data + 8), size < 64 ? 0 : (int8_t)data[11]);
    if (verdict != ES_GALLERY_OK || gallery.template_count == 0 || gallery.dimension > ES_MAX_DIMENSION)
        return verdict;
    struct es_model_points model = {0, 0, ES_REAL_ONE - ((uint64_t)10 << 52)};
    int16_t threshold = 0;
    es_threshold(&gallery, &model, &threshold);
    int8_t values[ES_MAX_DIMENSION];
    memset(values, 5, sizeof values);
    memcpy(values, es_gallery_template(&gallery, 0), es_gallery_template_size(&gallery));
    for (int32_t look = 0; look < 9; look++)
        twin_observe(values, look % 3 ? ES_REASON_OK : ES_REASON_BLURRED, threshold, to);
    return verdict;
}
#endif

#ifdef TWIN_MAIN
#include <stdio.h>
#include <stdlib.h>

/* Sizes and galleries on the standard input; a verdict and a decision on a line each. */
int main(void)
{
    uint32_t size;
    while (fread(&size, 4, 1, stdin) == 1) {
        uint8_t *data = malloc(size ? size : 1); /* of this size, so that the sanitizer sees what reads beyond it */
        int32_t decision[8] = {0};
        if (!data || fread(data, 1, size, stdin) != size)
            return 1;
        printf("%d", exercise(data, size, decision));
        for (int i = 0; i < 8; i++)
            printf(" %d", (int)decision[i]);
        printf("\n");
        free(data);
    }
    return 0;
}
#endif

#ifdef TWIN_FUZZ
#include <stdlib.h>

static void put_crc(uint8_t *at, uint32_t crc)
{
    for (int i = 0; i < 4; i++)
        at[i] = (uint8_t)(crc >> 8 * i);
}

/* The first byte says whether the CRCs are mended, so that mutations reach what is behind them. */
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size < 1)
        return 0;
    uint8_t *data = malloc(size);
    uint32_t length = (uint32_t)size - 1;
    int32_t decision[8];
    memcpy(data, input + 1, length);
    if (length >= 64 && input[0]) {
        uint32_t payload = es_u32(data + 40), rest = length - 64;
        put_crc(data + 44, es_crc32(0, data + 64, payload < rest ? payload : rest));
        put_crc(data + 60, es_crc32(0, data, 60));
    }
    exercise(data, length, decision);
    free(data);
    return 0;
}
#endif
