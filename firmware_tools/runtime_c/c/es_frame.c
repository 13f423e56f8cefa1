#include "es_frame.h"

uint16_t es_frame_width(const struct es_frame *frame) { return frame->turn & 1 ? frame->height : frame->width; }

uint16_t es_frame_height(const struct es_frame *frame) { return frame->turn & 1 ? frame->width : frame->height; }

static void from_rgb565(uint32_t value, uint8_t *rgb)
{
    uint32_t red = value >> 11, green = value >> 5 & 63, blue = value & 31;
    rgb[0] = (uint8_t)(red << 3 | red >> 2);
    rgb[1] = (uint8_t)(green << 2 | green >> 4);
    rgb[2] = (uint8_t)(blue << 3 | blue >> 2);
}

static uint8_t clipped(int32_t scaled)
{
    int32_t value = scaled >> 20;
    return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* BT.601 in the rounding of OpenCV. */
static void from_yuv(int32_t y, int32_t u, int32_t v, uint8_t *rgb)
{
    int32_t light = (y < 16 ? 0 : y - 16) * 1220542 + (1 << 19);
    rgb[0] = clipped(light + 1673527 * (v - 128));
    rgb[1] = clipped(light - 852492 * (v - 128) - 409993 * (u - 128));
    rgb[2] = clipped(light + 2116026 * (u - 128));
}

static void convert(const struct es_frame *frame, uint32_t x, uint32_t y, uint8_t *rgb)
{
    uint32_t index = y * frame->width + x;
    const uint8_t *pixel = frame->pixels + 2 * index;
    switch (frame->format) {
    case ES_FORMAT_RGB565:
        from_rgb565(pixel[0] | (uint32_t)pixel[1] << 8, rgb);
        break;
    case ES_FORMAT_RGB565BE:
        from_rgb565(pixel[1] | (uint32_t)pixel[0] << 8, rgb);
        break;
    case ES_FORMAT_GRAY:
        rgb[0] = rgb[1] = rgb[2] = frame->pixels[index];
        break;
    case ES_FORMAT_YUYV:
        from_yuv(pixel[0], pixel[x & 1 ? -1 : 1], pixel[x & 1 ? 1 : 3], rgb);
        break;
    default:
        for (uint32_t channel = 0; channel < 3; channel++)
            rgb[channel] = frame->pixels[3 * index + channel];
    }
}

void es_frame_pixel(const struct es_frame *frame, uint32_t x, uint32_t y, uint8_t *rgb)
{
    uint32_t right = frame->width - 1u, bottom = frame->height - 1u;
    switch (frame->turn) {
    case 1:
        convert(frame, right - y, x, rgb);
        break;
    case 2:
        convert(frame, right - x, bottom - y, rgb);
        break;
    case 3:
        convert(frame, y, bottom - x, rgb);
        break;
    default:
        convert(frame, x, y, rgb);
    }
}
