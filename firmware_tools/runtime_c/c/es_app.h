/* The firmware: boot, then frames to messages and messages to updates. All memory is static. */
#ifndef ES_APP_H
#define ES_APP_H

/* Boot: the galleries, the self-test, and what both gave. */
void es_app_start(void);

/* One turn of the loop: what was received, then one frame. */
void es_app_step(void);

/* What the start-up code calls: the board, then the firmware. */
void es_app_main(void);

#endif
