#pragma once
void uart_poll_out(const struct device *port, unsigned char byte);
int uart_poll_in(const struct device *port, unsigned char *byte);
