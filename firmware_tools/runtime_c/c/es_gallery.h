/* The gallery of docs/formats.md, read in place. */
#ifndef ES_GALLERY_H
#define ES_GALLERY_H

#include "es_bytes.h"
#include "es_constants.h"
#include "esg_format.h"

/* Strangers who wear alike glasses need a higher score; edge_siamese/quality/glasses.py describes the rule. */
struct es_glasses {
    const int8_t *direction; /* a face has glasses if its score with this embedding ... */
    uint32_t norm;
    int32_t level; /* ... is at least this */
    int32_t raise; /* subtracted from the score of two faces with glasses */
};

/* The embedder whose galleries are accepted. */
struct es_embedder {
    uint8_t digest[16]; /* the first bytes of the SHA-256 */
    uint16_t dimension;
    int8_t zero_point;
    const struct es_glasses *glasses; /* 0 without a rule for this embedder */
};

/* A checked gallery. Everything points into flash. */
struct es_gallery {
    const uint8_t *identities; /* records, then the names */
    const int8_t *templates;
    const uint8_t *identity_index, *squared_norms, *operating_points;
    uint32_t people, template_count, point_count, sequence;
    uint16_t dimension;
    int8_t zero_point;
    const struct es_glasses *glasses; /* of the embedder */
};

/* Checks every byte of a gallery, as the Python reader does, but for the spelling of names and for the metadata.
 *
 * header: its 64 bytes, which may lie elsewhere than the rest.
 * rest: what follows the header.
 * size: bytes of the header and of what follows it; erased flash may follow the gallery.
 * embedder: what the gallery must be made with.
 *
 * The gallery is usable only when the verdict is ES_GALLERY_OK. */
enum es_gallery_verdict es_gallery_open(
    struct es_gallery *gallery, const uint8_t *header, const uint8_t *rest, uint32_t size, const struct es_embedder *embedder);

/* A person's name, which ends with a NUL. */
const char *es_gallery_name(const struct es_gallery *gallery, uint32_t person);

/* The templates from `first` on up to the returned index belong to the person of the first one. */
uint32_t es_gallery_person_end(const struct es_gallery *gallery, uint32_t first);

static inline uint32_t es_gallery_norm(const struct es_gallery *gallery, uint32_t template)
{
    return es_u32(gallery->squared_norms + 4 * template);
}

static inline const int8_t *es_gallery_template(const struct es_gallery *gallery, uint32_t template)
{
    return gallery->templates + template * gallery->dimension;
}

#endif
