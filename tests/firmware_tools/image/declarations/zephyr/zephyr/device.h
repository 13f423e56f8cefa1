/* Declarations of Zephyr 3 that the module uses. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#define CONFIG_FLASH_BASE_ADDRESS 0x10000000
#define CONFIG_MAIN_STACK_SIZE 8192
struct device {
    const char *name;
};
extern const struct device edge_siamese_uart_device;
#define DT_CHOSEN(name) name##_device
#define DEVICE_DT_GET(node) (&node)
