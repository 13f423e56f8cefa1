/* The block by which the RP2350's boot ROM knows that the flash holds an image for its Arm cores, whose vectors are at the
 * beginning (RP2350 datasheet, 5.9): it looks for one in the first 4 KiB. */
#include <stdint.h>

extern const uint32_t es_boot[5];
__attribute__((section(".boot"), used)) const uint32_t es_boot[5] = {
    0xFFFFDED3, /* a block begins */
    0x10210142, /* one word: an executable, secure, Arm, RP2350 */
    0x000001FF, /* the last item: the items take one word */
    0x00000000, /* there is no other block */
    0xAB123579, /* it ends */
};
