#include "es_orientation.h"

#include "es_constants.h"

#define ONE ((uint64_t)1 << 24)

uint32_t es_confidence(const struct es_faces *faces)
{
    uint32_t best = 0;
    for (uint32_t i = 0; i < faces->count; i++)
        if (faces->items[i].score > best)
            best = faces->items[i].score;
    return best;
}

/* Confidences between 1e-6 and 1 - 1e-6, in units of 2^-24. */
static uint64_t inside(uint32_t score)
{
    uint64_t found = score >> 6;
    return found < 17 ? 17 : found > ONE - 17 ? ONE - 17 : found;
}

bool es_is_turned(bool found_upright, uint32_t upright, uint32_t turned)
{
    if (!found_upright)
        return turned >= ES_MIN_TURNED_SCORE;
    uint64_t before = inside(upright), after = inside(turned);
    return after * (ONE - before) * ES_ODDS_UNIT / ES_ODDS >= before * (ONE - after);
}

static void turn_point(int32_t *x, int32_t *y, uint8_t turn, int32_t right, int32_t bottom)
{
    int32_t across = *x, down = *y;
    *x = turn == 1 ? right - down : turn == 2 ? right - across : down;
    *y = turn == 1 ? across : turn == 2 ? bottom - down : bottom - across;
}

void es_turn_back(struct es_faces *faces, uint8_t turn, const struct es_frame *frame)
{
    int32_t right = (frame->width - 1) * ES_PIXEL, bottom = (frame->height - 1) * ES_PIXEL;
    for (uint32_t i = 0; i < faces->count; i++) {
        struct es_face *face = &faces->items[i];
        int32_t *box = face->box, width = box[2], height = box[3];
        turn_point(&box[0], &box[1], turn, right, bottom);
        if (turn == 1 || turn == 2)
            box[0] -= turn == 1 ? height : width;
        if (turn == 2 || turn == 3)
            box[1] -= turn == 2 ? height : width;
        box[2] = turn & 1 ? height : width;
        box[3] = turn & 1 ? width : height;
        for (uint32_t point = 0; point < ES_LANDMARKS; point++)
            turn_point(&face->landmarks[point][0], &face->landmarks[point][1], turn, right, bottom);
    }
}
