/* Names as a gallery stores them. */
#ifndef ES_TEXT_H
#define ES_TEXT_H

#include <stdbool.h>
#include <stdint.h>

/* Whether bytes are a name: UTF-8 without control characters and without spaces at the ends or next to each other. */
bool es_is_name(const uint8_t *text, uint32_t size);

#endif
