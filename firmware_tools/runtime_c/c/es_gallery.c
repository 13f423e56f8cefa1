#include "es_gallery.h"

#include "es_crc32.h"
#include "es_match.h"
#include "es_real.h"
#include "es_text.h"

#define FIELD(at, record, field) ((at) + offsetof(struct esg_##record, field))
#define HEADER_SIZE ((uint32_t)sizeof(struct esg_header))
#define SECTION_SIZE ((uint32_t)sizeof(struct esg_section))
#define IDENTITY_SIZE ((uint32_t)sizeof(struct esg_identity))
#define POINT_SIZE ((uint32_t)sizeof(struct esg_operating_point))
#define SIGNATURE_SIZE ((uint32_t)sizeof(struct esg_signature))
#define PAYLOAD_SECTIONS (ESG_METADATA + 1)
#define SIGNATURES PAYLOAD_SECTIONS /* where the trailer's section is kept */

typedef enum es_gallery_verdict verdict;

struct section {
    const uint8_t *value; /* 0 when there is none */
    uint32_t length;
};

/* What one opening knows: the bytes behind the header, and the sections found in them. */
struct reader {
    const uint8_t *rest;
    uint32_t size, payload;
    struct section sections[SIGNATURES + 1];
};

/* Whether the templates are of a known type, which suits their dimension and zero point. */
static bool is_type(const uint8_t *header)
{
    int32_t zero_point = (int8_t)*FIELD(header, header, zero_point), farthest = (int32_t)ESG_FARTHEST_ZERO_POINT;
    if (*FIELD(header, header, dtype) != ESG_INT4)
        return *FIELD(header, header, dtype) == ESG_INT8;
    return es_u16(FIELD(header, header, dimension)) % 2 == 0 && zero_point >= -farthest && zero_point <= farthest;
}

static verdict check_header(const uint8_t *header, uint32_t size)
{
    for (uint32_t i = 0; i < 4; i++)
        if (i >= size || header[i] != (uint8_t)ESG_MAGIC[i])
            return ES_GALLERY_NO_GALLERY;
    if (size < HEADER_SIZE)
        return ES_GALLERY_TRUNCATED;
    if (es_crc32(0, header, offsetof(struct esg_header, header_crc)) != es_u32(FIELD(header, header, header_crc)))
        return ES_GALLERY_HEADER_CRC;
    uint16_t version = es_u16(FIELD(header, header, version));
    if (version != ESG_VERSION)
        return version > ESG_VERSION ? ES_GALLERY_NEWER : ES_GALLERY_VERSION;
    uint16_t flags = es_u16(FIELD(header, header, flags));
    if (flags)
        return flags == ESG_ENCRYPTED ? ES_GALLERY_ENCRYPTED : ES_GALLERY_FLAGS;
    if (!is_type(header))
        return ES_GALLERY_TYPE;
    if (!es_all(FIELD(header, header, zero), sizeof ((struct esg_header *)0)->zero, 0))
        return ES_GALLERY_RESERVED;
    if (es_u16(FIELD(header, header, dimension)) == 0)
        return ES_GALLERY_DIMENSION;
    uint32_t payload = es_u32(FIELD(header, header, payload_length));
    if (payload % ESG_ALIGNMENT)
        return ES_GALLERY_LENGTH;
    return payload > size - HEADER_SIZE ? ES_GALLERY_TRUNCATED : ES_GALLERY_OK;
}

/* Whether a section's bytes are sound; it begins at `start`, and no section reaches beyond `end`. */
static verdict check_section(const struct reader *reader, uint32_t start, uint32_t end)
{
    const uint8_t *head = reader->rest + start;
    if (end - start < SECTION_SIZE)
        return ES_GALLERY_SECTION;
    if (!es_all(FIELD(head, section, zero), sizeof ((struct esg_section *)0)->zero, 0))
        return ES_GALLERY_RESERVED;
    if (es_u16(FIELD(head, section, flags)) & ~ESG_REQUIRED)
        return ES_GALLERY_SECTION;
    uint32_t length = es_u32(FIELD(head, section, length)), room = end - start - SECTION_SIZE;
    if (length > room || (length + ESG_ALIGNMENT - 1) / ESG_ALIGNMENT > room / ESG_ALIGNMENT)
        return ES_GALLERY_SECTION;
    uint32_t padding = ESG_SECTION_STRIDE(length) - SECTION_SIZE - length;
    return es_all(head + SECTION_SIZE + length, padding, 0) ? ES_GALLERY_OK : ES_GALLERY_SECTION;
}

/* Where a section is kept; 0 for one that this version does not know. */
static uint32_t place_of(uint16_t type, bool trailer)
{
    if (trailer)
        return type == ESG_SIGNATURES ? SIGNATURES : 0;
    return type < PAYLOAD_SECTIONS ? type : 0;
}

/* Remembers a section of the payload or the trailer. */
static verdict keep_section(struct reader *reader, const uint8_t *head, bool trailer)
{
    uint32_t place = place_of(es_u16(FIELD(head, section, type)), trailer);
    bool required = es_u16(FIELD(head, section, flags)) & ESG_REQUIRED;
    if (place == 0)
        return required ? ES_GALLERY_UNKNOWN_SECTION : ES_GALLERY_OK;
    if (required != (place <= ESG_SQUARED_NORMS))
        return ES_GALLERY_SECTION;
    struct section *section = &reader->sections[place];
    if (section->value)
        return ES_GALLERY_DUPLICATE_SECTION;
    section->value = head + SECTION_SIZE;
    section->length = es_u32(FIELD(head, section, length));
    return ES_GALLERY_OK;
}

static verdict read_sections(struct reader *reader, uint32_t start, uint32_t end, bool trailer)
{
    while (start < end) {
        uint32_t left = end - start;
        if (end == reader->size && es_all(reader->rest + start, left < SECTION_SIZE ? left : SECTION_SIZE, ESG_ERASED))
            return es_all(reader->rest + start, left, ESG_ERASED) ? ES_GALLERY_OK : ES_GALLERY_ERASED;
        verdict found = check_section(reader, start, end);
        if (found == ES_GALLERY_OK)
            found = keep_section(reader, reader->rest + start, trailer);
        if (found != ES_GALLERY_OK)
            return found;
        start += ESG_SECTION_STRIDE(es_u32(FIELD(reader->rest + start, section, length)));
    }
    return ES_GALLERY_OK;
}

static verdict read_payload(struct reader *reader, const uint8_t *header)
{
    if (es_crc32(0, reader->rest, reader->payload) != es_u32(FIELD(header, header, payload_crc)))
        return ES_GALLERY_PAYLOAD_CRC;
    verdict found = read_sections(reader, 0, reader->payload, false);
    if (found != ES_GALLERY_OK)
        return found;
    for (uint32_t type = ESG_IDENTITIES; type <= ESG_SQUARED_NORMS; type++)
        if (!reader->sections[type].value)
            return ES_GALLERY_MISSING_SECTION;
    found = read_sections(reader, reader->payload, reader->size, true);
    if (found == ES_GALLERY_OK && reader->sections[SIGNATURES].length % SIGNATURE_SIZE)
        return ES_GALLERY_SECTION;
    return found;
}

static const struct es_key *find_key(const struct es_trust *trust, const uint8_t *id)
{
    for (uint32_t i = 0; i < trust->key_count; i++)
        if (es_compare(trust->keys[i].id, sizeof trust->keys[i].id, id, sizeof trust->keys[i].id) == 0)
            return &trust->keys[i];
    return 0;
}

/* Whether trusted keys signed the gallery: every signature of one must be right, and one there must be if required. */
static verdict check_signatures(const struct reader *reader, const uint8_t *header, const struct es_trust *trust)
{
    const struct section *section = &reader->sections[SIGNATURES];
    bool trusted = false, revoked = false;
    for (uint32_t at = 0; at < section->length; at += SIGNATURE_SIZE) {
        const uint8_t *record = section->value + at;
        const struct es_key *key = find_key(trust, FIELD(record, signature, key_id));
        if (key && key->revoked) {
            revoked = true;
        } else if (key) {
            trusted = true;
            if (!trust->verify || !trust->verify(key->key, FIELD(record, signature, signature), header, reader->rest, reader->payload))
                return ES_GALLERY_SIGNATURE;
        }
    }
    if (trusted)
        return ES_GALLERY_OK;
    if (revoked)
        return ES_GALLERY_REVOKED_KEY;
    if (!trust->required)
        return ES_GALLERY_OK;
    return section->length ? ES_GALLERY_UNKNOWN_KEY : ES_GALLERY_UNSIGNED;
}

static bool is_over(uint32_t last_day, const struct es_trust *trust) { return trust && trust->today && last_day && trust->today > last_day; }

static verdict check_current(const uint8_t *header, const struct es_trust *trust)
{
    if (trust && es_u32(FIELD(header, header, sequence)) < trust->min_sequence)
        return ES_GALLERY_STALE;
    return is_over(es_u32(FIELD(header, header, retain_until)), trust) ? ES_GALLERY_EXPIRED : ES_GALLERY_OK;
}

static bool is_repeated(const uint8_t *identities, uint32_t person)
{
    const uint8_t *uuid = identities + person * IDENTITY_SIZE;
    for (uint32_t other = 0; other < person; other++)
        if (es_compare(uuid, 16, identities + other * IDENTITY_SIZE, 16) == 0)
            return true;
    return false;
}

/* One person's record and name; `*offset` is where the name must begin, and then where the next one must. */
static verdict check_identity(const struct section *section, uint32_t person, uint32_t *offset)
{
    const uint8_t *record = section->value + person * IDENTITY_SIZE;
    uint32_t length = es_u32(FIELD(record, identity, name_length));
    if (!es_all(FIELD(record, identity, zero), sizeof ((struct esg_identity *)0)->zero, 0))
        return ES_GALLERY_RESERVED;
    if (es_u32(FIELD(record, identity, name_offset)) != *offset || length >= section->length - *offset)
        return ES_GALLERY_IDENTITIES;
    const uint8_t *name = section->value + *offset;
    if (name[length])
        return ES_GALLERY_IDENTITIES;
    if (length > ES_LONGEST_NAME || !es_is_name(name, length))
        return ES_GALLERY_NAME;
    if (person) {
        uint32_t before = es_u32(FIELD(record - IDENTITY_SIZE, identity, name_offset));
        if (es_compare(section->value + before, *offset - before - 1, name, length) >= 0)
            return ES_GALLERY_NAME;
    }
    *offset += length + 1;
    return is_repeated(section->value, person) ? ES_GALLERY_IDENTITIES : ES_GALLERY_OK;
}

static verdict check_identities(const struct section *section, uint32_t people)
{
    if (people > section->length / IDENTITY_SIZE)
        return ES_GALLERY_IDENTITIES;
    uint32_t offset = people * IDENTITY_SIZE;
    for (uint32_t person = 0; person < people; person++) {
        if (offset >= section->length)
            return ES_GALLERY_IDENTITIES;
        verdict found = check_identity(section, person, &offset);
        if (found != ES_GALLERY_OK)
            return found;
    }
    return offset == section->length ? ES_GALLERY_OK : ES_GALLERY_IDENTITIES;
}

static uint32_t squared_norm(const struct es_gallery *gallery, uint32_t which)
{
    const uint8_t *values = es_gallery_template(gallery, which);
    if (gallery->packed)
        return es_squared_norm_packed(values, gallery->dimension);
    return es_squared_norm((const int8_t *)values, gallery->dimension, gallery->zero_point);
}

static verdict check_templates(const struct reader *reader, const struct es_gallery *gallery)
{
    uint32_t count = gallery->template_count;
    if ((uint64_t)count * es_gallery_template_size(gallery) != reader->sections[ESG_TEMPLATES].length)
        return ES_GALLERY_TEMPLATES;
    if ((uint64_t)count * 4 != reader->sections[ESG_SQUARED_NORMS].length)
        return ES_GALLERY_NORMS;
    for (uint32_t i = 0; i < count; i++)
        if (squared_norm(gallery, i) != es_gallery_norm(gallery, i))
            return ES_GALLERY_NORMS;
    return ES_GALLERY_OK;
}

/* The index of each template's person rises from 0 to the last person without a gap. */
static verdict check_index(const struct section *section, const struct es_gallery *gallery)
{
    if ((uint64_t)gallery->template_count * 4 != section->length)
        return ES_GALLERY_INDEX;
    uint32_t people = 0;
    for (uint32_t i = 0; i < gallery->template_count; i++) {
        uint32_t person = es_u32(section->value + 4 * i);
        if (person == people)
            people++;
        else if (people == 0 || person != people - 1)
            return ES_GALLERY_INDEX;
    }
    return people == gallery->people ? ES_GALLERY_OK : ES_GALLERY_INDEX;
}

static bool is_sound_point(const uint8_t *point)
{
    return es_real_inside(es_u64(FIELD(point, operating_point, target_fmr))) &&
           es_real_rate(es_u64(FIELD(point, operating_point, fmr_upper_95))) &&
           es_real_rate(es_u64(FIELD(point, operating_point, fnmr))) &&
           es_u16(FIELD(point, operating_point, evidence)) <= 1 &&
           es_all(FIELD(point, operating_point, zero_tail), sizeof ((struct esg_operating_point *)0)->zero_tail, 0);
}

static verdict check_points(const struct section *section)
{
    if (section->length % POINT_SIZE)
        return ES_GALLERY_POINTS;
    uint64_t before = 0;
    for (uint32_t at = 0; at < section->length; at += POINT_SIZE) {
        uint64_t rate = es_u64(FIELD(section->value + at, operating_point, target_fmr));
        if (!is_sound_point(section->value + at) || rate <= before)
            return ES_GALLERY_POINTS;
        before = rate;
    }
    return ES_GALLERY_OK;
}

static void fill(struct es_gallery *gallery, const struct reader *reader, const uint8_t *header)
{
    *gallery = (struct es_gallery){
        .identities = reader->sections[ESG_IDENTITIES].value,
        .templates = reader->sections[ESG_TEMPLATES].value,
        .identity_index = reader->sections[ESG_IDENTITY_INDEX].value,
        .squared_norms = reader->sections[ESG_SQUARED_NORMS].value,
        .operating_points = reader->sections[ESG_OPERATING_POINTS].value,
        .people = es_u32(FIELD(header, header, identities)),
        .template_count = es_u32(FIELD(header, header, templates)),
        .point_count = reader->sections[ESG_OPERATING_POINTS].length / POINT_SIZE,
        .sequence = es_u32(FIELD(header, header, sequence)),
        .dimension = es_u16(FIELD(header, header, dimension)),
        .zero_point = (int8_t)*FIELD(header, header, zero_point),
        .packed = *FIELD(header, header, dtype) == ESG_INT4,
    };
}

static bool is_of(const uint8_t *header, const struct es_embedder *embedder)
{
    return es_compare(FIELD(header, header, embedder_digest), 16, embedder->digest, 16) == 0 &&
           es_u16(FIELD(header, header, dimension)) == embedder->dimension &&
           (int8_t)*FIELD(header, header, zero_point) == embedder->zero_point;
}

verdict es_gallery_open(
    struct es_gallery *gallery, const uint8_t *header, const uint8_t *rest, uint32_t size, const struct es_embedder *embedder,
    const struct es_trust *trust)
{
    verdict found = check_header(header, size);
    if (found != ES_GALLERY_OK)
        return found;
    struct reader reader = {.rest = rest, .size = size - HEADER_SIZE, .payload = es_u32(FIELD(header, header, payload_length))};
    found = read_payload(&reader, header);
    if (found == ES_GALLERY_OK && trust)
        found = check_signatures(&reader, header, trust);
    if (found != ES_GALLERY_OK)
        return found;
    fill(gallery, &reader, header);
    gallery->trust = trust;
    gallery->glasses = embedder->glasses;
    const verdict checks[] = {
        check_identities(&reader.sections[ESG_IDENTITIES], gallery->people),
        check_templates(&reader, gallery),
        check_index(&reader.sections[ESG_IDENTITY_INDEX], gallery),
        check_points(&reader.sections[ESG_OPERATING_POINTS]),
        check_current(header, trust),
        is_of(header, embedder) ? ES_GALLERY_OK : ES_GALLERY_OTHER_EMBEDDER,
    };
    for (uint32_t i = 0; i < sizeof checks / sizeof *checks; i++)
        if (checks[i] != ES_GALLERY_OK)
            return checks[i];
    return ES_GALLERY_OK;
}

const char *es_gallery_name(const struct es_gallery *gallery, uint32_t person)
{
    const uint8_t *record = gallery->identities + person * IDENTITY_SIZE;
    return (const char *)gallery->identities + es_u32(FIELD(record, identity, name_offset));
}

bool es_gallery_is_overdue(const struct es_gallery *gallery, uint32_t person)
{
    return is_over(es_u32(FIELD(gallery->identities + person * IDENTITY_SIZE, identity, retain_until)), gallery->trust);
}

int32_t es_gallery_score(const struct es_gallery *gallery, const int8_t *embedding, uint32_t norm, uint32_t which)
{
    const uint8_t *values = es_gallery_template(gallery, which);
    uint32_t own = es_gallery_norm(gallery, which), dimension = gallery->dimension;
    if (gallery->packed)
        return es_score_packed(embedding, norm, values, own, dimension, gallery->zero_point);
    return es_score(embedding, norm, (const int8_t *)values, own, dimension, gallery->zero_point);
}

uint32_t es_gallery_person_end(const struct es_gallery *gallery, uint32_t first)
{
    uint32_t person = es_u32(gallery->identity_index + 4 * first), end = first + 1;
    while (end < gallery->template_count && es_u32(gallery->identity_index + 4 * end) == person)
        end++;
    return end;
}
