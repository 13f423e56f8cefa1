/* Signatures of galleries with libsodium. */
#ifndef ES_VERIFY_SODIUM_H
#define ES_VERIFY_SODIUM_H

#include "es_gallery.h"

bool es_verify_sodium(const uint8_t *key, const uint8_t *signature, const uint8_t *header, const uint8_t *payload, uint32_t size);

#endif
