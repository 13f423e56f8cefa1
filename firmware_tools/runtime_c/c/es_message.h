/* Messages over a serial line: COBS frames between zero bytes, with a version and a CRC-32. docs/firmware.md has the table. */
#ifndef ES_MESSAGE_H
#define ES_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "es_constants.h"

#define ES_MESSAGE_HEAD 4 /* version, kind, and the number of the message */
#define ES_MESSAGE_MAX (ES_MESSAGE_HEAD + ES_MAX_PAYLOAD + 4)
#define ES_ENCODED_MAX (ES_MESSAGE_MAX + ES_MESSAGE_MAX / 254 + 3)

/* A message that is being built or was received: head, payload and, on the line, the CRC. */
struct es_message {
    uint8_t bytes[ES_MESSAGE_MAX];
    uint32_t size; /* of head and payload */
};

void es_message_begin(struct es_message *message, enum es_message_kind kind, uint16_t number);

/* Adds to the payload; what is beyond ES_MAX_PAYLOAD is left out. */
void es_message_u8(struct es_message *message, uint32_t value);
void es_message_u16(struct es_message *message, uint32_t value);
void es_message_u32(struct es_message *message, uint32_t value);
void es_message_bytes(struct es_message *message, const void *bytes, uint32_t size);

/* Writes the frame with its CRC and both zero bytes to `to`, ES_ENCODED_MAX bytes; returns its size. */
uint32_t es_message_encode(struct es_message *message, uint8_t *to);

/* Takes bytes from the line one by one. */
struct es_receiver {
    struct es_message message; /* the last one received */
    uint32_t code, left;       /* of COBS: the block's code, and how many of its bytes are missing */
    uint32_t size;             /* bytes decoded so far */
    bool broken;               /* too long, or ended within a block */
    uint32_t rejected;         /* frames that were no messages */
};

/* Whether this byte completes a message. Empty frames are skipped, broken ones counted. */
bool es_receive(struct es_receiver *receiver, uint8_t byte);

static inline uint8_t es_message_kind_of(const struct es_message *message) { return message->bytes[1]; }

static inline const uint8_t *es_message_payload(const struct es_message *message) { return message->bytes + ES_MESSAGE_HEAD; }

static inline uint32_t es_message_payload_size(const struct es_message *message) { return message->size - ES_MESSAGE_HEAD; }

#endif
