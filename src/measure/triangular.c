/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/triangular.h"

#include <lapacke.h>
#include <string.h>

#include "measure/spectrum_internal.h"

size_t lln_triangular_work(size_t rows, size_t r)
{
    return (r + rows) * r + r;
}

lln_status lln_triangular_append(double *triangle, const double *x, size_t rows,
                                 size_t r, double *work)
{
    double *tau = work + (r + rows) * r;
    memcpy(work, triangle, r * r * sizeof *work);
    memcpy(work + r * r, x, rows * r * sizeof *work);
    lapack_int info = LAPACKE_dgeqrf(LAPACK_ROW_MAJOR, (lapack_int)(r + rows),
                                     (lapack_int)r, work, (lapack_int)r, tau);
    LLN_TRY(lln_spectrum_lapack("dgeqrf", (int)info));
    for (size_t i = 0; i < r; i++)
        for (size_t j = i; j < r; j++)
            triangle[i * r + j] = work[i * r + j];
    return LLN_OK;
}
