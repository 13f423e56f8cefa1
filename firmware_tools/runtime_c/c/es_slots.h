/* Two gallery slots in flash. The valid one with the higher sequence is used; an update writes the other one, header last. */
#ifndef ES_SLOTS_H
#define ES_SLOTS_H

#include "es_gallery.h"

/* The flash of a board. Slots can be read at their addresses. */
struct es_flash {
    const uint8_t *slots[2];
    uint32_t size, page; /* of a slot, and of an erase page */
    bool (*erase)(const uint8_t *page);
    bool (*write)(const uint8_t *to, const uint8_t *from, uint32_t size); /* into erased flash; 16-byte aligned */
};

struct es_slots {
    const struct es_flash *flash;
    const struct es_embedder *embedder;
    const struct es_trust *trust; /* 0 without requirements */
    struct es_gallery gallery; /* of the slot in use */
    uint32_t used;             /* 0 or 1, or ES_NO_SLOT */
    enum es_gallery_verdict verdicts[2];
    uint32_t update_length;    /* of the gallery that is being received; 0 without one */
    uint32_t page;             /* that is being written, or ES_NO_SLOT */
};

#define ES_NO_SLOT 0xFFFFFFFFu

/* Opens the slots. */
void es_slots_open(struct es_slots *slots);

/* Starts an update, or an interrupted one again. */
enum es_update_status es_update_begin(struct es_slots *slots, uint32_t length);

/* Whether a page must be sent: ES_UPDATE_SAME when it already holds bytes of this CRC, else it is erased and awaited. The
 * header's 64 bytes count as erased. */
enum es_update_status es_update_page(struct es_slots *slots, uint32_t page, uint32_t crc);

/* Writes bytes into the page that is awaited; offset and size are multiples of 16. */
enum es_update_status es_update_data(struct es_slots *slots, uint32_t offset, const uint8_t *data, uint32_t size);

/* Checks the whole gallery with this header, and writes the header. The new gallery is in use from then on. */
enum es_update_status es_update_commit(struct es_slots *slots, const uint8_t *header, enum es_gallery_verdict *verdict);

#endif
