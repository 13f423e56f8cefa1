#include "es_text.h"

/* Bytes of the character that begins at `text`, or 0 where it is not UTF-8. */
static uint32_t character_size(const uint8_t *text, uint32_t left)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    uint32_t first = text[0], size = first < 0x80 ? 1 : first < 0xC0 ? 0 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : first < 0xF8 ? 4 : 0;
    if (size < 2)
        return size;
    if (size > left)
        return 0;
    uint32_t character = first & (0x7Fu >> size);
    for (uint32_t i = 1; i < size; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        character = character << 6 | (text[i] & 0x3F);
    }
    bool surrogate = character >= 0xD800 && character < 0xE000;
    return character < smallest[size] || surrogate || character > 0x10FFFF ? 0 : size;
}

static bool is_control(const uint8_t *text) { return text[0] < 0x20 || text[0] == 0x7F || (text[0] == 0xC2 && text[1] < 0xA0); }

bool es_is_name(const uint8_t *text, uint32_t size)
{
    if (size == 0 || text[0] == ' ' || text[size - 1] == ' ')
        return false;
    for (uint32_t at = 0, bytes; at < size; at += bytes) {
        bytes = character_size(text + at, size - at);
        if (bytes == 0 || is_control(text + at) || (text[at] == ' ' && text[at + 1] == ' '))
            return false;
    }
    return true;
}
