#include "es_real.h"

#define FRACTION_BITS 52
#define BIAS 1023
#define LEADING ((uint64_t)1 << FRACTION_BITS)

static uint64_t mantissa_of(uint64_t value) { return (value & (LEADING - 1)) | LEADING; }

static int32_t exponent_of(uint64_t value) { return (int32_t)(value >> FRACTION_BITS & 0x7FF); }

/* Rounds a mantissa with one more bit; `rest` tells whether anything is left behind that bit. */
static uint64_t rounded(uint64_t wide, bool rest, int32_t exponent)
{
    uint64_t mantissa = wide >> 1;
    if ((wide & 1) && (rest || (mantissa & 1)))
        mantissa++;
    if (mantissa == LEADING << 1) {
        mantissa >>= 1;
        exponent++;
    }
    return (uint64_t)exponent << FRACTION_BITS | (mantissa & (LEADING - 1));
}

uint64_t es_real_divide(uint64_t value, uint32_t divisor)
{
    uint64_t mantissa = mantissa_of(value), quotient = mantissa / divisor, rest = mantissa % divisor;
    int32_t exponent = exponent_of(value) + 1;
    while (quotient < LEADING << 1) {
        rest <<= 1;
        quotient = quotient << 1 | (rest >= divisor);
        rest -= rest >= divisor ? divisor : 0;
        exponent--;
    }
    return rounded(quotient, rest != 0, exponent);
}

uint64_t es_real_multiply(uint64_t a, uint64_t b)
{
    uint64_t x = mantissa_of(a), y = mantissa_of(b);
    uint64_t x_high = x >> 32, x_low = x & 0xFFFFFFFF, y_high = y >> 32, y_low = y & 0xFFFFFFFF;
    uint64_t low = x_low * y_low, middle = x_high * y_low + (low >> 32), other = x_low * y_high + (middle & 0xFFFFFFFF);
    uint64_t high = x_high * y_high + (middle >> 32) + (other >> 32); /* of 128 bits */
    low = other << 32 | (low & 0xFFFFFFFF);
    int32_t exponent = exponent_of(a) + exponent_of(b) - BIAS, kept = 64 - FRACTION_BITS + 1;
    if (high >> (2 * FRACTION_BITS + 1 - 64)) {
        exponent++;
        kept--;
    }
    /* The product has 105 or 106 bits, of which 54 are kept. */
    return rounded(high << kept | low >> (64 - kept), low << kept != 0, exponent);
}
