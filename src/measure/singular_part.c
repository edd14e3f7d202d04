/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/singular_part.h"

#include <math.h>

#include "core/memory.h"
#include "measure/lanczos.h"
#include "measure/operator_visit.h"

size_t lln_singular_part_count(const double *sigma, size_t count,
                               const lln_singular_part *part)
{
    double sum = 0, aim = (part->fraction - part->slack) * part->total;
    for (size_t r = 0; r < count; r++) {
        sum += sigma[r] * sigma[r];
        if (sum >= aim)
            return r + 1;
    }
    return count;
}

/* Vectors of the basis: up to twice as many as values are needed. */
static size_t basis_size(size_t m, size_t block, size_t most)
{
    return lln_size_smaller(2 * most + 4 * block, m - block);
}

double lln_singular_part_bytes(size_t m, size_t block, size_t most)
{
    double sums = (double)(LLN_OPERATOR_GROUPS * block) * (double)m;
    return lln_lanczos_bytes(m, block, basis_size(m, block, most)) +
           sums * sizeof(double);
}

static lln_status apply(void *by, const double *x, size_t columns, double *y)
{
    return lln_columns_gram(by, x, columns, y);
}

/* Upper bound of the sum of the `count` largest eigenvalues, from Ritz values
 * with an error each. */
static double upper_sum(const lln_lanczos *l, size_t count)
{
    double sum = 0;
    double next = count < l->used ? lln_lanczos_value(l, count) : 0;
    for (size_t i = 0; i < count; i++) {
        double value = lln_lanczos_value(l, i);
        double residual = lln_lanczos_residual(l, i);
        double gap = value - next;
        sum += value + (residual < gap ? residual * residual / gap : residual);
    }
    return sum;
}

/* Whether `most` values cannot hold `aim`: no eigenvalue is larger than one
 * before it, of which a rough value with its error is known. */
static bool is_beyond(const lln_lanczos *l, size_t most, double aim)
{
    const double known = 0.1;
    double sum = 0;
    for (size_t i = 0; i < l->used && i < most; i++) {
        double value = lln_lanczos_value(l, i);
        double residual = lln_lanczos_residual(l, i);
        if (residual > known * value)
            return false;
        sum += value + residual;
        if (sum >= aim)
            return false;
        if (sum + (double)(most - i - 1) * (value + residual) < aim)
            return true;
    }
    return false;
}

/* The rank that the Ritz values give, if they settle it. */
static lln_part_status judge(const lln_lanczos *l,
                             const lln_singular_part *part, size_t *rank)
{
    double sum = 0, aim = (part->fraction - part->slack) * part->total;
    size_t r = 0;
    if (is_beyond(l, part->most, aim))
        return LLN_PART_BEYOND;
    while (r < l->used && sum < aim)
        sum += fmax(lln_lanczos_value(l, r++), 0);
    if (sum < aim || r > part->most || upper_sum(l, r - 1) >= aim)
        return LLN_PART_UNCERTAIN;
    *rank = r;
    return LLN_PART_KNOWN;
}

static lln_status iterate(lln_lanczos *l, const lln_singular_part *part,
                          size_t *rank, lln_part_status *known)
{
    size_t checked = 0;
    while (l->used + l->b <= l->most) {
        LLN_TRY(lln_lanczos_expand(l));
        bool full = l->used + l->b > l->most;
        /* T costs more than a pass if it is decomposed each time. */
        if (!full && l->used < checked + checked / 4)
            continue;
        checked = l->used;
        LLN_TRY(lln_lanczos_decompose(l));
        *known = judge(l, part, rank);
        if (*known != LLN_PART_UNCERTAIN)
            return LLN_OK;
    }
    return LLN_OK;
}

lln_status lln_singular_part_search(lln_columns *by,
                                    const lln_singular_part *part, size_t *rank,
                                    lln_part_status *known)
{
    lln_lanczos l;
    size_t m = by->op->m, b = by->most;
    *known = LLN_PART_UNCERTAIN;
    LLN_TRY(
        lln_lanczos_open(apply, by, m, b, basis_size(m, b, part->most), &l));
    lln_status status = lln_lanczos_start(&l);
    if (status == LLN_OK)
        status = iterate(&l, part, rank, known);
    lln_lanczos_close(&l);
    return status;
}
