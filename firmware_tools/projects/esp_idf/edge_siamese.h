/* The firmware as a component. */
#ifndef EDGE_SIAMESE_H
#define EDGE_SIAMESE_H

#include <stdbool.h>
#include <stdint.h>

#include "es_app.h"
#include "es_config.h"

/* Starts the task that looks at frames, and sends its decisions over the UART. */
void edge_siamese_start(void);

/* Your function: the next frame into `pixels`, ES_FRAME_BYTES of ES_FRAME_WIDTH x ES_FRAME_HEIGHT; false when there is none. */
bool edge_siamese_capture(uint8_t *pixels);

#endif
