#include "es_pixel.h"

uint16_t es_frame_width(const struct es_frame *frame) { return frame->turn & 1 ? frame->height : frame->width; }

uint16_t es_frame_height(const struct es_frame *frame) { return frame->turn & 1 ? frame->width : frame->height; }

static uint32_t clipped(int32_t scaled)
{
    int32_t value = scaled >> 20;
    return value < 0 ? 0 : value > 255 ? 255 : (uint32_t)value;
}

struct es_color es_from_yuv(int32_t y, int32_t u, int32_t v)
{
    int32_t light = (y < 16 ? 0 : y - 16) * 1220542 + (1 << 19), red = 1673527 * (v - 128), blue = 2116026 * (u - 128);
    return (struct es_color){clipped(light + red), clipped(light - 852492 * (v - 128) - 409993 * (u - 128)), clipped(light + blue)};
}

void es_frame_pixel(const struct es_frame *frame, uint32_t x, uint32_t y, uint8_t *rgb)
{
    struct es_steps steps = es_steps_of(frame);
    uint32_t index = (uint32_t)(steps.start + (int32_t)x * steps.across + (int32_t)y * steps.down);
    struct es_color color = es_color_at(frame->format, frame->pixels, index);
    rgb[0] = (uint8_t)color.red;
    rgb[1] = (uint8_t)color.green;
    rgb[2] = (uint8_t)color.blue;
}
