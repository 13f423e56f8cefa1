/* CRC-32 of zlib and Ethernet. */
#ifndef ES_CRC32_H
#define ES_CRC32_H

#include <stdint.h>

/* The CRC of bytes, or of more bytes behind those that gave `crc`. It begins with 0. */
uint32_t es_crc32(uint32_t crc, const void *data, uint32_t size);

#endif
