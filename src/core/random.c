/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/random.h"

uint64_t lln_random_number(uint64_t seed, uint64_t index)
{
    uint64_t x = seed + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
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
