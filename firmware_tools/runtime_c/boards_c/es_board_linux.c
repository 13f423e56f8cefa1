/* Linux on the smallest boards, and on the machine that builds the firmware: a program without libraries. The slots are two files,
 * frames are read from a file or a pipe, and the line is a serial port or the standard streams. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "es_app.h"
#include "es_board.h"
#include "es_config.h"
#include "es_stack.h"

#define STACK 65536u
#define USAGE "usage: edge-siamese-firmware SLOT_A SLOT_B [--frames FILE] [--skip BYTES] [--line DEVICE]\n"

static const uint8_t *stack_bottom;
static int slots[2], frames = -1, line_in = STDIN_FILENO, line_out = STDOUT_FILENO;
static uint32_t skipped; /* bytes behind each frame, such as the colors of a picture whose gray part is taken */
static bool ended;

static void stop(const char *name)
{
    fprintf(stderr, "edge-siamese-firmware: %s: %s\n", name, errno ? strerror(errno) : "ended too early");
    exit(1);
}

/* Whether all bytes came; a pipe gives them in parts. */
static bool read_all(int file, uint8_t *to, uint32_t size)
{
    while (size) {
        ssize_t got = read(file, to, size);
        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return false;
        to += got;
        size -= (uint32_t)got;
    }
    return true;
}

static bool find(const uint8_t *at, int *file, off_t *offset)
{
    for (uint32_t i = 0; i < 2; i++) {
        const uint8_t *slot = es_board_flash.slots[i];
        if (at < slot || at >= slot + ES_SLOT_SIZE)
            continue;
        *file = slots[i];
        *offset = (off_t)(at - slot);
        return true;
    }
    return false;
}

static bool put(const uint8_t *at, const uint8_t *bytes, uint32_t size)
{
    int file;
    off_t offset;
    if (!find(at, &file, &offset))
        return false;
    return pwrite(file, bytes, size, offset) == (ssize_t)size && fdatasync(file) == 0;
}

static bool erase(const uint8_t *page)
{
    static uint8_t erased[ES_SLOT_PAGE];
    memset(erased, 0xFF, sizeof erased);
    return put(page, erased, sizeof erased);
}

struct es_flash es_board_flash = {.size = ES_SLOT_SIZE, .page = ES_SLOT_PAGE, .erase = erase, .write = put};

/* A file of the slot's size, made when absent and filled up with erased bytes. */
static void open_slot(uint32_t number, const char *name)
{
    static uint8_t erased[4096];
    struct stat found;
    void *at;
    int file = slots[number] = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    memset(erased, 0xFF, sizeof erased);
    if (file < 0 || fstat(file, &found))
        stop(name);
    for (off_t size = found.st_size; size < (off_t)ES_SLOT_SIZE;) {
        off_t part = (off_t)ES_SLOT_SIZE - size;
        part = part < (off_t)sizeof erased ? part : (off_t)sizeof erased;
        if (pwrite(file, erased, (size_t)part, size) != part)
            stop(name);
        size += part;
    }
    at = mmap(0, ES_SLOT_SIZE, PROT_READ, MAP_SHARED, file, 0);
    if (at == MAP_FAILED)
        stop(name);
    es_board_flash.slots[number] = at;
}

static void open_line(const char *name)
{
    struct termios settings;
    line_in = line_out = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (line_in < 0)
        stop(name);
    if (tcgetattr(line_in, &settings))
        return; /* no terminal, such as a pipe */
    cfmakeraw(&settings);
    cfsetspeed(&settings, B115200);
    if (tcsetattr(line_in, TCSANOW, &settings))
        stop(name);
}

void es_board_start(void) {}

bool es_board_capture(uint8_t *pixels)
{
    static uint8_t rest[4096];
    if (frames < 0) {
        struct pollfd line = {line_in, POLLIN, 0};
        poll(&line, 1, 100); /* without a camera the program serves its line */
        return false;
    }
    if (!read_all(frames, pixels, ES_FRAME_BYTES)) {
        ended = true;
        return false;
    }
    for (uint32_t left = skipped; left;) {
        uint32_t part = left < sizeof rest ? left : (uint32_t)sizeof rest;
        if (!read_all(frames, rest, part))
            break;
        left -= part;
    }
    return true;
}

void es_board_send(const uint8_t *bytes, uint32_t size)
{
    while (size) {
        ssize_t sent = write(line_out, bytes, size);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            stop("the line");
        bytes += sent;
        size -= (uint32_t)sent;
    }
}

int32_t es_board_receive(void)
{
    static uint8_t buffer[4096];
    static uint32_t at, size;
    if (at == size) {
        struct pollfd line = {line_in, POLLIN, 0};
        ssize_t got = poll(&line, 1, 0) == 1 ? read(line_in, buffer, sizeof buffer) : 0;
        at = 0;
        size = got > 0 ? (uint32_t)got : 0;
        if (frames < 0 && ((line.revents & POLLIN && got == 0) || (line.revents & POLLHUP && got <= 0)))
            ended = true;
    }
    return at < size ? buffer[at++] : -1;
}

void es_board_watchdog(void) {}

bool es_board_goes_on(void) { return !ended; }

uint32_t es_stack_size(void) { return STACK; }

uint32_t es_stack_used(void)
{
    uint32_t unused = 0, word;
    for (; unused < STACK; unused += sizeof word) {
        memcpy(&word, stack_bottom + unused, sizeof word);
        if (word != ES_STACK_PATTERN)
            break;
    }
    return STACK - unused;
}

/* Fills the stack below the caller, which the firmware uses afterwards. */
__attribute__((noinline)) static void fill_stack(void)
{
    volatile uint32_t words[STACK / 4];
    for (uint32_t i = 0; i < STACK / 4; i++)
        words[i] = ES_STACK_PATTERN;
    stack_bottom = (const uint8_t *)(uintptr_t)&words[0];
}

static bool take(const char *option, const char *value)
{
    if (!strcmp(option, "--line")) {
        open_line(value);
    } else if (!strcmp(option, "--skip")) {
        skipped = (uint32_t)strtoul(value, 0, 10);
    } else if (!strcmp(option, "--frames")) {
        frames = strcmp(value, "-") ? open(value, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
        if (frames < 0)
            stop(value);
    } else {
        return false;
    }
    return true;
}

int main(int count, char **words)
{
    if (count < 3 || count % 2 == 0)
        return fputs(USAGE, stderr), 2;
    for (int i = 3; i < count; i += 2)
        if (!take(words[i], words[i + 1]))
            return fputs(USAGE, stderr), 2;
    open_slot(0, words[1]);
    open_slot(1, words[2]);
    fill_stack();
    es_app_main();
    return 0;
}
