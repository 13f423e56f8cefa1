/* Your application: put the driver of your camera into edge_siamese_capture. */
#include "edge_siamese.h"

bool edge_siamese_capture(uint8_t *pixels)
{
    (void)pixels;
    return false;
}

int main(void)
{
    es_app_main();
    return 0;
}
