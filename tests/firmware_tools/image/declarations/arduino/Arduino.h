/* Declarations of Arduino's core that the example uses. */
#pragma once
#include <stddef.h>
#include <stdint.h>
struct SerialPort {
    void begin(unsigned long baud);
    size_t write(const uint8_t *bytes, size_t size);
    int read();
};
extern SerialPort Serial;
void yield();
void setup();
void loop();
