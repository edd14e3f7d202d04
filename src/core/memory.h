/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Checked sizes and aligned arrays. */
#ifndef LLN_CORE_MEMORY_H
#define LLN_CORE_MEMORY_H

#include <stddef.h>

#include "core/status.h"

/* product = a b, or LLN_ENOMEM if it does not fit in size_t. */
LLN_NODISCARD lln_status lln_size_multiply(size_t a, size_t b, size_t *product);

static inline size_t lln_size_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* A zeroed array of count elements of `size` bytes, aligned for vector loads;
 * the caller owns it and releases it with free(). count = 0 gives a valid
 * pointer. NULL (with a message that states the size) when there is no room. */
void *lln_array_alloc(size_t count, size_t size);

/* The same without the zeros, for large arrays that are written before they
 * are read: clearing 512 MB on one thread takes longer than filling it with
 * random numbers on two. */
void *lln_array_alloc_raw(size_t count, size_t size);

/* A malloc'd array with room for one element behind `count` of `size` bytes,
 * moved if need be; NULL is the array of none. Room doubles, and is the
 * smallest power of two that takes the elements, so that nobody has to keep it.
 * NULL: LLN_ENOMEM has been told, and the array stays as it was. */
void *lln_array_grow(void *array, size_t count, size_t size);

/* Bytes of memory that the machine can still give without swapping
 * (MemAvailable); SIZE_MAX where the system does not say. */
size_t lln_memory_available(void);

#endif
