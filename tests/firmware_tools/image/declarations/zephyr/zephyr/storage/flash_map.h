#pragma once
struct flash_area {
    int id;
};
enum { id_gallery_a, id_gallery_b, offset_gallery_a = 0x380000, offset_gallery_b = 0x3c0000 };
#define FIXED_PARTITION_ID(label) id_##label
#define FIXED_PARTITION_OFFSET(label) offset_##label
int flash_area_open(int id, const struct flash_area **area);
int flash_area_erase(const struct flash_area *area, off_t offset, size_t size);
int flash_area_write(const struct flash_area *area, off_t offset, const void *bytes, size_t size);
