/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Operations on a sparse P. If a constant r_i is added to all keys that row i
 * may see, y = P x also needs sums of x over runs of keys, and P'x at key j the
 * sum of r_i x_i over the rows that see j. */
#include "kernel/sparse/sparse_attention.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "kernel/product_f64.h"
#include "kernel/sparse/top_keys.h"

/* Rows are divided into groups. Columns of P'x are summed within a group, then
 * over groups in order. */
enum { GROUPS = 16 };

void lln_sparse_free(lln_sparse *sparse)
{
    if (!sparse)
        return;
    free(sparse->start);
    free(sparse->key);
    free(sparse->value);
    free(sparse->rest);
    free(sparse);
}

static size_t group_start(const lln_sparse *s, size_t group)
{
    return s->n / GROUPS * group +
           (group < s->n % GROUPS ? group : s->n % GROUPS);
}

static void run_of(const lln_sparse *s, size_t i, size_t *first, size_t *end)
{
    lln_mask_keys(s->mask, s->n, s->m, i, first, end);
}

static lln_status sparse_rows(const lln_attention *attention, size_t first,
                              size_t count, double *out)
{
    const lln_sparse *s = attention->state;
    memset(out, 0, count * s->m * sizeof *out);
    for (size_t i = first; i < first + count; i++, out += s->m) {
        size_t low, high;
        run_of(s, i, &low, &high);
        for (size_t j = low; s->rest && j < high; j++)
            out[j] = s->rest[i];
        for (size_t e = s->start[i]; e < s->start[i + 1]; e++)
            out[s->key[e]] += s->value[e];
    }
    return LLN_OK;
}

/* The dot product of the entries of row i with one column. */
static double multiply_entries(const lln_sparse *s, size_t i, const double *x)
{
    double sum = 0;
    for (size_t e = s->start[i]; e < s->start[i + 1]; e++)
        sum += s->value[e] * x[s->key[e]];
    return sum;
}

/* y_i [columns] of one row; before [(m + 1) x columns]: sums of the rows of x
 * before key j, used if there is a rest. */
static void multiply_row(const lln_sparse *s, size_t i, const double *x,
                         size_t columns, const double *before, double *y)
{
    size_t low, high;
    memset(y, 0, columns * sizeof *y);
    run_of(s, i, &low, &high);
    for (size_t l = 0; s->rest && l < columns; l++)
        y[l] = s->rest[i] *
               (before[high * columns + l] - before[low * columns + l]);
    if (columns == 1) {
        y[0] += multiply_entries(s, i, x);
        return;
    }
    for (size_t e = s->start[i]; e < s->start[i + 1]; e++) {
        const double *from = x + s->key[e] * columns;
        for (size_t l = 0; l < columns; l++)
            y[l] += s->value[e] * from[l];
    }
}

static lln_status multiply(const void *context, const double *x, size_t columns,
                           double *y)
{
    const lln_sparse *s = context;
    size_t sums = s->rest ? (s->m + 1) * columns : 0;
    double *before = lln_array_alloc(sums, sizeof *before);
    if (!before)
        return LLN_ENOMEM;
    for (size_t l = columns; l < sums; l++)
        before[l] = before[l - columns] + x[l - columns];
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t g = 0; g < GROUPS; g++)
        for (size_t i = group_start(s, g);
             i < group_start(s, g + 1) && !lln_stop_requested; i++)
            multiply_row(s, i, x, columns, before, y + i * columns);
    free(before);
    return lln_threads_check_stop();
}

static lln_status sparse_product(const lln_attention *attention, lln_matrix x,
                                 void *y)
{
    return lln_product_in_f64(multiply, attention->state, x, attention->n, y);
}

/* Adds the contribution of one group of rows and one column of x: of entries to
 * part [m]; of the rest, if there is one, to runs [m], as a positive value at
 * the last key that a row may see and a negative one at the key before its
 * first. */
static void add_group(const lln_sparse *s, size_t group, const double *x,
                      size_t columns, double *part, double *runs)
{
    for (size_t i = group_start(s, group); i < group_start(s, group + 1); i++) {
        double factor = x[i * columns];
        for (size_t e = s->start[i]; e < s->start[i + 1]; e++)
            part[s->key[e]] += s->value[e] * factor;
        if (!s->rest)
            continue;
        size_t low, high;
        run_of(s, i, &low, &high);
        runs[high - 1] += s->rest[i] * factor;
        if (low > 0)
            runs[low - 1] -= s->rest[i] * factor;
    }
}

/* Size of a group's part in transpose_column. */
static size_t part_size(const lln_sparse *s)
{
    return s->rest ? 2 * s->m : s->m;
}

/* One column of y; part: scratch [GROUPS x part_size]. */
static void transpose_column(const lln_sparse *s, const double *x,
                             size_t columns, double *part, double *y)
{
    size_t m = s->m, size = part_size(s);
    memset(part, 0, GROUPS * size * sizeof *part);
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t g = 0; g < GROUPS; g++)
        add_group(s, g, x, columns, part + g * size, part + g * size + m);
    double run = 0;
    for (size_t j = m; j-- > 0;) {
        double sum = 0;
        for (size_t g = 0; g < GROUPS; g++) {
            sum += part[g * size + j];
            if (s->rest)
                run += part[g * size + m + j];
        }
        y[j * columns] = sum + run;
    }
}

static lln_status transpose(const void *context, const double *x,
                            size_t columns, double *y)
{
    const lln_sparse *s = context;
    double *part = lln_array_alloc_raw(GROUPS * part_size(s), sizeof *part);
    if (!part)
        return LLN_ENOMEM;
    for (size_t l = 0; l < columns && !lln_stop_requested; l++)
        transpose_column(s, x + l, columns, part, y + l);
    free(part);
    return lln_threads_check_stop();
}

static lln_status sparse_transposed(const lln_attention *attention,
                                    lln_matrix x, void *y)
{
    return lln_product_in_f64(transpose, attention->state, x, attention->m, y);
}

/* For n = m. */
static lln_status sparse_diagonal(const lln_attention *attention, double *out)
{
    const lln_sparse *s = attention->state;
    for (size_t i = 0; i < s->n; i++) {
        uint32_t own = (uint32_t)i;
        const uint32_t *found =
            bsearch(&own, s->key + s->start[i], s->start[i + 1] - s->start[i],
                    sizeof own, lln_compare_keys);
        out[i] =
            (found ? s->value[found - s->key] : 0) + (s->rest ? s->rest[i] : 0);
    }
    return LLN_OK;
}

/* Sums of mean_j and of mean_j^2 over the keys before j, [m + 1]. */
typedef struct {
    const double *mean;
    double *sum, *squares;
} mean_sums;

/* sum of (p - mean_j)^2 over first <= j < end */
static double distance(const mean_sums *of, double p, size_t first, size_t end)
{
    double squares = of->squares[end] - of->squares[first];
    double sum = of->sum[end] - of->sum[first];
    return p * (p * (double)(end - first) - 2 * sum) + squares;
}

/* The keys between two entries are handled together. */
static double row_distance(const lln_sparse *s, size_t i, const mean_sums *of)
{
    size_t low, high;
    run_of(s, i, &low, &high);
    double rest = s->rest ? s->rest[i] : 0;
    double square = distance(of, 0, 0, low) + distance(of, 0, high, s->m);
    size_t at = low;
    for (size_t e = s->start[i]; e < s->start[i + 1]; e++) {
        double delta = s->value[e] + rest - of->mean[s->key[e]];
        square += distance(of, rest, at, s->key[e]) + delta * delta;
        at = s->key[e] + 1;
    }
    return square + distance(of, rest, at, high);
}

static lln_status sparse_norm(const lln_attention *attention,
                              const double *mean, double *norm)
{
    const lln_sparse *s = attention->state;
    double sums[GROUPS] = {0}, square = 0;
    double *memory = lln_array_alloc(2 * (s->m + 1), sizeof *memory);
    if (!memory)
        return LLN_ENOMEM;
    mean_sums of = {mean, memory, memory + s->m + 1};
    for (size_t j = 0; j < s->m; j++) {
        of.sum[j + 1] = of.sum[j] + mean[j];
        of.squares[j + 1] = of.squares[j] + mean[j] * mean[j];
    }
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t g = 0; g < GROUPS; g++)
        for (size_t i = group_start(s, g); i < group_start(s, g + 1); i++)
            sums[g] += row_distance(s, i, &of);
    for (size_t g = 0; g < GROUPS; g++)
        square += sums[g];
    free(memory);
    *norm = sqrt(fmax(square, 0));
    return LLN_OK;
}

static void sparse_close(lln_attention *attention)
{
    lln_sparse_free(attention->state);
}

void lln_sparse_attention(lln_sparse *sparse, bool unnormalised,
                          lln_attention *attention)
{
    *attention = (lln_attention){
        .n = sparse->n,
        .m = sparse->m,
        .unnormalised = unnormalised,
        .mask = sparse->mask,
        .precision = LLN_FLOAT64,
        .kind = LLN_ATTENTION_ROWS,
        .rows.make = sparse_rows,
        .product = sparse_product,
        .transposed = sparse_transposed,
        .diagonal =
            lln_mask_is_triangular(sparse->mask) ? sparse_diagonal : NULL,
        .unbiased_norm = sparse_norm,
        .state = sparse,
        .close = sparse_close,
    };
}
