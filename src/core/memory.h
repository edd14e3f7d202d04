/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sizes checked for overflow, and aligned arrays. */
#ifndef LLN_CORE_MEMORY_H
#define LLN_CORE_MEMORY_H

#include <stddef.h>

#include "core/status.h"

/* *product = a b. LLN_ENOMEM if it does not fit in size_t. */
LLN_NODISCARD lln_status lln_size_multiply(size_t a, size_t b, size_t *product);

static inline size_t lln_size_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

static inline size_t lln_size_larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* A zeroed array of `count` elements of `size` bytes, aligned for vector loads.
 * The caller frees it with free(). count = 0 gives a valid pointer. Returns
 * NULL if there is no memory; the message states the size. */
void *lln_array_alloc(size_t count, size_t size);

/* The same, but not zeroed, for large arrays that are written before they are
 * read. Clearing 512 MB on one thread takes longer than filling them with
 * random numbers on two. */
void *lln_array_alloc_raw(size_t count, size_t size);

/* The same for an array of many MiB that is read again and again: in large
 * pages if the system has them. Reading 16 MiB in pages of 4 KiB takes a fifth
 * longer. */
void *lln_array_alloc_swept(size_t count, size_t size);

/* Grows a malloc'd array of `count` elements of `size` bytes so that it has
 * room for one more. The array may move; NULL is the empty array. Capacity is
 * the smallest power of two that fits, so that the caller need not store it.
 * Returns NULL on LLN_ENOMEM, with a message; the array is then unchanged. */
void *lln_array_grow(void *array, size_t count, size_t size);

/* Bytes of memory that are available without swapping (MemAvailable); SIZE_MAX
 * if the system does not say. */
size_t lln_memory_available(void);

#endif
