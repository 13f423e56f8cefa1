/* From a frame to the people on it: detection, orientation, alignment, quality, embedding and decision. */
#ifndef ES_ENGINE_H
#define ES_ENGINE_H

#include "es_crop.h"
#include "es_decision.h"
#include "es_detector.h"
#include "es_fusion.h"
#include "es_gallery.h"
#include "es_quality.h"
#include "es_threshold.h"

/* Writes one row of a network's input: int8 values of red, green and blue for each pixel. */
typedef void es_row_reader(const void *source, uint32_t row, int8_t *to);

/* The generated networks, and what their cards say. */
struct es_networks {
    void (*detect)(es_row_reader *read, const void *source, struct es_grid_output *outputs);
    const int8_t *(*embed)(es_row_reader *read, const void *source);
    const struct es_detector *detector;
    const struct es_embedder *embedder;
    const struct es_model_points *points;
    uint32_t detector_crc, embedder_crc; /* of the outputs for the input of the self-test, as the reference kernels compute them */
    bool average_flip;    /* an embedding is the mean over the crop and its mirror image */
    bool any_orientation; /* frames may be turned: all four orientations are tried where the face is in doubt */
};

/* One face of a frame. */
struct es_sample {
    struct es_face face;
    uint8_t turn; /* quarter turns counterclockwise that make the frame upright */
    struct es_quality quality;
    int8_t embedding[ES_MAX_DIMENSION]; /* where the quality does not reject the face */
};

/* Memory for one frame; the networks have their own. */
struct es_engine {
    const struct es_networks *networks;
    void (*after_run)(void); /* called behind every run of a network: for the watchdog; may be 0 */
    struct es_candidates candidates;
    struct es_faces faces, turned;
    uint8_t turn;
    bool doubtful_turn;
};

/* Finds the faces of a frame, largest first, in the frame's own orientation: `engine->faces`, `turn`, `doubtful_turn`. */
void es_find_faces(struct es_engine *engine, const struct es_frame *frame);

/* Measures and embeds one of the faces found. */
void es_sample_face(struct es_engine *engine, const struct es_frame *frame, uint32_t index, struct es_sample *sample);

/* Decides about one sample: undecided where it is rejected. */
struct es_decision es_identify(const struct es_sample *sample, const struct es_gallery *gallery, int32_t threshold);

#endif
