/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention with a matrix that the test gives, and matrices whose spectrum has
 * a closed form. */
#ifndef LLN_TESTS_GIVEN_MATRIX_H
#define LLN_TESTS_GIVEN_MATRIX_H

#include <complex.h>
#include <string.h>

#include "expect.h"
#include "kernel/attention.h"

static inline lln_status given_rows(const lln_attention *attention,
                                    size_t first, size_t count, double *out)
{
    const double *p = attention->state;
    memcpy(out, p + first * attention->m, count * attention->m * sizeof *p);
    return LLN_OK;
}

/* Attention by rows with the entries p [n x m]. It needs no close. */
static inline lln_attention given_attention(double *p, size_t n, size_t m)
{
    return (lln_attention){.kind = LLN_ATTENTION_ROWS,
                           .n = n,
                           .m = m,
                           .rank = m,
                           .precision = LLN_FLOAT64,
                           .rows = {.make = given_rows},
                           .state = p};
}

/* p_ij = c[(j - i) mod n]: a normal matrix. */
static inline void fill_circulant(const double *c, size_t n, double *p)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            p[i * n + j] = c[(n + j - i) % n];
}

/* Its eigenvalue number k: sum_j c_j exp(2 pi i j k / n). */
static inline double complex circulant_eigenvalue(const double *c, size_t n,
                                                  size_t k)
{
    double complex sum = 0;
    for (size_t j = 0; j < n; j++)
        sum += c[j] * cexp(2 * M_PI * I * (double)(j * k % n) / (double)n);
    return sum;
}

/* Twelve numbers that sum to 1. The eigenvalues other than 1 are five pairs of
 * different moduli and a real one. */
static const double twelve[12] = {0.31, 0.22, 0.13, 0.02, 0.05, 0.01,
                                  0.03, 0.04, 0.06, 0.02, 0.08, 0.03};

#endif
