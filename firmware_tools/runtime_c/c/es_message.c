#include "es_message.h"

#include "es_bytes.h"
#include "es_crc32.h"

#define FULL_BLOCK 255

void es_message_begin(struct es_message *message, enum es_message_kind kind, uint16_t number)
{
    message->bytes[0] = ES_PROTOCOL_VERSION;
    message->bytes[1] = (uint8_t)kind;
    es_put_u16(message->bytes + 2, number);
    message->size = ES_MESSAGE_HEAD;
}

void es_message_u8(struct es_message *message, uint32_t value)
{
    if (message->size < ES_MESSAGE_HEAD + ES_MAX_PAYLOAD)
        message->bytes[message->size++] = (uint8_t)value;
}

void es_message_u16(struct es_message *message, uint32_t value)
{
    es_message_u8(message, value);
    es_message_u8(message, value >> 8);
}

void es_message_u32(struct es_message *message, uint32_t value)
{
    es_message_u16(message, value);
    es_message_u16(message, value >> 16);
}

void es_message_bytes(struct es_message *message, const void *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        es_message_u8(message, ((const uint8_t *)bytes)[i]);
}

uint32_t es_message_encode(struct es_message *message, uint8_t *to)
{
    uint32_t size = message->size, written = 0, block;
    es_put_u32(message->bytes + size, es_crc32(0, message->bytes, size));
    to[written++] = 0;
    block = written++;
    to[block] = 1;
    for (uint32_t i = 0; i < size + 4; i++) {
        if (to[block] == FULL_BLOCK) {
            block = written++;
            to[block] = 1;
        }
        if (message->bytes[i]) {
            to[written++] = message->bytes[i];
            to[block]++;
        } else {
            block = written++;
            to[block] = 1;
        }
    }
    to[written++] = 0;
    return written;
}

static void put(struct es_receiver *receiver, uint8_t byte)
{
    if (receiver->size == ES_MESSAGE_MAX)
        receiver->broken = true;
    else
        receiver->message.bytes[receiver->size++] = byte;
}

/* Whether the bytes between two zeros are a message of this version. */
static bool finish(struct es_receiver *receiver)
{
    uint32_t size = receiver->size;
    bool empty = size == 0 && receiver->code == 0 && !receiver->broken;
    bool whole = !receiver->broken && receiver->left == 0 && size >= ES_MESSAGE_HEAD + 4;
    const uint8_t *bytes = receiver->message.bytes;
    bool good = whole && es_crc32(0, bytes, size - 4) == es_u32(bytes + size - 4) && bytes[0] == ES_PROTOCOL_VERSION;
    receiver->message.size = good ? size - 4 : 0;
    receiver->rejected += !good && !empty;
    receiver->code = receiver->left = receiver->size = 0;
    receiver->broken = false;
    return good;
}

bool es_receive(struct es_receiver *receiver, uint8_t byte)
{
    if (byte == 0)
        return finish(receiver);
    if (receiver->left) {
        put(receiver, byte);
        receiver->left--;
        return false;
    }
    if (receiver->code && receiver->code != FULL_BLOCK)
        put(receiver, 0);
    receiver->code = byte;
    receiver->left = byte - 1u;
    return false;
}
