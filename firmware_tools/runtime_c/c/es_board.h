/* What a board gives to the firmware. The file that implements it is the only one that knows the hardware. */
#ifndef ES_BOARD_H
#define ES_BOARD_H

#include "es_frame.h"
#include "es_slots.h"

/* Clocks, pins, the camera and the serial line. */
void es_board_start(void);

/* The next frame into `pixels`, ES_FRAME_BYTES of the format in es_config.h. False when there is none yet. */
bool es_board_capture(uint8_t *pixels);

/* Sends bytes over the serial line. */
void es_board_send(const uint8_t *bytes, uint32_t size);

/* The next byte that was received, or -1. */
int32_t es_board_receive(void);

/* Called behind every run of a network, message and flash operation: the watchdog's time must be longer than the slowest. */
void es_board_watchdog(void);

/* Whether the firmware goes on; a board's never ends. */
bool es_board_goes_on(void);

/* Verifies the signature of a gallery; see es_verify_fn. Only a firmware that is built with trusted keys needs it. */
bool es_board_verify(const uint8_t *key, const uint8_t *signature, const uint8_t *header, const uint8_t *payload, uint32_t size);

/* The gallery slots and how they are erased and written. */
extern struct es_flash es_board_flash;

#endif
