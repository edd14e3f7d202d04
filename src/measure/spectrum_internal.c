/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/spectrum_internal.h"

#include <lapacke.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

size_t lln_spectrum_memory(const lln_spectrum_options *options, size_t divisor)
{
    return options->memory ? options->memory : lln_memory_available() / divisor;
}

lln_status lln_spectrum_check_memory(const char *method, size_t order,
                                     const lln_spectrum_options *options)
{
    size_t bytes, memory = lln_spectrum_memory(options, 2);
    if (lln_size_multiply(order, order, &bytes) == LLN_OK &&
        lln_size_multiply(bytes, 3 * sizeof(double), &bytes) == LLN_OK &&
        bytes <= memory)
        return LLN_OK;
    double mebibyte = 1048576, side = (double)order;
    return lln_fail(LLN_ETOOBIG,
                    "method %s: matrices of order %zu need %.1f MiB, %.1f MiB "
                    "are allowed; try arnoldi",
                    method, order, 3 * sizeof(double) * side * side / mebibyte,
                    (double)memory / mebibyte);
}

lln_status lln_spectrum_lapack(const char *routine, int info)
{
    if (info == LAPACK_WORK_MEMORY_ERROR)
        return lln_fail(LLN_ENOMEM, "out of memory: workspace of %s", routine);
    return info == 0 ? LLN_OK
                     : lln_fail(LLN_ENOCONV, "%s: no convergence (info %d)",
                                routine, info);
}

/* One candidate of the list. */
typedef struct {
    double modulus, re, im;
    size_t index;
} entry;

static int descending(double a, double b)
{
    return (a < b) - (a > b);
}

static int compare_entries(const void *first, const void *second)
{
    const entry *a = first, *b = second;
    int order = descending(a->modulus, b->modulus);
    order = order ? order : descending(a->re, b->re);
    return order ? order : descending(a->im, b->im);
}

lln_status lln_spectrum_collect(const double *re, const double *im,
                                size_t total, lln_spectrum *out, size_t *which)
{
    entry *list = lln_array_alloc(total, sizeof *list);
    if (!list)
        return LLN_ENOMEM;
    for (size_t i = 0; i < total; i++)
        list[i] = (entry){hypot(re[i], im[i]), re[i], im[i], i};
    qsort(list, total, sizeof *list, compare_entries);
    for (size_t i = out->known; i < out->count; i++) {
        entry none = {0, 0, 0, total};
        entry e = i - out->known < total ? list[i - out->known] : none;
        out->eigenvalues[i] = (lln_eigenvalue){e.modulus, e.re, e.im, 0};
        if (which)
            which[i] = e.index;
    }
    free(list);
    return LLN_OK;
}

double lln_spectrum_residual(lln_eigenvalue lambda, size_t n, const double *xr,
                             const double *xi, const double *yr,
                             const double *yi)
{
    double difference = 0, length = 0;
    for (size_t i = 0; i < n; i++) {
        double a = xr[i], b = xi ? xi[i] : 0;
        double c = yr[i] - (lambda.re * a - lambda.im * b);
        double d = yi ? yi[i] - (lambda.re * b + lambda.im * a) : 0;
        difference += c * c + d * d;
        length += a * a + b * b;
    }
    return sqrt(difference / length);
}
