#include "es_slots.h"

#include "es_crc32.h"

#define HEADER_SIZE ((uint32_t)sizeof(struct esg_header))

/* Whether a sequence number is later; it may overflow. */
static bool is_later(uint32_t sequence, uint32_t than) { return (int32_t)(sequence - than) > 0; }

void es_slots_open(struct es_slots *slots)
{
    const struct es_flash *flash = slots->flash;
    struct es_gallery galleries[2];
    slots->used = ES_NO_SLOT;
    slots->update_length = 0;
    slots->page = ES_NO_SLOT;
    for (uint32_t i = 0; i < 2; i++) {
        const uint8_t *slot = flash->slots[i];
        slots->verdicts[i] = es_gallery_open(&galleries[i], slot, slot + HEADER_SIZE, flash->size, slots->embedder, slots->trust);
        if (slots->verdicts[i] != ES_GALLERY_OK)
            continue;
        if (slots->used == ES_NO_SLOT || is_later(galleries[i].sequence, galleries[slots->used].sequence))
            slots->used = i;
    }
    if (slots->used != ES_NO_SLOT)
        slots->gallery = galleries[slots->used];
}

static const uint8_t *target(const struct es_slots *slots) { return slots->flash->slots[slots->used == 0]; }

enum es_update_status es_update_begin(struct es_slots *slots, uint32_t length)
{
    slots->update_length = 0;
    slots->page = ES_NO_SLOT;
    if (length <= HEADER_SIZE || length % ESG_ALIGNMENT || length > slots->flash->size)
        return ES_UPDATE_TOO_LARGE;
    slots->update_length = length;
    return ES_UPDATE_READY;
}

/* The CRC of a page as the host computes it: with the header's bytes erased. */
static uint32_t page_crc(const struct es_slots *slots, uint32_t page)
{
    static const uint8_t erased[ESG_ALIGNMENT] = {255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255};
    uint32_t size = slots->flash->page, skipped = 0, crc = 0;
    const uint8_t *at = target(slots) + page * size;
    for (; page * size + skipped < HEADER_SIZE && skipped < size; skipped += ESG_ALIGNMENT)
        crc = es_crc32(crc, erased, ESG_ALIGNMENT);
    return es_crc32(crc, at + skipped, size - skipped);
}

enum es_update_status es_update_page(struct es_slots *slots, uint32_t page, uint32_t crc)
{
    uint32_t size = slots->flash->page;
    const uint8_t *at = target(slots) + page * size;
    slots->page = ES_NO_SLOT;
    if (slots->update_length == 0 || page >= slots->flash->size / size)
        return ES_UPDATE_UNEXPECTED;
    bool has_header = page * size < HEADER_SIZE && !es_all(at, size < HEADER_SIZE ? size : HEADER_SIZE, ESG_ERASED);
    if (!has_header && page_crc(slots, page) == crc)
        return ES_UPDATE_SAME;
    if (!slots->flash->erase(at))
        return ES_UPDATE_FLASH_FAILED;
    slots->page = page;
    return ES_UPDATE_WANTED;
}

enum es_update_status es_update_data(struct es_slots *slots, uint32_t offset, const uint8_t *data, uint32_t size)
{
    uint32_t page = slots->flash->page;
    bool inside = slots->page != ES_NO_SLOT && offset / page == slots->page && size <= page - offset % page;
    if (!inside || offset % ESG_ALIGNMENT || size % ESG_ALIGNMENT || offset < HEADER_SIZE)
        return ES_UPDATE_UNEXPECTED;
    return slots->flash->write(target(slots) + offset, data, size) ? ES_UPDATE_WRITTEN : ES_UPDATE_FLASH_FAILED;
}

enum es_update_status es_update_commit(struct es_slots *slots, const uint8_t *header, enum es_gallery_verdict *verdict)
{
    struct es_gallery gallery;
    const uint8_t *slot = target(slots);
    *verdict = ES_GALLERY_OK;
    if (slots->update_length == 0)
        return ES_UPDATE_UNEXPECTED;
    *verdict = es_gallery_open(&gallery, header, slot + HEADER_SIZE, slots->flash->size, slots->embedder, slots->trust);
    if (*verdict != ES_GALLERY_OK)
        return ES_UPDATE_REJECTED;
    if (slots->used != ES_NO_SLOT && !is_later(gallery.sequence, slots->gallery.sequence))
        return ES_UPDATE_OLDER;
    if (!es_all(slot, HEADER_SIZE, ESG_ERASED) || !slots->flash->write(slot, header, HEADER_SIZE))
        return ES_UPDATE_FLASH_FAILED;
    es_slots_open(slots);
    return es_all(slot, HEADER_SIZE, ESG_ERASED) ? ES_UPDATE_FLASH_FAILED : ES_UPDATE_COMMITTED;
}
