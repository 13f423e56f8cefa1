/* ESP-IDF: messages over a UART, galleries in the partitions gallery_a and gallery_b. The application gives the frames. */
#include "driver/uart.h"
#include "esp_partition.h"
#include "esp_system.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "edge_siamese.h"
#include "es_board.h"
#include "es_config.h"
#include "es_stack.h"

#define LINE ((uart_port_t)CONFIG_EDGE_SIAMESE_UART)
#define BUFFER 1024

static const esp_partition_t *partitions[2];
static uint32_t stack_size;

static bool find(const uint8_t *at, const esp_partition_t **partition, size_t *offset)
{
    for (uint32_t i = 0; i < 2; i++) {
        const uint8_t *slot = es_board_flash.slots[i];
        if (at < slot || at >= slot + ES_SLOT_SIZE)
            continue;
        *partition = partitions[i];
        *offset = (size_t)(at - slot);
        return true;
    }
    return false;
}

static bool erase(const uint8_t *page)
{
    const esp_partition_t *partition;
    size_t offset;
    return find(page, &partition, &offset) && esp_partition_erase_range(partition, offset, ES_SLOT_PAGE) == ESP_OK;
}

static bool write(const uint8_t *to, const uint8_t *from, uint32_t size)
{
    const esp_partition_t *partition;
    size_t offset;
    return find(to, &partition, &offset) && esp_partition_write(partition, offset, from, size) == ESP_OK;
}

struct es_flash es_board_flash = {
    .size = ES_SLOT_SIZE,
    .page = ES_SLOT_PAGE,
    .erase = erase,
    .write = write,
};

/* Maps a slot into memory; without its partition the board cannot go on. */
static void map(uint32_t slot, const char *label)
{
    const void *at = 0;
    esp_partition_mmap_handle_t handle;
    partitions[slot] = esp_partition_find_first(ESP_PARTITION_TYPE_DATA, ESP_PARTITION_SUBTYPE_ANY, label);
    if (!partitions[slot] || partitions[slot]->size < ES_SLOT_SIZE ||
        esp_partition_mmap(partitions[slot], 0, ES_SLOT_SIZE, ESP_PARTITION_MMAP_DATA, &at, &handle) != ESP_OK)
        esp_system_abort("a gallery partition is missing or too small: flash partitions.csv");
    es_board_flash.slots[slot] = (const uint8_t *)at;
}

void es_board_start(void)
{
    const uart_config_t line = {
        .baud_rate = CONFIG_EDGE_SIAMESE_BAUD,
        .data_bits = UART_DATA_8_BITS,
        .parity = UART_PARITY_DISABLE,
        .stop_bits = UART_STOP_BITS_1,
        .flow_ctrl = UART_HW_FLOWCTRL_DISABLE,
    };
    map(0, "gallery_a");
    map(1, "gallery_b");
    uart_param_config(LINE, &line);
    uart_driver_install(LINE, BUFFER, 0, 0, 0, 0);
}

bool es_board_capture(uint8_t *pixels) { return edge_siamese_capture(pixels); }

void es_board_send(const uint8_t *bytes, uint32_t size) { uart_write_bytes(LINE, bytes, size); }

int32_t es_board_receive(void)
{
    uint8_t byte;
    return uart_read_bytes(LINE, &byte, 1, 0) == 1 ? byte : -1;
}

/* Lets the idle task run now and then, which feeds its watchdog. */
void es_board_watchdog(void)
{
    static TickType_t last;
    TickType_t now = xTaskGetTickCount();
    if (now - last < pdMS_TO_TICKS(500))
        return;
    vTaskDelay(1);
    last = now;
}

bool es_board_goes_on(void) { return true; }

uint32_t es_stack_size(void) { return stack_size; }

uint32_t es_stack_used(void) { return stack_size - (uint32_t)uxTaskGetStackHighWaterMark(0); }

static void work(void *user)
{
    (void)user;
    es_app_main();
    vTaskDelete(0);
}

void edge_siamese_start(void)
{
    stack_size = CONFIG_EDGE_SIAMESE_STACK;
    xTaskCreate(work, "edge_siamese", stack_size, 0, tskIDLE_PRIORITY + 1, 0);
}
