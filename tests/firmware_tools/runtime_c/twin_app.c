/* The whole firmware on this machine: its board is memory, whose power can be cut at any write. */
#include <string.h>

#include "es_app.h"
#include "es_board.h"
#include "es_config.h"
#include "es_message.h"
#include "es_stack.h"

#define SENT_MAX 65536

static uint8_t flash[2][ES_SLOT_SIZE];
static const uint8_t *received, *frame;
static uint32_t received_size;
static uint8_t sent[SENT_MAX];
static uint32_t sent_size;
static int32_t operations, cut_at = -1;

/* Whether the power is still there for one more operation. */
static bool powered(void) { return cut_at < 0 || operations++ < cut_at; }

static bool erase(const uint8_t *page)
{
    uint8_t *at = (uint8_t *)page;
    if (!powered()) {
        if (operations == cut_at + 1)
            memset(at, 0xFF, ES_SLOT_PAGE / 2);
        return true;
    }
    memset(at, 0xFF, ES_SLOT_PAGE);
    return true;
}

static bool write(const uint8_t *to, const uint8_t *from, uint32_t size)
{
    uint8_t *at = (uint8_t *)to;
    bool whole = powered();
    if (!whole && operations != cut_at + 1)
        return true;
    for (uint32_t i = 0; i < (whole ? size : size / 2); i++)
        at[i] &= from[i];
    return true;
}

struct es_flash es_board_flash = {{flash[0], flash[1]}, ES_SLOT_SIZE, ES_SLOT_PAGE, erase, write};

void es_board_start(void) {}
static int32_t watchdog_calls;
void es_board_watchdog(void) { watchdog_calls++; }

int32_t twin_watchdog_calls(void);
int32_t twin_watchdog_calls(void) { return watchdog_calls; }
bool es_board_goes_on(void) { return true; }
uint32_t es_stack_size(void) { return 0; }
uint32_t es_stack_used(void) { return 0; }
int32_t es_board_receive(void) { return received_size ? (received_size--, *received++) : -1; }

bool es_board_capture(uint8_t *pixels)
{
    if (!frame)
        return false;
    memcpy(pixels, frame, ES_FRAME_BYTES);
    frame = 0;
    return true;
}

void es_board_send(const uint8_t *bytes, uint32_t size)
{
    if (sent_size + size <= SENT_MAX) {
        memcpy(sent + sent_size, bytes, size);
        sent_size += size;
    }
}

uint8_t *twin_flash(int32_t slot);
uint8_t *twin_flash(int32_t slot) { return flash[slot]; }

void twin_cut(int32_t at);
void twin_cut(int32_t at)
{
    operations = 0;
    cut_at = at;
}

int32_t twin_operations(void);
int32_t twin_operations(void) { return operations; }

void twin_boot(void);
void twin_boot(void)
{
    sent_size = 0;
    es_app_start();
}

/* Lets the firmware take bytes and a frame, or none; returns how many bytes it sent since the last call. */
uint32_t twin_step(const uint8_t *bytes, uint32_t size, const uint8_t *pixels, uint8_t *to);
uint32_t twin_step(const uint8_t *bytes, uint32_t size, const uint8_t *pixels, uint8_t *to)
{
    received = bytes;
    received_size = size;
    frame = pixels;
    es_app_step();
    memcpy(to, sent, sent_size);
    size = sent_size;
    sent_size = 0;
    return size;
}

/* A message with some payload as it is sent; returns its size. */
uint32_t twin_encode(uint8_t kind, uint16_t number, const uint8_t *payload, uint32_t size, uint8_t *to);
uint32_t twin_encode(uint8_t kind, uint16_t number, const uint8_t *payload, uint32_t size, uint8_t *to)
{
    struct es_message message;
    es_message_begin(&message, (enum es_message_kind)kind, number);
    es_message_bytes(&message, payload, size);
    return es_message_encode(&message, to);
}

/* Takes bytes from the line; writes size, kind, number and payload of each message found; returns the bytes written. */
uint32_t twin_receive(const uint8_t *bytes, uint32_t size, uint8_t *to, uint32_t *rejected);
uint32_t twin_receive(const uint8_t *bytes, uint32_t size, uint8_t *to, uint32_t *rejected)
{
    struct es_receiver receiver;
    uint32_t written = 0;
    memset(&receiver, 0, sizeof receiver);
    for (uint32_t i = 0; i < size; i++)
        if (es_receive(&receiver, bytes[i])) {
            uint32_t found = receiver.message.size;
            to[written++] = (uint8_t)found;
            to[written++] = (uint8_t)(found >> 8);
            memcpy(to + written, receiver.message.bytes, found);
            written += found;
        }
    *rejected = receiver.rejected;
    return written;
}
