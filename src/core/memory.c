/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
    ALIGNMENT = 64,       /* one AVX-512 register, one cache line */
    LARGE_PAGE = 1 << 21, /* of x86-64 and of most other processors */
};

lln_status lln_size_multiply(size_t a, size_t b, size_t *product)
{
    if (__builtin_mul_overflow(a, b, product))
        return lln_fail(LLN_ENOMEM, "%zu x %zu elements: too large", a, b);
    return LLN_OK;
}

/* Allocates *bytes = count size, rounded up to complete units. */
static void *allocate_units(size_t count, size_t size, size_t unit,
                            size_t *bytes)
{
    if (lln_size_multiply(count, size, bytes) != LLN_OK)
        return NULL;
    if (*bytes > SIZE_MAX - unit) {
        (void)lln_fail(LLN_ENOMEM, "out of memory: %zu bytes", *bytes);
        return NULL;
    }
    *bytes = (*bytes + unit) / unit * unit;
    void *array = aligned_alloc(unit, *bytes);
    if (!array)
        (void)lln_fail(LLN_ENOMEM, "out of memory: %zu bytes", *bytes);
    return array;
}

void *lln_array_alloc(size_t count, size_t size)
{
    size_t bytes;
    void *array = allocate_units(count, size, ALIGNMENT, &bytes);
    return array ? memset(array, 0, bytes) : NULL;
}

void *lln_array_alloc_raw(size_t count, size_t size)
{
    size_t bytes;
    return allocate_units(count, size, ALIGNMENT, &bytes);
}

void *lln_array_alloc_swept(size_t count, size_t size)
{
    size_t bytes;
    if (size > 0 && count < (size_t)LARGE_PAGE / size)
        return lln_array_alloc_raw(count, size);
    void *array = allocate_units(count, size, LARGE_PAGE, &bytes);
    if (array)
        (void)madvise(array, bytes, MADV_HUGEPAGE); /* else small pages */
    return array;
}

void *lln_array_grow(void *array, size_t count, size_t size)
{
    size_t bytes = size;
    if (count & (count - 1)) /* not full: the capacity is a power of two */
        return array;
    if (count > 0 && lln_size_multiply(count, 2 * size, &bytes) != LLN_OK)
        return NULL;
    void *larger = realloc(array, bytes);
    if (!larger)
        (void)lln_fail(LLN_ENOMEM, "out of memory: %zu bytes", bytes);
    return larger;
}

size_t lln_memory_available(void)
{
    FILE *info = fopen("/proc/meminfo", "r");
    if (!info)
        return SIZE_MAX;
    char line[128];
    size_t kibibytes = SIZE_MAX / 1024;
    while (fgets(line, sizeof line, info))
        if (strncmp(line, "MemAvailable:", 13) == 0)
            kibibytes = strtoull(line + 13, NULL, 10);
    fclose(info);
    return kibibytes * 1024;
}
