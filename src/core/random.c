/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/random.h"

#include <math.h>

uint64_t lln_random_number(uint64_t seed, uint64_t index)
{
    uint64_t x = seed + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* The smallest whole number whose square is at least `count`. */
static uint64_t square_side(uint64_t count)
{
    uint64_t side = (uint64_t)sqrt((double)count);
    while (side * side < count)
        side++;
    return side;
}

/* Each pair of rounds divides the dependence of two entries on each other by
 * about `side`. After these, it is below 2^-20. */
static uint64_t count_rounds(uint64_t side)
{
    uint64_t bits = 1;
    while (side >> (bits + 1) > 0)
        bits++;
    return 4 + 40 / bits;
}

enum { PARITY = 63 }; /* an index that no round uses */

size_t lln_random_permuted(uint64_t seed, size_t count, size_t index)
{
    uint64_t side = square_side(count), at = index;
    uint64_t rounds = count_rounds(side);
    do {
        uint64_t left = at / side, right = at % side;
        for (uint64_t round = 0; round < rounds; round++) {
            uint64_t drawn = lln_random_number(seed, right << 6 | round);
            uint64_t sum = left + ((drawn >> 32) * side >> 32);
            left = right;
            right = sum < side ? sum : sum - side;
        }
        at = left * side + right;
    } while (at >= count);
    /* Where `side` is odd, the rounds may be even permutations alone. */
    return at < 2 && count > 1 ? at ^ (lln_random_number(seed, PARITY) & 1)
                               : at;
}

/* The finaliser of MurmurHash3 (Appleby 2011), a bijection. */
static uint32_t mix32(uint32_t x)
{
    x = (x ^ x >> 16) * UINT32_C(0x85ebca6b);
    x = (x ^ x >> 13) * UINT32_C(0xc2b2ae35);
    return x ^ x >> 16;
}

static uint32_t keyed_stream(uint64_t key, uint32_t stream)
{
    return mix32(mix32(stream ^ (uint32_t)key) + (uint32_t)(key >> 32));
}

uint32_t lln_random_seed(uint64_t seed, uint32_t stream)
{
    uint64_t key = lln_random_number(seed, 0);
    uint32_t mixed = keyed_stream(key, stream);
    /* The value of the number after the last stream replaces 0, so that the map
     * is still injective. */
    return mixed ? mixed : keyed_stream(key, LLN_RANDOM_STREAMS);
}
