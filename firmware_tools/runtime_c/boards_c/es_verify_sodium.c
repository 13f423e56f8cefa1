/* Verifies signatures of galleries with libsodium: the es_verify_fn of es_gallery.h. Compile it where the SDK has libsodium
 * (ESP-IDF has it as a component), and call sodium_init first. */
#include "es_verify_sodium.h"

#include <sodium.h>
#include <string.h>

#define PREFIX_SIZE 16

bool es_verify_sodium(const uint8_t *key, const uint8_t *signature, const uint8_t *header, const uint8_t *payload, uint32_t size)
{
    uint8_t message[PREFIX_SIZE + crypto_hash_sha256_BYTES];
    crypto_hash_sha256_state hash;
    memcpy(message, ESG_SIGNATURE_PREFIX, PREFIX_SIZE);
    crypto_hash_sha256_init(&hash);
    crypto_hash_sha256_update(&hash, header, sizeof(struct esg_header));
    crypto_hash_sha256_update(&hash, payload, size);
    crypto_hash_sha256_final(&hash, message + PREFIX_SIZE);
    return crypto_sign_verify_detached(signature, message, sizeof message, key) == 0;
}
