/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/singular_lanczos.h"

#include <float.h>
#include <math.h>

#include "core/memory.h"
#include "measure/lanczos.h"
#include "measure/operator_visit.h"

enum {
    BLOCKS = 16, /* of the basis, at least */
    GUARD = 4    /* values that must be known roughly */
};

static const double ROUGH = 1e-3; /* relative residual of guards */

size_t lln_singular_block(size_t m)
{
    return m <= 16384 ? 32 : m <= 65536 ? 16 : 8;
}

/* Vectors of V. */
static size_t basis_size(size_t m, size_t block, size_t wanted)
{
    size_t most = 2 * (wanted + GUARD) + 4 * block;
    most = most > BLOCKS * block ? most : BLOCKS * block;
    return lln_size_smaller(most, m - block);
}

double lln_singular_lanczos_bytes(size_t n, size_t m, size_t block,
                                  size_t wanted)
{
    double rows = (double)n, keys = (double)m;
    double refined = (double)(wanted + GUARD) * (2 * rows + keys);
    double sums = (double)(LLN_OPERATOR_GROUPS * block) * keys;
    return lln_lanczos_bytes(m, block, basis_size(m, block, wanted)) +
           (refined + sums) * sizeof(double);
}

static lln_status apply(void *by, const double *x, size_t columns, double *y)
{
    return lln_columns_gram(by, x, columns, y);
}

static bool converged(const lln_lanczos *l, const lln_singular_search *how)
{
    size_t wanted = how->wanted;
    if (l->used < wanted + GUARD)
        return false;
    double top = sqrt(fmax(lln_lanczos_value(l, 0), 0));
    double e = 4 * DBL_EPSILON * fmax(how->norm, top);
    double last = fmax(lln_lanczos_value(l, wanted - 1), 0);
    for (size_t i = 0; i < wanted + GUARD; i++) {
        double allowed = i < wanted ? how->tolerance * lln_lanczos_value(l, i)
                                    : ROUGH * last;
        if (!(lln_lanczos_residual(l, i) <= allowed + e * (top + e)))
            return false;
    }
    return true;
}

/* Expands until the values have converged, or *passes are used up. */
static lln_status iterate(lln_lanczos *l, const lln_singular_search *how,
                          int *passes)
{
    size_t checked = 0;
    for (;; (*passes)--) {
        if (l->used > 0 && l->used + l->b > l->most) {
            lln_lanczos_turn(l, lln_size_smaller(l->most / 2, l->used));
            checked = 0;
        }
        LLN_TRY(lln_lanczos_expand(l));
        bool full = l->used + l->b > l->most || *passes <= 1;
        /* T costs more than a pass if it is decomposed each time. */
        if (!full && l->used < checked + checked / 4)
            continue;
        checked = l->used;
        LLN_TRY(lln_lanczos_decompose(l));
        if (converged(l, how) || *passes <= 1)
            return LLN_OK;
    }
}

/* A block of b vectors may miss copies of a value beyond the first b. They show
 * up from a new random block. */
static lln_status find_vectors(lln_lanczos *l, const lln_singular_search *how)
{
    int passes = how->passes;
    LLN_TRY(lln_lanczos_start(l));
    LLN_TRY(iterate(l, how, &passes));
    if (2 * how->wanted > l->b && passes > 1) {
        lln_lanczos_turn(l, how->wanted);
        LLN_TRY(lln_lanczos_start(l));
        LLN_TRY(iterate(l, how, &passes));
    }
    lln_lanczos_turn(l, lln_size_smaller(how->wanted + GUARD, l->used));
    return LLN_OK;
}

lln_status lln_singular_lanczos(lln_columns *by, const lln_singular_search *how,
                                lln_singular_value *values)
{
    lln_lanczos l;
    size_t m = by->op->m;
    LLN_TRY(lln_lanczos_open(apply, by, m, by->most,
                             basis_size(m, by->most, how->wanted), &l));
    lln_status status = find_vectors(&l, how);
    if (status == LLN_OK)
        status = lln_singular_vectors(by, how, l.v, l.used, values);
    lln_lanczos_close(&l);
    return status;
}
