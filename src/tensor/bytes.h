/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Little-endian numbers at any address. */
#ifndef LLN_TENSOR_BYTES_H
#define LLN_TENSOR_BYTES_H

#include <stdint.h>

static inline uint16_t lln_get_u16(const unsigned char *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

static inline uint32_t lln_get_u32(const unsigned char *at)
{
    return lln_get_u16(at) | (uint32_t)lln_get_u16(at + 2) << 16;
}

static inline uint64_t lln_get_u64(const unsigned char *at)
{
    return lln_get_u32(at) | (uint64_t)lln_get_u32(at + 4) << 32;
}

#endif
