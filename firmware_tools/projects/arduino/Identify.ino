/* Sends decisions as binary messages over Serial ("edge-siamese firmware monitor" reads them). The gallery is part of the
 * program, so it is changed by a new upload. Put the driver of your camera into es_board_capture. */
#include <EdgeSiamese.h>

extern "C" {

void es_board_start(void) {}

bool es_board_capture(uint8_t *pixels)
{
    (void)pixels; /* ES_FRAME_BYTES of ES_FRAME_WIDTH x ES_FRAME_HEIGHT pixels */
    return false;
}

void es_board_send(const uint8_t *bytes, uint32_t size) { Serial.write(bytes, size); }

int32_t es_board_receive(void) { return Serial.read(); }

void es_board_watchdog(void) { yield(); }

bool es_board_goes_on(void) { return true; }

uint32_t es_stack_size(void) { return 0; }

uint32_t es_stack_used(void) { return 0; }

static bool erase(const uint8_t *page)
{
    (void)page;
    return false;
}

static bool write_flash(const uint8_t *to, const uint8_t *from, uint32_t size)
{
    (void)to;
    (void)from;
    (void)size;
    return false;
}

struct es_flash es_board_flash = {
    {edge_siamese_gallery, edge_siamese_gallery}, EDGE_SIAMESE_GALLERY_SIZE, EDGE_SIAMESE_GALLERY_SIZE, erase, write_flash};

} /* extern "C" */

void setup()
{
    Serial.begin(115200);
    es_app_start();
}

void loop() { es_app_step(); }
