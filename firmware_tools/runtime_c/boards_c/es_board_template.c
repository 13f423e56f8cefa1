/* A board of your own: fill in these functions, or put another file in place with --board-code. As it is, the firmware boots,
 * tests itself, reads its galleries and then waits for ever. */
#include "es_board.h"
#include "es_config.h"

void es_board_start(void) {}

bool es_board_capture(uint8_t *pixels)
{
    (void)pixels;
    return false;
}

void es_board_send(const uint8_t *bytes, uint32_t size)
{
    (void)bytes;
    (void)size;
}

int32_t es_board_receive(void) { return -1; }

void es_board_watchdog(void) {}

bool es_board_goes_on(void) { return true; }

__attribute__((noreturn)) void es_board_stop(uint32_t code);
__attribute__((noreturn)) void es_board_stop(uint32_t code)
{
    (void)code;
    for (;;) {
    }
}

static bool erase(const uint8_t *page)
{
    (void)page;
    return false;
}

static bool write(const uint8_t *to, const uint8_t *from, uint32_t size)
{
    (void)to;
    (void)from;
    (void)size;
    return false;
}

struct es_flash es_board_flash = {
    .slots = {(const uint8_t *)ES_SLOT_A, (const uint8_t *)ES_SLOT_B},
    .size = ES_SLOT_SIZE,
    .page = ES_SLOT_PAGE,
    .erase = erase,
    .write = write,
};
