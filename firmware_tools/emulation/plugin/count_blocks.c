/* Hook of unicorn for the blocks of code that it runs: counts their instructions, at the address where each block begins. */
#include <stdint.h>

struct counted {
    uint64_t base, size;    /* of the code, in bytes */
    const uint8_t *code;
    uint64_t *instructions; /* executed, by half-word where a block begins */
    uint32_t *sizes;        /* bytes of the block that begins there, and how many instructions these are */
    uint32_t *lengths;
};

/* Instructions of a block: those whose first half-word begins with 11101, 1111 take two. */
static uint32_t length(const uint8_t *code, uint32_t size)
{
    uint32_t count = 0;
    for (uint32_t at = 0; at + 1 < size; count++)
        at += code[at + 1] >= 0xE8 ? 4 : 2;
    return count;
}

__attribute__((visibility("default"))) void count_block(void *engine, uint64_t address, uint32_t size, void *user)
{
    struct counted *to = user;
    uint64_t at = address - to->base;
    (void)engine;
    if (address < to->base || at + size > to->size)
        return;
    if (to->sizes[at / 2] != size) {
        to->sizes[at / 2] = size;
        to->lengths[at / 2] = length(to->code + at, size);
    }
    to->instructions[at / 2] += to->lengths[at / 2];
}
