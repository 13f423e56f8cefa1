#pragma once
#include "driver/uart.h"
typedef struct {
    uint32_t address, size;
} esp_partition_t;
typedef uint32_t esp_partition_mmap_handle_t;
enum { ESP_PARTITION_TYPE_DATA = 1, ESP_PARTITION_SUBTYPE_ANY = 0xff, ESP_PARTITION_MMAP_DATA = 0 };
const esp_partition_t *esp_partition_find_first(int type, int subtype, const char *label);
esp_err_t esp_partition_mmap(const esp_partition_t *partition, size_t offset, size_t size, int memory, const void **at,
                             esp_partition_mmap_handle_t *handle);
esp_err_t esp_partition_erase_range(const esp_partition_t *partition, size_t offset, size_t size);
esp_err_t esp_partition_write(const esp_partition_t *partition, size_t offset, const void *bytes, size_t size);
