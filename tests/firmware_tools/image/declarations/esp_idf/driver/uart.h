/* Declarations of ESP-IDF 5 that the component uses. */
#pragma once
#include <stddef.h>
#include <stdint.h>
#define CONFIG_EDGE_SIAMESE_UART 0
#define CONFIG_EDGE_SIAMESE_BAUD 115200
#define CONFIG_EDGE_SIAMESE_STACK 8192
typedef int esp_err_t;
#define ESP_OK 0
typedef int uart_port_t;
typedef struct {
    int baud_rate, data_bits, parity, stop_bits, flow_ctrl;
} uart_config_t;
#define UART_DATA_8_BITS 3
#define UART_PARITY_DISABLE 0
#define UART_STOP_BITS_1 1
#define UART_HW_FLOWCTRL_DISABLE 0
esp_err_t uart_param_config(uart_port_t port, const uart_config_t *config);
esp_err_t uart_driver_install(uart_port_t port, int rx, int tx, int queue_size, void *queue, int flags);
int uart_write_bytes(uart_port_t port, const void *bytes, size_t size);
int uart_read_bytes(uart_port_t port, void *bytes, uint32_t size, uint32_t ticks);
