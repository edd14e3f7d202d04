/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The loops are in row_top.inc, once for both precisions. */
#include "measure/row_top.h"

#include <math.h>
#include <stdbool.h>

#include "core/vector_math.h"

/* Groups of keys in the search for the largest. */
enum { GROUPS = 256, LEAST_GROUP = 16 };

#define LLN_BODY "measure/row_top.inc"
#include "core/both_precisions.h"

static bool contains(const size_t *keys, size_t count, size_t key)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += keys[i] == key;
    return found > 0;
}

/* Few keys that are not common pass the test of their last bits. */
size_t lln_row_common(const size_t *keys, size_t count, const size_t *others,
                      size_t other_count)
{
    enum { BITS = 4096 };
    bool seen[BITS] = {false};
    size_t common = 0;
    for (size_t i = 0; i < other_count; i++)
        seen[others[i] % BITS] = true;
    for (size_t i = 0; i < count; i++)
        common +=
            seen[keys[i] % BITS] && contains(others, other_count, keys[i]);
    return common;
}

/* Signs of x minus each of others [count], summed. */
LLN_CLONES static double add_signs(double x, const double *others, size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t i = 0; i < count; i++)
        sum += (x > others[i] ? 1.0 : 0.0) - (x < others[i] ? 1.0 : 0.0);
    return sum;
}

double lln_row_order(const double *p, const double *r, size_t count)
{
    double pairs = 0, agreement = 0;
    for (size_t a = 0, equal = 0; a < count; a++) {
        while (equal < count && r[equal] == r[a])
            equal++; /* the first key with a smaller entry */
        equal = equal > a ? equal : a + 1;
        pairs += (double)(count - equal);
        agreement += add_signs(p[a], p + equal, count - equal);
    }
    return pairs > 0 ? agreement / pairs : NAN;
}
