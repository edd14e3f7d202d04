/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * With G = A'A: G V = V T + W R, where rows of the arrays v and w are the
 * orthonormal vectors of V and of the next block W, T = V'G V is full, and only
 * the vectors that were added last have a part R in W. A restart replaces V by
 * Ritz vectors, which makes T diagonal. */
#include "measure/singular_lanczos.h"

#include <cblas.h>
#include <float.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/random.h"
#include "measure/operator_visit.h"
#include "measure/spectrum_internal.h"

enum {
    BLOCKS = 16, /* of the basis, at least */
    GUARD = 4,   /* values that must be known roughly */
    CHUNK = 512  /* entries of vectors that are turned at a time */
};

static const double ROUGH = 1e-3, /* relative residual of guards */
    NOTHING = 1e-14;              /* the direction of a product is lost */

typedef struct {
    lln_columns *by;
    const lln_singular_search *how;
    size_t m, b, most; /* most: vectors of V */
    size_t used, drawn;
    double *v;     /* [most + b x m] */
    double *y;     /* [b x m] */
    double *c;     /* [b x most + b], or scratch of a chunk */
    double *t;     /* [most x most] */
    double *q;     /* Ritz vectors, number k at q + k used, ascending */
    double *theta; /* [most], ascending */
    double *r;     /* [b x b], column-major */
    double *tau;   /* [b] */
    double scale;  /* length of the longest product so far */
} lanczos;

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
    double rows = (double)n, keys = (double)m, b = (double)block;
    double most = (double)basis_size(m, block, wanted);
    double refined = (double)(wanted + GUARD) * (2 * rows + keys);
    double sums = LLN_OPERATOR_GROUPS * b * keys;
    return (keys * (most + 2 * b) + 3 * most * most + refined + sums) *
           sizeof(double);
}

static void lanczos_free(lanczos *l)
{
    double *parts[] = {l->v, l->y, l->c, l->t, l->q, l->theta, l->r, l->tau};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        free(parts[i]);
}

static lln_status lanczos_alloc(lln_columns *by, const lln_singular_search *how,
                                lanczos *l)
{
    size_t m = by->op->m, b = by->most;
    size_t most = basis_size(m, b, how->wanted);
    *l = (lanczos){.by = by, .how = how, .m = m, .b = b, .most = most};
    l->v = lln_array_alloc((most + b) * m, sizeof(double));
    l->y = lln_array_alloc(b * m, sizeof(double));
    l->c = lln_array_alloc(most * CHUNK, sizeof(double));
    l->t = lln_array_alloc(most * most, sizeof(double));
    l->q = lln_array_alloc(most * most, sizeof(double));
    l->theta = lln_array_alloc(most, sizeof(double));
    l->r = lln_array_alloc(b * b, sizeof(double));
    l->tau = lln_array_alloc(b, sizeof(double));
    if (l->v && l->y && l->c && l->t && l->q && l->theta && l->r && l->tau)
        return LLN_OK;
    lanczos_free(l);
    return LLN_ENOMEM;
}

/* Uniform in (-1, 1). */
static void draw(lanczos *l, double *row)
{
    for (size_t i = 0; i < l->m; i++)
        row[i] = (double)(lln_random_number(l->drawn, i) >> 11) * 0x1p-52 - 1;
    l->drawn++;
}

/* c [b x count] = y V', y -= c V, for the first `count` vectors. */
static void project(lanczos *l, size_t count)
{
    int m = (int)l->m, b = (int)l->b, some = (int)count;
    if (count == 0)
        return;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, b, some, m, 1, l->y, m,
                l->v, m, 0, l->c, some);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, b, m, some, -1, l->c,
                some, l->v, m, 1, l->y, m);
}

/* y = Q R by Householder reflections; Q replaces y. */
static lln_status factorise(lanczos *l, double *r)
{
    lapack_int m = (lapack_int)l->m, b = (lapack_int)l->b;
    lapack_int info = LAPACKE_dgeqrf(LAPACK_COL_MAJOR, m, b, l->y, m, l->tau);
    LLN_TRY(lln_spectrum_lapack("dgeqrf", (int)info));
    for (size_t j = 0; r && j < l->b; j++)
        for (size_t i = 0; i < l->b; i++)
            r[j * l->b + i] = i <= j ? l->y[j * l->m + i] : 0;
    info = LAPACKE_dorgqr(LAPACK_COL_MAJOR, m, b, b, l->y, m, l->tau);
    return lln_spectrum_lapack("dorgqr", (int)info);
}

/* Makes y, orthogonal to the first `count` vectors up to rounding, the
 * orthonormal block that follows them. Directions that are lost become
 * random. */
static lln_status settle(lanczos *l, size_t count)
{
    LLN_TRY(factorise(l, l->r));
    for (size_t c = 0; c < l->b; c++)
        if (!(fabs(l->r[c * l->b + c]) > NOTHING * l->scale))
            draw(l, l->y + c * l->m);
    for (int round = 0; round < 2; round++) {
        project(l, count);
        LLN_TRY(factorise(l, NULL));
    }
    memcpy(l->v + count * l->m, l->y, l->b * l->m * sizeof *l->y);
    return LLN_OK;
}

/* The next block is random. */
static lln_status start(lanczos *l)
{
    for (size_t c = 0; c < l->b; c++)
        draw(l, l->y + c * l->m);
    return settle(l, l->used);
}

/* Multiplies the last block and adds it to V. */
static lln_status expand(lanczos *l)
{
    size_t at = l->used, total = at + l->b, m = l->m;
    LLN_TRY(lln_columns_gram(l->by, l->v + at * m, l->b, l->y));
    for (size_t c = 0; c < l->b; c++)
        l->scale = fmax(l->scale, cblas_dnrm2((int)m, l->y + c * m, 1));
    for (size_t c = 0; c < l->b; c++)
        memset(l->t + (at + c) * l->most, 0, total * sizeof *l->t);
    for (int round = 0; round < 2; round++) {
        project(l, total);
        for (size_t c = 0; c < l->b; c++)
            cblas_daxpy((int)total, 1, l->c + c * total, 1,
                        l->t + (at + c) * l->most, 1);
    }
    for (size_t c = at; c < total; c++)
        for (size_t i = 0; i < c; i++)
            l->t[i * l->most + c] = l->t[c * l->most + i];
    l->used = total;
    return settle(l, total);
}

static lln_status decompose(lanczos *l)
{
    lapack_int used = (lapack_int)l->used;
    for (size_t i = 0; i < l->used; i++)
        memcpy(l->q + i * l->used, l->t + i * l->most, l->used * sizeof *l->q);
    lapack_int info =
        LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'U', used, l->q, used, l->theta);
    return lln_spectrum_lapack("dsyevd", (int)info);
}

/* ||R (last entries of the Ritz vector with that rank)|| */
static double estimate(const lanczos *l, size_t rank)
{
    const double *q = l->q + (l->used - rank) * l->used - l->b;
    double square = 0;
    for (size_t i = 0; i < l->b; i++) {
        double sum = 0;
        for (size_t j = i; j < l->b; j++)
            sum += l->r[j * l->b + i] * q[j];
        square += sum * sum;
    }
    return sqrt(square);
}

static bool converged(const lanczos *l)
{
    size_t wanted = l->how->wanted, used = l->used;
    if (used < wanted + GUARD)
        return false;
    double top = sqrt(fmax(l->theta[used - 1], 0));
    double e = 4 * DBL_EPSILON * fmax(l->how->norm, top);
    double last = fmax(l->theta[used - wanted], 0);
    for (size_t i = 0; i < wanted + GUARD; i++) {
        double allowed = i < wanted ? l->how->tolerance * l->theta[used - 1 - i]
                                    : ROUGH * last;
        if (!(estimate(l, i) <= allowed + e * (top + e)))
            return false;
    }
    return true;
}

/* Replaces V by the `keep` largest Ritz vectors, largest first, and keeps the
 * next block. */
static void turn(lanczos *l, size_t keep)
{
    int m = (int)l->m, used = (int)l->used, some = (int)keep;
    for (size_t i = 0; i < keep / 2; i++) /* of the last `keep`, in reverse */
        cblas_dswap(used, l->q + (l->used - 1 - i) * l->used, 1,
                    l->q + (l->used - keep + i) * l->used, 1);
    const double *q = l->q + (l->used - keep) * l->used;
    for (size_t i = 0; i < l->m; i += CHUNK) {
        size_t here = lln_size_smaller(CHUNK, l->m - i);
        cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, some, (int)here,
                    used, 1, q, used, l->v + i, m, 0, l->c, (int)here);
        for (size_t k = 0; k < keep; k++)
            memcpy(l->v + k * l->m + i, l->c + k * here, here * sizeof *l->c);
    }
    memmove(l->v + keep * l->m, l->v + l->used * l->m,
            l->b * l->m * sizeof *l->v);
    memset(l->t, 0, l->most * l->most * sizeof *l->t);
    for (size_t k = 0; k < keep; k++)
        l->t[k * l->most + k] = l->theta[l->used - 1 - k];
    l->used = keep;
}

/* Expands until the values have converged, or *passes are used up. */
static lln_status iterate(lanczos *l, int *passes)
{
    size_t checked = 0;
    for (;; (*passes)--) {
        if (l->used > 0 && l->used + l->b > l->most) {
            turn(l, lln_size_smaller(l->most / 2, l->used));
            checked = 0;
        }
        LLN_TRY(expand(l));
        bool full = l->used + l->b > l->most || *passes <= 1;
        /* T costs more than a pass if it is decomposed each time. */
        if (!full && l->used < checked + checked / 4)
            continue;
        checked = l->used;
        LLN_TRY(decompose(l));
        if (converged(l) || *passes <= 1)
            return LLN_OK;
    }
}

/* A block of b vectors may miss copies of a value beyond the first b. They show
 * up from a new random block. */
static lln_status find_vectors(lanczos *l)
{
    int passes = l->how->passes;
    LLN_TRY(start(l));
    LLN_TRY(iterate(l, &passes));
    if (2 * l->how->wanted > l->b && passes > 1) {
        turn(l, l->how->wanted);
        LLN_TRY(start(l));
        LLN_TRY(iterate(l, &passes));
    }
    turn(l, lln_size_smaller(l->how->wanted + GUARD, l->used));
    return LLN_OK;
}

lln_status lln_singular_lanczos(lln_columns *by, const lln_singular_search *how,
                                lln_singular_value *values)
{
    lanczos l;
    LLN_TRY(lanczos_alloc(by, how, &l));
    lln_status status = find_vectors(&l);
    if (status == LLN_OK)
        status = lln_singular_vectors(by, how, l.v, l.used, values);
    lanczos_free(&l);
    return status;
}
