/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Spectra of stored matrices, by LAPACK. */
#include "measure/spectrum_dense.h"

#include <cblas.h>
#include <lapacke.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "measure/spectrum_components.h"
#include "measure/spectrum_irreducible.h"

/* Whether no entry leads from the component to another. */
static bool is_closed(const double *matrix, size_t n,
                      const lln_components *components, size_t number)
{
    size_t first = components->start[number];
    size_t end = components->start[number + 1];
    for (size_t i = first; i < end; i++) {
        const double *row = matrix + components->members[i] * n;
        size_t next = first;
        for (size_t j = 0; j < n; j++)
            if (next < end && components->members[next] == j)
                next++;
            else if (row[j] != 0)
                return false;
    }
    return true;
}

/* Adds the eigenvalues of a component to list [*count]; each closed component
 * of a stochastic matrix has the eigenvalue 1. */
static lln_status add_component(const lln_square *matrix,
                                const lln_components *components, size_t number,
                                size_t wanted, double *work,
                                lln_eigenvalue *list, size_t *count)
{
    size_t n = matrix->n, first = components->start[number];
    lln_block block = {
        .matrix = matrix->entries,
        .columns = n,
        .members = components->members + first,
        .order = components->start[number + 1] - first,
        .stochastic = matrix->stochastic &&
                      is_closed(matrix->entries, n, components, number),
        .rounding = matrix->rounding,
    };
    if (block.stochastic)
        list[(*count)++] = (lln_eigenvalue){1, 1, 0, 0, 1, 0};
    LLN_TRY(lln_block_eigenvalues(&block, wanted, work, list + *count));
    *count += block.order - block.stochastic;
    return lln_threads_check_stop();
}

static lln_status solve_components(const lln_square *matrix,
                                   const lln_components *components,
                                   lln_eigenvalue *list, lln_spectrum *out)
{
    size_t largest = 0, count = 0;
    for (size_t c = 0; c < components->count; c++) {
        size_t order = components->start[c + 1] - components->start[c];
        largest = order > largest ? order : largest;
    }
    double *work = lln_array_alloc_raw(2 * largest * largest, sizeof *work);
    lln_status status = work ? LLN_OK : LLN_ENOMEM;
    for (size_t c = 0; c < components->count && status == LLN_OK; c++)
        status = add_component(matrix, components, c, out->count, work, list,
                               &count);
    free(work);
    if (status != LLN_OK)
        return status;
    /* The first one is the eigenvalue 1, which is known. */
    size_t known = matrix->stochastic;
    lln_eigenvalues_sort(list, count);
    for (size_t i = 0; known && list[0].bound > 0 && i < count; i++)
        if (list[i].re == 1 && list[i].bound == 0) {
            lln_eigenvalue one = list[i];
            list[i] = list[0];
            list[0] = one;
        }
    lln_spectrum_list(list + known, count - known, out);
    return LLN_OK;
}

lln_status lln_spectrum_matrix(const lln_square *matrix, lln_spectrum *out)
{
    lln_components components;
    lln_eigenvalue *list = lln_array_alloc(matrix->n, sizeof *list);
    if (!list)
        return LLN_ENOMEM;
    lln_status status =
        lln_components_find(matrix->entries, matrix->n, &components);
    if (status == LLN_OK) {
        status = solve_components(matrix, &components, list, out);
        lln_components_free(&components);
    }
    free(list);
    return status;
}

/* Subtracts the column means: p [n x n] becomes P~. */
static void deflate(double *p, size_t n, double *mean)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            mean[j] += p[i * n + j] / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            p[i * n + j] -= mean[j];
}

/* Overwrites p. */
static lln_status measure_norms(double *p, size_t n, double *singular,
                                lln_spectrum *out)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double row = 0;
        for (size_t j = 0; j < n; j++)
            row += p[i * n + j] * p[i * n + j];
        sum += row;
    }
    lapack_int order = (lapack_int)n;
    lapack_int info = LAPACKE_dgesdd(LAPACK_COL_MAJOR, 'N', order, order, p,
                                     order, singular, NULL, 1, NULL, 1);
    LLN_TRY(lln_spectrum_lapack("dgesdd", (int)info));
    out->unbiased_norm = sqrt(sum);
    out->centered_sigma1 = singular[0];
    return LLN_OK;
}

lln_status lln_spectrum_dense(lln_attention *attention,
                              const lln_spectrum_options *options,
                              lln_spectrum *out)
{
    size_t n = attention->n;
    LLN_TRY(lln_spectrum_check_memory("dense", n, options));
    LLN_TRY(lln_attention_prepare(attention));
    double *p = lln_array_alloc(n * n, sizeof *p);
    double *column = lln_array_alloc(n, sizeof *column);
    lln_status status =
        p && column ? lln_attention_rows(attention, 0, n, p) : LLN_ENOMEM;
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    if (status == LLN_OK) {
        lln_square matrix = {
            p, n, out->known,
            lln_spectrum_rounding(attention, attention->precision)};
        status = lln_spectrum_matrix(&matrix, out);
    }
    if (status == LLN_OK)
        status = lln_threads_check_stop();
    if (status == LLN_OK && options->norms) {
        deflate(p, n, column);
        status = measure_norms(p, n, column, out);
    }
    free(p);
    free(column);
    return status;
}
