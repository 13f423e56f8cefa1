/* Power-loss rig: es_slots on the SPI flash of an emulated emcraft-sf2, whose content QEMU keeps in a file. The command line
 * says at which flash operation the power is cut, in its middle. Slots are read from a copy in memory. */
#include <stdint.h>
#include <string.h>

#include "es_slots.h"

#define SPI ((volatile uint32_t *)0x40001000)
#define SECTOR 0x10000u
#define PAGE 256u
#define SLOT_SIZE 0x10000u
#define INCOMING ((const uint8_t *)0xA1000000)
#define CUT 42

extern uint32_t stack_top, bss_start, bss_end;
static uint8_t *const mirror[2] = {(uint8_t *)0xA2000000, (uint8_t *)0xA2100000};
static const uint32_t place[2] = {0, 0x100000};
static int32_t cut_at, operations;

static int32_t host(int32_t operation, const void *argument)
{
    register int32_t r0 __asm__("r0") = operation;
    register const void *r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xab" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

static void leave(uint32_t code)
{
    uint32_t block[2] = {0x20026, code};
    host(0x20, block);
    for (;;) {
    }
}

static void transfer(const uint8_t *out, uint8_t *in, uint32_t size)
{
    SPI[0] = 0;
    SPI[1] = 8;
    SPI[0] = 1 | 2 | 1u << 26 | 1u << 29 | size << 8;
    for (uint32_t i = 0; i < size; i++) {
        SPI[5] = out[i];
        uint8_t byte = (uint8_t)SPI[4];
        if (in)
            in[i] = byte;
    }
}

static void command(uint8_t code, uint32_t address, const uint8_t *data, uint32_t size)
{
    static const uint8_t enable = 6;
    uint8_t bytes[4 + PAGE] = {code, (uint8_t)(address >> 16), (uint8_t)(address >> 8), (uint8_t)address};
    transfer(&enable, 0, 1);
    memcpy(bytes + 4, data, size);
    transfer(bytes, 0, 4 + size);
}

static void load(uint32_t slot)
{
    static uint8_t out[4 + PAGE], in[4 + PAGE];
    for (uint32_t at = 0; at < SLOT_SIZE; at += PAGE) {
        uint32_t address = place[slot] + at;
        memset(out, 0, sizeof out);
        out[0] = 3;
        out[1] = (uint8_t)(address >> 16);
        out[2] = (uint8_t)(address >> 8);
        out[3] = (uint8_t)address;
        transfer(out, in, sizeof out);
        memcpy(mirror[slot] + at, in + 4, PAGE);
    }
}

static uint32_t slot_of(const uint8_t *at) { return at >= mirror[1]; }

static uint32_t address_of(const uint8_t *at) { return place[slot_of(at)] + (uint32_t)(at - mirror[slot_of(at)]); }

/* A cut erase is one that did not begin; a cut write stops in its middle. */
static bool erase(const uint8_t *page)
{
    if (operations++ == cut_at)
        leave(CUT);
    command(0xD8, address_of(page), 0, 0);
    load(slot_of(page));
    return true;
}

static bool write(const uint8_t *to, const uint8_t *from, uint32_t size)
{
    for (uint32_t done = 0, part; done < size; done += part) {
        uint32_t address = address_of(to) + done, room = PAGE - address % PAGE;
        part = size - done < room ? size - done : room;
        bool cut = operations++ == cut_at;
        command(2, address, from + done, cut ? part / 2 : part);
        if (cut)
            leave(CUT);
    }
    load(slot_of(to));
    return true;
}

static const struct es_flash flash = {{(uint8_t *)0xA2000000, (uint8_t *)0xA2100000}, SLOT_SIZE, SECTOR, erase, write};
static struct es_slots slots;

static int32_t number_behind(const char *text, const char *name)
{
    for (; *text; text++) {
        uint32_t i = 0;
        while (name[i] && text[i] == name[i])
            i++;
        if (name[i])
            continue;
        int32_t value = 0;
        for (text += i; *text >= '0' && *text <= '9'; text++)
            value = 10 * value + *text - '0';
        return value;
    }
    return -1;
}

/* Updates with the gallery that the loader brought; its length is in the word before it. */
static void update(void)
{
    uint32_t length = es_u32(INCOMING - 16);
    enum es_gallery_verdict verdict;
    if (es_update_begin(&slots, length) != ES_UPDATE_READY || es_update_page(&slots, 0, 0) != ES_UPDATE_WANTED)
        leave(90);
    for (uint32_t at = 64; at < length; at += 240) {
        uint32_t size = length - at < 240 ? length - at : 240;
        if (es_update_data(&slots, at, INCOMING + at, size) != ES_UPDATE_WRITTEN)
            leave(91);
    }
    if (es_update_commit(&slots, INCOMING, &verdict) != ES_UPDATE_COMMITTED)
        leave(92);
}

/* Exit code 10 and the sequence of the gallery in use, or 10 without one; 42 for a cut. */
static void run(void)
{
    static char line[128];
    static struct es_embedder embedder;
    uint32_t block[2] = {(uint32_t)line, sizeof line};
    host(0x15, block);
    memcpy(embedder.digest, INCOMING + 24, sizeof embedder.digest);
    embedder.dimension = es_u16(INCOMING + 8);
    embedder.zero_point = (int8_t)INCOMING[11];
    slots.flash = &flash;
    slots.embedder = &embedder;
    load(0);
    load(1);
    es_slots_open(&slots);
    cut_at = number_behind(line, "cut=");
    if (number_behind(line, "update=") == 1)
        update();
    leave(10 + (slots.used == ES_NO_SLOT ? 0 : slots.gallery.sequence));
}

void reset(void);
void reset(void)
{
    for (uint32_t *to = &bss_start; to < &bss_end;)
        *to++ = 0;
    run();
}

static void fault(void) { leave(99); }

__attribute__((section(".vectors"), used)) static const void *const vectors[16] = {
    &stack_top, reset, fault, fault, fault, fault, fault, 0, 0, 0, 0, fault, 0, 0, fault, fault};
