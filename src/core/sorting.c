/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/sorting.h"

#include <stdlib.h>

int lln_compare_sizes(const void *first, const void *second)
{
    size_t a = *(const size_t *)first, b = *(const size_t *)second;
    return (a > b) - (a < b);
}

int lln_compare_reals(const void *first, const void *second)
{
    double a = *(const double *)first, b = *(const double *)second;
    return (a > b) - (a < b);
}

size_t lln_sort_unique(size_t *numbers, size_t count)
{
    size_t unique = 0;
    if (count > 0)
        qsort(numbers, count, sizeof *numbers, lln_compare_sizes);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || numbers[i] != numbers[i - 1])
            numbers[unique++] = numbers[i];
    return unique;
}
