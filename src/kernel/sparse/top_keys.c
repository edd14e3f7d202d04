/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/sparse/top_keys.h"

#include <stdbool.h>
#include <stdlib.h>

/* Whether a ranks below b: a smaller value, or the same value and a higher
 * index. */
static bool below(const double *x, uint32_t a, uint32_t b)
{
    double difference = x[a] - x[b];
    return difference != 0 ? difference < 0 : b < a;
}

/* Moves the key at position `at` of a heap [k], whose smallest key is on top,
 * down to its place. */
static void sift(const double *x, uint32_t *heap, size_t k, size_t at)
{
    uint32_t key = heap[at];
    for (size_t child; (child = 2 * at + 1) < k; at = child) {
        if (child + 1 < k && below(x, heap[child + 1], heap[child]))
            child++;
        if (!below(x, heap[child], key))
            break;
        heap[at] = heap[child];
    }
    heap[at] = key;
}

int lln_compare_keys(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

void lln_top_keys(const double *x, size_t count, size_t k, uint32_t *keys)
{
    for (size_t j = 0; j < k; j++)
        keys[j] = (uint32_t)j;
    if (k == 0 || k == count)
        return;
    for (size_t at = k / 2; at-- > 0;)
        sift(x, keys, k, at);
    for (size_t j = k; j < count; j++)
        if (x[j] > x[keys[0]]) {
            keys[0] = (uint32_t)j;
            sift(x, keys, k, 0);
        }
    qsort(keys, k, sizeof *keys, lln_compare_keys);
}
