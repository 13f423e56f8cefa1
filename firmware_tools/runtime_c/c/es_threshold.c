#include "es_threshold.h"

#include "es_real.h"

static const uint8_t *point_of(const struct es_gallery *gallery, uint32_t index)
{
    return gallery->operating_points + index * sizeof(struct esg_operating_point);
}

static int16_t threshold_of(const uint8_t *point)
{
    return (int16_t)es_u16(point + offsetof(struct esg_operating_point, threshold));
}

static int16_t of_gallery(const struct es_gallery *gallery, uint64_t target_fpir)
{
    uint64_t required = es_real_divide(target_fpir, gallery->people ? gallery->people : 1);
    uint64_t limit = es_real_multiply(required, ES_STRICTNESS);
    uint32_t chosen = 0;
    for (uint32_t i = 1; i < gallery->point_count; i++)
        if (es_u64(point_of(gallery, i) + offsetof(struct esg_operating_point, target_fmr)) <= limit)
            chosen = i;
    return threshold_of(point_of(gallery, chosen));
}

bool es_threshold(const struct es_gallery *gallery, const struct es_model_points *model, int16_t *threshold)
{
    if (gallery->point_count) {
        *threshold = of_gallery(gallery, model->target_fpir);
        return true;
    }
    if (model->count == 0)
        return false;
    uint32_t chosen = 0;
    uint64_t comparisons = (uint64_t)gallery->template_count * ES_MATCHES_OF_A_MEAN;
    if (comparisons == 0)
        comparisons = 1;
    for (uint32_t i = 1; i < model->count; i++)
        if (comparisons <= model->points[i].comparisons)
            chosen = i;
    *threshold = model->points[chosen].threshold;
    return true;
}
