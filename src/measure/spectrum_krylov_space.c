/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/spectrum_krylov_space.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "core/random.h"

static const double TINY =
                        1e-8, /* the product nearly vanished: project again */
    NOTHING = 1e-14;          /* the product's direction is lost */

typedef lln_krylov_space krylov;

/* Uniform in (-1, 1). */
static void draw(krylov *k, double *column)
{
    double mean = 0;
    for (size_t i = 0; i < k->n; i++) {
        column[i] =
            (double)(lln_random_number(k->drawn, i) >> 11) * 0x1p-52 - 1;
        mean += column[i] / (double)k->n;
    }
    for (size_t i = 0; i < k->n && k->problem->centred; i++)
        column[i] -= mean;
    k->drawn++;
}

/* Subtracts the components along the first `count` columns of v. */
static void project(krylov *k, size_t count, double *column)
{
    int n = (int)k->n, width = (int)k->width, columns = (int)count;
    if (count == 0)
        return;
    cblas_dgemv(CblasRowMajor, CblasTrans, n, columns, 1, k->v, width, column,
                1, 0, k->c, 1);
    cblas_dgemv(CblasRowMajor, CblasNoTrans, n, columns, -1, k->v, width, k->c,
                1, 1, column, 1);
}

/* Normalises the column and makes it orthogonal to the first `count` columns of
 * v. If its direction is lost, it becomes random; if they span everything, 0.
 * Returns its length before. */
static double settle(krylov *k, size_t count, double *column)
{
    int n = (int)k->n;
    double length = cblas_dnrm2(n, column, 1);
    if (length > TINY * k->scale) {
        cblas_dscal(n, 1 / length, column, 1);
        return length;
    }
    bool lost = !(length > NOTHING * k->scale);
    if (lost)
        draw(k, column);
    for (int pass = 0; pass < 3; pass++) {
        cblas_dscal(n, 1 / cblas_dnrm2(n, column, 1), column, 1);
        project(k, count, column);
    }
    double left = cblas_dnrm2(n, column, 1);
    cblas_dscal(n, left > 0.5 ? 1 / left : 0, column, 1);
    return lost ? 0 : length;
}

/* Stores y as the block of v at `at`. Its products with its former value are
 * stored below the columns of h from `to` on, except for the first block. */
static void append_block(krylov *k, size_t at, bool first)
{
    size_t to = at - (first ? 0 : k->b);
    for (size_t c = 0; c < k->b; c++) {
        double *h = first ? NULL : k->h + (to + c) * k->width;
        for (size_t i = 0; i < k->n; i++)
            k->column[i] = k->y[i * k->b + c];
        for (int pass = 0; pass < 2; pass++)
            for (size_t r = 0; r < c; r++) {
                double *other = k->v + at + r;
                double dot =
                    cblas_ddot((int)k->n, other, (int)k->width, k->column, 1);
                cblas_daxpy((int)k->n, -dot, other, (int)k->width, k->column,
                            1);
                if (h)
                    h[at + r] += dot;
            }
        double length = settle(k, at + c, k->column);
        if (h)
            h[at + c] = length;
        for (size_t i = 0; i < k->n; i++)
            k->v[i * k->width + at + c] = k->column[i];
    }
}

void lln_krylov_space_start(krylov *k)
{
    k->scale = 0;
    for (size_t c = 0; c < k->b; c++) {
        draw(k, k->column);
        for (size_t i = 0; i < k->n; i++)
            k->y[i * k->b + c] = k->column[i];
    }
    append_block(k, 0, true);
}

lln_status lln_krylov_space_multiply(krylov *k)
{
    LLN_TRY(k->problem->apply(k->problem->context, k->x, k->y));
    for (size_t c = 0; c < k->b; c++)
        k->scale = fmax(k->scale, cblas_dnrm2((int)k->n, k->y + c, (int)k->b));
    return LLN_OK;
}

/* c [count x b] = V'y, y -= V c, for the first `count` columns of v. A matrix
 * product with a single vector takes several times as long as project(). */
static void project_block(krylov *k, size_t count)
{
    int n = (int)k->n, b = (int)k->b, width = (int)k->width, some = (int)count;
    if (b == 1) {
        project(k, count, k->y);
        return;
    }
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, some, b, n, 1, k->v,
                width, k->y, b, 0, k->c, b);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, b, some, -1, k->v,
                width, k->c, b, 1, k->y, b);
}

lln_status lln_krylov_space_expand(krylov *k)
{
    size_t at = k->used, total = at + k->b;
    for (size_t i = 0; i < k->n; i++)
        memcpy(k->x + i * k->b, k->v + i * k->width + at, k->b * sizeof *k->x);
    LLN_TRY(lln_krylov_space_multiply(k));
    for (size_t c = 0; c < k->b; c++)
        memset(k->h + (at + c) * k->width, 0, k->width * sizeof *k->h);
    for (int pass = 0; pass < 2; pass++) {
        project_block(k, total);
        for (size_t c = 0; c < k->b; c++)
            for (size_t r = 0; r < total; r++)
                k->h[(at + c) * k->width + r] += k->c[r * k->b + c];
    }
    append_block(k, total, false);
    k->used = total;
    return LLN_OK;
}
