/* A face in a frame. Positions and lengths are in units of 1/65536 pixel, from the center of the top-left pixel. */
#ifndef ES_FACE_H
#define ES_FACE_H

#include <stdint.h>

#define ES_PIXEL 65536
#define ES_LANDMARKS 5

#ifndef ES_MAX_FACES
#define ES_MAX_FACES 8
#endif

struct es_face {
    uint32_t score;                     /* the detector's confidence, in units of 2^-30 */
    int32_t box[4];                     /* x, y, width, height */
    int32_t landmarks[ES_LANDMARKS][2]; /* x, y: the subject's right eye, left eye, nose, right and left mouth corner */
};

struct es_faces {
    struct es_face items[ES_MAX_FACES]; /* largest first */
    uint32_t count;
};

#endif
