/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/spectrum_internal.h"

#include <cblas.h>
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

/* Rounding usually increases the modulus of ill-conditioned eigenvalues. Values
 * below NEAR times the first are therefore not expected to be larger than
 * it. */
static const double NEAR = 0.5;

static int descending(double a, double b)
{
    return (a < b) - (a > b);
}

static int compare_values(const void *first, const void *second)
{
    const lln_eigenvalue *a = first, *b = second;
    int order = descending(a->modulus, b->modulus);
    order = order ? order : descending(a->re, b->re);
    return order ? order : descending(a->im, b->im);
}

void lln_eigenvalues_sort(lln_eigenvalue *values, size_t count)
{
    qsort(values, count, sizeof *values, compare_values);
}

double lln_eigenvalues_doubt(const lln_eigenvalue *values, size_t count)
{
    double most = values[0].bound;
    for (size_t i = 1; i < count; i++)
        if (values[i].modulus > NEAR * values[0].modulus)
            most = fmax(most, values[i].modulus + values[i].bound -
                                  values[0].modulus);
    return most;
}

void lln_spectrum_list(lln_eigenvalue *values, size_t total, lln_spectrum *out)
{
    size_t judged = 0;
    lln_eigenvalues_sort(values, total);
    while (judged < total && isfinite(values[judged].bound))
        judged++;
    if (judged > 0)
        values[0].bound = lln_eigenvalues_doubt(values, judged);
    for (size_t i = out->known; i < out->count; i++)
        out->eigenvalues[i] = i - out->known < total
                                  ? values[i - out->known]
                                  : (lln_eigenvalue){.condition = 1};
}

/* Rows of P with errors of at most e of ln A change by at most e in sum. */
double lln_spectrum_rounding(const lln_attention *attention,
                             lln_precision precision)
{
    double error = attention->exponent_error;
    double single = 0x1p-24, full = 0x1p-53;
    bool narrow = precision == LLN_FLOAT32;
    return (narrow ? single : 10 * full) +
           error * (attention->precision == LLN_FLOAT32 ? single : full);
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

double lln_spectrum_condition(size_t n, bool pair, const double *y,
                              const double *x)
{
    int order = (int)n, size = pair ? 2 * order : order;
    double re = cblas_ddot(size, x, 1, y, 1), im = 0;
    if (pair)
        im = cblas_ddot(order, y, 1, x + n, 1) -
             cblas_ddot(order, y + n, 1, x, 1);
    double lengths = cblas_dnrm2(size, x, 1) * cblas_dnrm2(size, y, 1);
    return fmax(lengths / hypot(re, im), 1);
}
