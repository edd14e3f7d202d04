/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/lanczos.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/random.h"
#include "measure/spectrum_internal.h"

/* Entries of vectors that are turned at a time. */
enum { CHUNK = 512 };

/* The direction of a product is lost. */
static const double NOTHING = 1e-14;

double lln_lanczos_bytes(size_t m, size_t block, size_t most)
{
    double b = (double)block, size = (double)most;
    return ((double)m * (size + 2 * b) + 3 * size * size) * sizeof(double);
}

void lln_lanczos_close(lln_lanczos *l)
{
    double *parts[] = {l->v, l->y, l->c, l->t, l->q, l->theta, l->r, l->tau};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        free(parts[i]);
    *l = (lln_lanczos){0};
}

lln_status lln_lanczos_open(lln_lanczos_apply *apply, void *context, size_t m,
                            size_t block, size_t most, lln_lanczos *out)
{
    lln_lanczos l = {
        .apply = apply, .context = context, .m = m, .b = block, .most = most};
    l.v = lln_array_alloc((most + block) * m, sizeof(double));
    l.y = lln_array_alloc(block * m, sizeof(double));
    l.c =
        lln_array_alloc(most * CHUNK + block * (most + block), sizeof(double));
    l.t = lln_array_alloc(most * most, sizeof(double));
    l.q = lln_array_alloc(most * most, sizeof(double));
    l.theta = lln_array_alloc(most, sizeof(double));
    l.r = lln_array_alloc(block * block, sizeof(double));
    l.tau = lln_array_alloc(block, sizeof(double));
    *out = l;
    if (l.v && l.y && l.c && l.t && l.q && l.theta && l.r && l.tau)
        return LLN_OK;
    lln_lanczos_close(out);
    return LLN_ENOMEM;
}

void lln_lanczos_draw(lln_lanczos *l, size_t row)
{
    double *out = l->y + row * l->m;
    for (size_t i = 0; i < l->m; i++)
        out[i] = (double)(lln_random_number(l->drawn, i) >> 11) * 0x1p-52 - 1;
    l->drawn++;
}

/* c [b x count] = y V', y -= c V, for the first `count` vectors. */
static void project(lln_lanczos *l, size_t count)
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
static lln_status factorise(lln_lanczos *l, double *r)
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
static lln_status settle(lln_lanczos *l, size_t count)
{
    LLN_TRY(factorise(l, l->r));
    for (size_t c = 0; c < l->b; c++)
        if (!(fabs(l->r[c * l->b + c]) > NOTHING * l->scale))
            lln_lanczos_draw(l, c);
    for (int round = 0; round < 2; round++) {
        project(l, count);
        LLN_TRY(factorise(l, NULL));
    }
    memcpy(l->v + count * l->m, l->y, l->b * l->m * sizeof *l->y);
    return LLN_OK;
}

lln_status lln_lanczos_start_from(lln_lanczos *l)
{
    return settle(l, l->used);
}

lln_status lln_lanczos_start(lln_lanczos *l)
{
    for (size_t c = 0; c < l->b; c++)
        lln_lanczos_draw(l, c);
    return settle(l, l->used);
}

lln_status lln_lanczos_expand(lln_lanczos *l)
{
    size_t at = l->used, total = at + l->b, m = l->m;
    LLN_TRY(l->apply(l->context, l->v + at * m, l->b, l->y));
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

lln_status lln_lanczos_decompose(lln_lanczos *l)
{
    lapack_int used = (lapack_int)l->used;
    for (size_t i = 0; i < l->used; i++)
        memcpy(l->q + i * l->used, l->t + i * l->most, l->used * sizeof *l->q);
    lapack_int info =
        LAPACKE_dsyevd(LAPACK_COL_MAJOR, 'V', 'U', used, l->q, used, l->theta);
    return lln_spectrum_lapack("dsyevd", (int)info);
}

double lln_lanczos_value(const lln_lanczos *l, size_t rank)
{
    return l->theta[l->used - 1 - rank];
}

double lln_lanczos_residual(const lln_lanczos *l, size_t rank)
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

void lln_lanczos_turn(lln_lanczos *l, size_t keep)
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
