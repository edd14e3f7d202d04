/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/singular_vectors.h"

#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "measure/spectrum_internal.h"

enum { STEPS = 3 };

typedef struct {
    lln_columns *by;
    const lln_singular_search *how;
    size_t n, m, count;
    double *v, *z;    /* [count x m], V and A'U */
    double *u, *w;    /* [count x n], U and A V */
    double *sigma;    /* [count] */
    double *rotation; /* [count x count] */
} pairs;

/* A V or A'U, a block of rows at a time. */
static lln_status multiply(const pairs *p, bool transposed, const double *from,
                           double *to)
{
    size_t in = transposed ? p->n : p->m, out = transposed ? p->m : p->n;
    for (size_t k = 0; k < p->count; k += p->by->most) {
        size_t here = lln_size_smaller(p->by->most, p->count - k);
        LLN_TRY((transposed ? lln_columns_transposed : lln_columns_product)(
            p->by, from + k * in, here, to + k * out));
    }
    return LLN_OK;
}

/* to [count x size] = rotation from */
static void rotate(const pairs *p, const double *from, size_t size, double *to)
{
    int count = (int)p->count;
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, count, (int)size,
                count, 1, p->rotation, count, from, (int)size, 0, to,
                (int)size);
}

/* By the decomposition of A V, V becomes the right singular vectors on its
 * space, and U the left ones; W and Z are their products. */
static lln_status decompose(pairs *p)
{
    lapack_int n = (lapack_int)p->n, count = (lapack_int)p->count;
    size_t right = p->count * p->m * sizeof *p->v;
    size_t left = p->count * p->n * sizeof *p->w;
    LLN_TRY(multiply(p, false, p->v, p->w));
    memcpy(p->u, p->w, left);
    lapack_int info = LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'O', n, count, p->u, n,
                                     p->sigma, NULL, n, p->rotation, count);
    LLN_TRY(lln_spectrum_lapack("dgesdd", (int)info));
    memcpy(p->z, p->v, right);
    rotate(p, p->z, p->m, p->v);
    LLN_TRY(multiply(p, false, p->v, p->w));
    return multiply(p, true, p->u, p->z);
}

/* || row k of a - sigma (row k of x) || */
static double distance(const double *a, const double *x, size_t size,
                       double sigma)
{
    double square = 0;
    for (size_t i = 0; i < size; i++)
        square += (a[i] - sigma * x[i]) * (a[i] - sigma * x[i]);
    return sqrt(square);
}

/* Whether all residuals are as small as they should be. */
static bool judge(const pairs *p, lln_singular_value *values)
{
    bool good = true;
    double norm = fmax(p->how->norm, p->sigma[0]);
    for (size_t k = 0; k < p->how->wanted; k++) {
        double s = p->sigma[k];
        double left = distance(p->w + k * p->n, p->u + k * p->n, p->n, s);
        double right = distance(p->z + k * p->m, p->v + k * p->m, p->m, s);
        values[k] = (lln_singular_value){s, fmax(left, right)};
        good &= values[k].residual <=
                p->how->tolerance * s + 4 * DBL_EPSILON * norm;
    }
    return good;
}

/* V = orth(Z) */
static lln_status advance(pairs *p)
{
    lapack_int m = (lapack_int)p->m, count = (lapack_int)p->count;
    memcpy(p->v, p->z, p->count * p->m * sizeof *p->v);
    lapack_int info =
        LAPACKE_dgeqrf(LAPACK_COL_MAJOR, m, count, p->v, m, p->sigma);
    LLN_TRY(lln_spectrum_lapack("dgeqrf", (int)info));
    info = LAPACKE_dorgqr(LAPACK_COL_MAJOR, m, count, count, p->v, m, p->sigma);
    return lln_spectrum_lapack("dorgqr", (int)info);
}

static lln_status refine(pairs *p, lln_singular_value *values)
{
    for (int step = 0;; step++) {
        LLN_TRY(decompose(p));
        if (judge(p, values) || step == STEPS)
            return LLN_OK;
        LLN_TRY(advance(p));
    }
}

lln_status lln_singular_vectors(lln_columns *by, const lln_singular_search *how,
                                double *v, size_t count,
                                lln_singular_value *values)
{
    size_t n = by->op->n, m = by->op->m;
    size_t size = count * (m + 2 * n + 1 + count);
    double *memory = lln_array_alloc_raw(size, sizeof *memory);
    pairs p = {.by = by, .how = how, .n = n, .m = m, .count = count, .v = v};
    if (!memory)
        return LLN_ENOMEM;
    p.z = memory;
    p.u = p.z + count * m;
    p.w = p.u + count * n;
    p.sigma = p.w + count * n;
    p.rotation = p.sigma + count;
    lln_status status = refine(&p, values);
    free(memory);
    return status;
}
