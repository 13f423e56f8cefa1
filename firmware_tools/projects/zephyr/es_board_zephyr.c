/* Zephyr: messages over the chosen UART, galleries in the partitions gallery_a and gallery_b. The application gives the frames. */
#include <zephyr/device.h>
#include <zephyr/drivers/uart.h>
#include <zephyr/kernel.h>
#include <zephyr/storage/flash_map.h>

#include "edge_siamese.h"
#include "es_board.h"
#include "es_stack.h"

#define ADDRESS(label) ((const uint8_t *)(CONFIG_FLASH_BASE_ADDRESS + FIXED_PARTITION_OFFSET(label)))

static const struct device *const line = DEVICE_DT_GET(DT_CHOSEN(edge_siamese_uart));
static const struct flash_area *areas[2];

static bool find(const uint8_t *at, const struct flash_area **area, off_t *offset)
{
    for (uint32_t i = 0; i < 2; i++) {
        const uint8_t *slot = es_board_flash.slots[i];
        if (!areas[i] || at < slot || at >= slot + ES_SLOT_SIZE)
            continue;
        *area = areas[i];
        *offset = (off_t)(at - slot);
        return true;
    }
    return false;
}

static bool erase(const uint8_t *page)
{
    const struct flash_area *area;
    off_t offset;
    return find(page, &area, &offset) && flash_area_erase(area, offset, ES_SLOT_PAGE) == 0;
}

static bool write(const uint8_t *to, const uint8_t *from, uint32_t size)
{
    const struct flash_area *area;
    off_t offset;
    return find(to, &area, &offset) && flash_area_write(area, offset, from, size) == 0;
}

struct es_flash es_board_flash = {
    .slots = {ADDRESS(gallery_a), ADDRESS(gallery_b)},
    .size = ES_SLOT_SIZE,
    .page = ES_SLOT_PAGE,
    .erase = erase,
    .write = write,
};

void es_board_start(void)
{
    if (flash_area_open(FIXED_PARTITION_ID(gallery_a), &areas[0]))
        areas[0] = 0;
    if (flash_area_open(FIXED_PARTITION_ID(gallery_b), &areas[1]))
        areas[1] = 0;
}

bool es_board_capture(uint8_t *pixels) { return edge_siamese_capture(pixels); }

void es_board_send(const uint8_t *bytes, uint32_t size)
{
    for (uint32_t i = 0; i < size; i++)
        uart_poll_out(line, bytes[i]);
}

int32_t es_board_receive(void)
{
    unsigned char byte;
    return uart_poll_in(line, &byte) == 0 ? byte : -1;
}

void es_board_watchdog(void) { k_yield(); }

bool es_board_goes_on(void) { return true; }

uint32_t es_stack_size(void) { return CONFIG_MAIN_STACK_SIZE; }

uint32_t es_stack_used(void)
{
    size_t unused = 0;
    k_thread_stack_space_get(k_current_get(), &unused);
    return CONFIG_MAIN_STACK_SIZE - (uint32_t)unused;
}
