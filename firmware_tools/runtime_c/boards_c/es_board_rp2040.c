/* A Raspberry Pi Pico: messages over UART 0 (pins GP0 and GP1, 115,200 baud). Frames come over UART 1 (GP4 and GP5, 921,600 baud),
 * so that the firmware can be tried without a camera: it sends an F and takes the bytes of one frame. Put the driver of your
 * camera into es_board_capture. The crystal has 12 MHz, the processor 125. */
#include <string.h>

#include "es_board.h"
#include "es_config.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define RESETS 0x4000C000u
#define CLOCKS 0x40008000u
#define PINS 0x40014000u
#define CRYSTAL 0x40024000u
#define PLL 0x40028000u
#define UART0 0x40034000u
#define UART1 0x40038000u
#define WATCHDOG 0x40058000u
#define CLEAR 0x3000u

#define WANTED (1u << 5 | 1u << 8 | 1u << 12 | 1u << 22 | 1u << 23) /* pins, their pads, PLL, both UARTs */
#define WATCHDOG_TIME 0xFFFFFFu                                     /* 8.3 seconds */
#define PATIENCE 2000000u
#define PROGRAM_SIZE 256u
#define FLASH 0x10000000u
#define SECTOR_ERASE 0x20u

static void until(uint32_t address, uint32_t bits)
{
    while ((REGISTER(address) & bits) != bits) {
    }
}

static void start_clocks(void)
{
    REGISTER(CRYSTAL + 0x0C) = 47;
    REGISTER(CRYSTAL) = 0xFAB << 12 | 0xAA0;
    until(CRYSTAL + 4, 1u << 31);
    REGISTER(CLOCKS + 0x30) = 2; /* reference: the crystal */
    until(CLOCKS + 0x38, 1u << 2);
    REGISTER(CLOCKS + 0x3C) = 0;
    until(CLOCKS + 0x44, 1);
    REGISTER(RESETS + CLEAR) = 1u << 12;
    until(RESETS + 8, 1u << 12);
    REGISTER(PLL) = 1;
    REGISTER(PLL + 8) = 125; /* 12 MHz * 125 / (6 * 2) */
    REGISTER(PLL + 4 + CLEAR) = 1 | 1u << 5;
    until(PLL, 1u << 31);
    REGISTER(PLL + 0x0C) = 6u << 16 | 2u << 12;
    REGISTER(PLL + 4 + CLEAR) = 1u << 3;
    REGISTER(CLOCKS + 0x3C) = 1; /* processor: the PLL */
    until(CLOCKS + 0x44, 2);
    REGISTER(CLOCKS + 0x48) = 1u << 11; /* peripherals: as the processor */
}

static void start_uart(uint32_t uart, uint32_t whole, uint32_t fraction, uint32_t pin)
{
    REGISTER(uart + 0x24) = whole;
    REGISTER(uart + 0x28) = fraction;
    REGISTER(uart + 0x2C) = 0x70; /* 8 bits, with queues */
    REGISTER(uart + 0x30) = 0x301;
    REGISTER(PINS + 8 * pin + 4) = REGISTER(PINS + 8 * pin + 12) = 2;
}

void es_board_start(void)
{
    start_clocks();
    REGISTER(RESETS + CLEAR) = WANTED;
    until(RESETS + 8, WANTED);
    start_uart(UART0, 67, 52, 0);
    start_uart(UART1, 8, 31, 4);
    REGISTER(WATCHDOG + 0x2C) = 1u << 9 | 12; /* a tick for each microsecond */
    REGISTER(WATCHDOG + 4) = WATCHDOG_TIME;
    REGISTER(WATCHDOG) = 1u << 30;
}

static void put(uint32_t uart, uint8_t byte)
{
    while (REGISTER(uart + 0x18) & 1u << 5) {
    }
    REGISTER(uart) = byte;
}

static int32_t get(uint32_t uart) { return REGISTER(uart + 0x18) & 1u << 4 ? -1 : (int32_t)(REGISTER(uart) & 0xFF); }

bool es_board_capture(uint8_t *pixels)
{
    uint32_t waited = 0;
    while (get(UART1) >= 0) {
    }
    put(UART1, 'F');
    for (uint32_t at = 0; at < ES_FRAME_BYTES;) {
        int32_t byte = get(UART1);
        if (byte < 0 && ++waited > PATIENCE)
            return false;
        if (byte < 0)
            continue;
        pixels[at++] = (uint8_t)byte;
        waited = 0;
    }
    return true;
}

void es_board_send(const uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        put(UART0, bytes[i]);
}

int32_t es_board_receive(void) { return get(UART0); }

void es_board_watchdog(void) { REGISTER(WATCHDOG + 4) = WATCHDOG_TIME; }

bool es_board_goes_on(void) { return true; }

/* The watchdog starts the board again. */
__attribute__((noreturn)) void es_board_stop(uint32_t code);
__attribute__((noreturn)) void es_board_stop(uint32_t code)
{
    (void)code;
    for (;;) {
    }
}

/* Functions of the boot ROM (RP2040 datasheet, 2.8.3). */
typedef void *rom_lookup(const uint16_t *table, uint32_t code);
typedef void rom_step(void);
typedef void rom_erase(uint32_t offset, uint32_t size, uint32_t block, uint8_t command);
typedef void rom_program(uint32_t offset, const uint8_t *bytes, uint32_t size);

static struct {
    rom_step *connect, *leave_reading, *flush, *enter_reading;
    rom_erase *erase;
    rom_program *program;
} rom;

static void *find(char first, char second)
{
    rom_lookup *lookup = (rom_lookup *)(uintptr_t)*(const volatile uint16_t *)0x18;
    const uint16_t *table = (const uint16_t *)(uintptr_t)*(const volatile uint16_t *)0x14;
    return lookup(table, (uint32_t)(uint8_t)second << 8 | (uint8_t)first);
}

static void find_all(void)
{
    rom.connect = (rom_step *)find('I', 'F');
    rom.leave_reading = (rom_step *)find('E', 'X');
    rom.flush = (rom_step *)find('F', 'C');
    rom.enter_reading = (rom_step *)find('C', 'X');
    rom.erase = (rom_erase *)find('R', 'E');
    rom.program = (rom_program *)find('R', 'P');
}

/* While the flash is changed it cannot be read, so this function lies in memory. Without bytes it erases a page. */
__attribute__((section(".ram_code"), noinline)) static void change(uint32_t offset, const uint8_t *bytes)
{
    rom.connect();
    rom.leave_reading();
    if (bytes)
        rom.program(offset, bytes, PROGRAM_SIZE);
    else
        rom.erase(offset, ES_SLOT_PAGE, ES_SLOT_PAGE, SECTOR_ERASE);
    rom.flush();
    rom.enter_reading();
}

static bool erase(const uint8_t *page)
{
    find_all();
    change((uint32_t)page - FLASH, 0);
    return true;
}

/* Bits of the flash can only be cleared, so bytes beside the new ones are written as 255, which changes nothing. */
static bool write(const uint8_t *to, const uint8_t *from, uint32_t size)
{
    static uint8_t bytes[PROGRAM_SIZE];
    uint32_t at = (uint32_t)to - FLASH;
    find_all();
    while (size) {
        uint32_t begin = at % PROGRAM_SIZE, part = PROGRAM_SIZE - begin < size ? PROGRAM_SIZE - begin : size;
        memset(bytes, 0xFF, sizeof bytes);
        memcpy(bytes + begin, from, part);
        change(at - begin, bytes);
        at += part;
        from += part;
        size -= part;
    }
    return true;
}

struct es_flash es_board_flash = {
    .slots = {(const uint8_t *)ES_SLOT_A, (const uint8_t *)ES_SLOT_B},
    .size = ES_SLOT_SIZE,
    .page = ES_SLOT_PAGE,
    .erase = erase,
    .write = write,
};
