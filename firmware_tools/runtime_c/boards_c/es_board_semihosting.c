/* A board under a debugger or QEMU: frames, received and sent bytes are files of the host. The flash is memory. */
#include <string.h>

#include "es_app.h"
#include "es_board.h"
#include "es_config.h"

#define OPEN 0x01
#define WRITE 0x05
#define READ 0x06
#define EXIT 0x20
#define READ_BINARY 1
#define WRITE_BINARY 5
#define BUFFER 256

static int32_t frames, received, sent;
static bool ended;

static int32_t host(int32_t operation, const void *argument)
{
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static int32_t open(const char *name, uint32_t size, uint32_t mode)
{
    uint32_t block[3] = {(uint32_t)name, mode, size};
    return host(OPEN, block);
}

/* Bytes that were read. */
static uint32_t read(int32_t file, void *to, uint32_t size)
{
    uint32_t block[3] = {(uint32_t)file, (uint32_t)to, size};
    return file < 0 ? 0 : size - (uint32_t)host(READ, block);
}

void es_board_start(void)
{
    frames = open("frames.bin", 10, READ_BINARY);
    received = open("received.bin", 12, READ_BINARY);
    sent = open("sent.bin", 8, WRITE_BINARY);
}

bool es_board_capture(uint8_t *pixels)
{
    ended = read(frames, pixels, ES_FRAME_BYTES) != ES_FRAME_BYTES;
    return !ended;
}

void es_board_send(const uint8_t *bytes, uint32_t size)
{
    uint32_t block[3] = {(uint32_t)sent, (uint32_t)bytes, size};
    host(WRITE, block);
}

int32_t es_board_receive(void)
{
    static uint8_t buffer[BUFFER];
    static uint32_t size, at;
    if (at == size) {
        size = read(received, buffer, sizeof buffer);
        at = 0;
    }
    return at < size ? buffer[at++] : -1;
}

void es_board_watchdog(void) {}

bool es_board_goes_on(void) { return !ended; }

__attribute__((noreturn)) void es_board_stop(uint32_t code);
__attribute__((noreturn)) void es_board_stop(uint32_t code)
{
    uint32_t block[2] = {0x20026, code};
    host(EXIT, block);
    for (;;) {
    }
}

#if ES_FLASH_IS_MEMORY
static bool erase(const uint8_t *page)
{
    memset((uint8_t *)(uintptr_t)page, 0xFF, ES_SLOT_PAGE);
    return true;
}

static bool write(const uint8_t *to, const uint8_t *from, uint32_t size)
{
    uint8_t *flash = (uint8_t *)(uintptr_t)to;
    for (uint32_t i = 0; i < size; i++)
        flash[i] &= from[i]; /* as flash does, which was not erased */
    return true;
}
#else
static bool erase(const uint8_t *page)
{
    (void)page;
    return false;
}

static bool write(const uint8_t *to, const uint8_t *from, uint32_t size)
{
    (void)to, (void)from, (void)size;
    return false;
}
#endif

struct es_flash es_board_flash = {
    .slots = {(const uint8_t *)ES_SLOT_A, (const uint8_t *)ES_SLOT_B},
    .size = ES_SLOT_SIZE,
    .page = ES_SLOT_PAGE,
    .erase = erase,
    .write = write,
};
