/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/stored.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "tensor/half.h"

enum { ENTRIES = 1 << 16 }; /* that a thread reads at a time */

/* How far a sum may be from 1. */
static double tolerance(lln_dtype dtype, size_t m)
{
    switch (dtype) {
    case LLN_DTYPE_F16:
        return 0x1p-9 + (double)m * 0x1p-25;
    case LLN_DTYPE_BF16:
        return 0x1p-6;
    case LLN_DTYPE_F32:
        return 1e-5;
    case LLN_DTYPE_F64:
    case LLN_DTYPE_BOOL:
        break;
    }
    return 1e-6;
}

static bool is_number_of(lln_dtype dtype, double x)
{
    if (dtype == LLN_DTYPE_F16)
        return (double)lln_half_to_float(lln_half_from_double(x)) == x;
    float single = (float)x;
    uint32_t bits;
    memcpy(&bits, &single, sizeof bits);
    return (double)single == x && (bits & 0xffffu) == 0;
}

static bool all_numbers_of(lln_dtype dtype, const double *row, size_t m)
{
    for (size_t j = 0; j < m; j++)
        if (!is_number_of(dtype, row[j]))
            return false;
    return true;
}

bool lln_stored_sums_to_one(const lln_stored *stored, const double *row,
                            double sum)
{
    static const lln_dtype halves[] = {LLN_DTYPE_F16, LLN_DTYPE_BF16};
    size_t m = stored->m;
    double error = fabs(sum - 1);
    if (error <= tolerance(stored->view.tensor.dtype, m))
        return true;
    for (int i = 0; i < 2; i++)
        if (error <= tolerance(halves[i], m) &&
            all_numbers_of(halves[i], row, m))
            return true;
    return false;
}

double lln_stored_sum(const double *row, size_t m)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t j = 0; j < m; j++)
        sum += row[j];
    return sum;
}

static void set_views(lln_length length, lln_stored *stored)
{
    stored->n = length.queries;
    stored->m = length.keys;
    lln_view_cut(&stored->whole, length.first_query, length.queries);
    stored->view = stored->whole;
    lln_view_cut_columns(&stored->view, length.first_key, length.keys);
}

lln_status lln_stored_open(lln_arrays *arrays, size_t number,
                           const lln_axes *axes, lln_place at,
                           lln_length length, lln_stored **stored)
{
    lln_tensor tensor;
    lln_stored *opened = lln_array_alloc(1, sizeof *opened);
    *stored = NULL;
    if (!opened)
        return LLN_ENOMEM;
    lln_status status = lln_arrays_hold(arrays, number, &tensor);
    if (status != LLN_OK) {
        free(opened);
        return status;
    }
    opened->arrays = arrays;
    opened->number = number;
    status = lln_view_open(lln_arrays_name(arrays, number), &tensor, axes,
                           LLN_QUERIES, at, &opened->whole);
    if (status != LLN_OK) {
        lln_stored_close(opened);
        return status;
    }
    set_views(length, opened);
    *stored = opened;
    return LLN_OK;
}

void lln_stored_close(lln_stored *stored)
{
    if (stored)
        lln_arrays_drop(stored->arrays, stored->number);
    free(stored);
}

lln_status lln_stored_rows(const lln_stored *stored, size_t first, size_t count,
                           double *out)
{
    lln_view rows = stored->view;
    lln_view_cut(&rows, first, count);
    return lln_view_copy_any(&rows, out);
}

/* The column of the first entry that is no weight; m: all are. */
static size_t find_bad(const double *row, size_t m)
{
    bool good = true;
    for (size_t j = 0; j < m; j++)
        good = good && row[j] >= 0 && row[j] < INFINITY;
    for (size_t j = 0; !good && j < m; j++)
        if (!(row[j] >= 0 && row[j] < INFINITY))
            return j;
    return m;
}

static bool is_zero(const double *row, size_t first, size_t end)
{
    bool zero = true;
    for (size_t j = first; j < end; j++)
        zero = zero && row[j] == 0;
    return zero;
}

/* Adds what the rows from `first` on say to a survey. */
static lln_status examine_rows(const lln_stored *stored, size_t first,
                               size_t count, double *rows,
                               lln_stored_survey *survey)
{
    size_t m = stored->m;
    LLN_TRY(lln_stored_rows(stored, first, count, rows));
    for (size_t i = first; i < first + count; i++, rows += m) {
        size_t bad = find_bad(rows, m), after = i + 1 + m - stored->n;
        if (bad < m)
            return lln_view_refuse(&stored->view, i, bad,
                                   "attention weights, which are finite and "
                                   "not negative; save what softmax returns");
        if (survey->causal && !is_zero(rows, after, m))
            survey->causal = false;
        double sum = lln_stored_sum(rows, m);
        if (lln_stored_sums_to_one(stored, rows, sum))
            continue;
        if (survey->stray++ == 0) {
            survey->first = i;
            survey->sum = sum;
        }
    }
    return LLN_OK;
}

/* Takes together what blocks of rows say, in any order. */
static void merge(const lln_stored_survey *from, lln_stored_survey *to)
{
    to->causal = to->causal && from->causal;
    if (from->stray > 0 && (to->stray == 0 || from->first < to->first)) {
        to->first = from->first;
        to->sum = from->sum;
    }
    to->stray += from->stray;
}

static lln_status examine_blocks(const lln_stored *stored,
                                 lln_stored_survey *survey)
{
    size_t n = stored->n, m = stored->m;
    size_t block = m < ENTRIES ? ENTRIES / m : 1;
    block = block < n ? block : n;
    lln_failure failure = LLN_NO_FAILURE;
#pragma omp parallel if (n > block)
    {
        lln_stored_survey own = {.causal = survey->causal};
        double *rows = lln_array_alloc_raw(block * m, sizeof *rows);
        lln_failure_note(&failure, 0, rows ? LLN_OK : LLN_ENOMEM);
#pragma omp for schedule(dynamic, 1)
        for (size_t i = 0; i < n; i += block)
            if (i < failure.item)
                lln_failure_note(&failure, i,
                                 examine_rows(stored, i,
                                              lln_size_smaller(block, n - i),
                                              rows, &own));
        free(rows);
#pragma omp critical
        merge(&own, survey);
    }
    return lln_failure_report(&failure);
}

/* Finds what the first stray row has on keys that are padding. */
static lln_status find_padding(const lln_stored *stored,
                               lln_stored_survey *survey)
{
    lln_view row = stored->whole;
    size_t columns = row.slice.columns;
    double *entries = lln_array_alloc_raw(columns, sizeof *entries);
    if (!entries)
        return LLN_ENOMEM;
    lln_view_cut(&row, survey->first, 1);
    lln_status status = lln_view_copy_any(&row, entries);
    survey->padding = lln_stored_sum(entries, columns) - survey->sum;
    free(entries);
    return status;
}

lln_status lln_stored_examine(lln_stored *stored)
{
    lln_stored_survey survey = {.causal =
                                    stored->n > 1 && stored->n <= stored->m};
    if (stored->n > 0 && stored->m > 0)
        LLN_TRY(examine_blocks(stored, &survey));
    if (survey.stray > 0 && stored->m < stored->whole.slice.columns)
        LLN_TRY(find_padding(stored, &survey));
    survey.first += stored->view.first;
    stored->survey = survey;
    return LLN_OK;
}
