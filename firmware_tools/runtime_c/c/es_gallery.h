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

/* Verifies an Ed25519 signature of a gallery, with the crypto library of the board's SDK; es_verify_sodium.c is an example.
 *
 * key: 32 bytes.
 * signature: 64 bytes, of a message of 48 bytes: the 16 of ESG_SIGNATURE_PREFIX, and the SHA-256 of header and payload.
 * header: 64 bytes, which may lie elsewhere than the payload.
 * payload, size: what follows the header. */
typedef bool (*es_verify_fn)(
    const uint8_t *key, const uint8_t *signature, const uint8_t *header, const uint8_t *payload, uint32_t size);

/* A public key, and what becomes of the galleries that it signed. */
struct es_key {
    uint8_t id[16]; /* the first bytes of the key's SHA-256 */
    uint8_t key[32];
    bool revoked;
};

/* What a board requires of a gallery besides being whole. */
struct es_trust {
    es_verify_fn verify;
    const struct es_key *keys;
    uint32_t key_count;
    bool required;         /* whether a gallery without a signature of a trusted key is rejected */
    uint32_t min_sequence; /* the lowest accepted; a board keeps the highest it has seen */
    uint32_t today;        /* days since 1970-01-01; 0 without a clock */
};

/* A checked gallery. Everything points into flash. */
struct es_gallery {
    const uint8_t *identities; /* records, then the names */
    const uint8_t *templates; /* int8, or packed as es_match.h says */
    const uint8_t *identity_index, *squared_norms, *operating_points;
    uint32_t people, template_count, point_count, sequence;
    uint16_t dimension;
    int8_t zero_point;
    bool packed; /* whether the templates have 4 bits */
    const struct es_glasses *glasses; /* of the embedder */
    const struct es_trust *trust; /* 0 without requirements */
};

/* Checks every byte of a gallery, as the Python reader does, but for the spelling of names and for the metadata.
 *
 * header: its 64 bytes, which may lie elsewhere than the rest.
 * rest: what follows the header.
 * size: bytes of the header and of what follows it; erased flash may follow the gallery.
 * embedder: what the gallery must be made with.
 * trust: what else is required; 0 for nothing.
 *
 * The gallery is usable only when the verdict is ES_GALLERY_OK. */
enum es_gallery_verdict es_gallery_open(
    struct es_gallery *gallery, const uint8_t *header, const uint8_t *rest, uint32_t size, const struct es_embedder *embedder,
    const struct es_trust *trust);

/* A person's name, which ends with a NUL. */
const char *es_gallery_name(const struct es_gallery *gallery, uint32_t person);

/* Whether the person's last day is over. Never without a clock. */
bool es_gallery_is_overdue(const struct es_gallery *gallery, uint32_t person);

/* The templates from `first` on up to the returned index belong to the person of the first one. */
uint32_t es_gallery_person_end(const struct es_gallery *gallery, uint32_t first);

static inline uint32_t es_gallery_norm(const struct es_gallery *gallery, uint32_t which)
{
    return es_u32(gallery->squared_norms + 4 * which);
}

/* Bytes of a template. */
static inline uint32_t es_gallery_template_size(const struct es_gallery *gallery)
{
    return gallery->packed ? gallery->dimension / 2u : gallery->dimension;
}

static inline const uint8_t *es_gallery_template(const struct es_gallery *gallery, uint32_t which)
{
    return gallery->templates + which * es_gallery_template_size(gallery);
}

/* The score of an embedding and a template. */
int32_t es_gallery_score(const struct es_gallery *gallery, const int8_t *embedding, uint32_t norm, uint32_t which);

#endif
