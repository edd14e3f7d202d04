/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/row_distance.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "measure/rows.h"

enum { ENTRIES = 1 << 22 };

/* Sums over one row. */
typedef struct {
    double divergence, distance, error2, square2;
} row_sums;

struct lln_distance_reference {
    lln_attention *attention;
    size_t block; /* rows in `logs` at a time */
    bool kept;    /* logs has all rows */
    double *logs; /* [block x m]: ln R_ij of the keys of a row, without gaps */
    size_t *keys; /* [block]: their numbers */
    size_t *queries; /* [block] */
    lln_row *rows;   /* [block] */
    row_sums *sums;  /* [block] */
    double *scratch; /* [threads x m] */
};

lln_status lln_distance_open(lln_attention *attention,
                             lln_distance_reference **reference)
{
    size_t n = attention->n, m = attention->m;
    *reference = NULL;
    if (attention->kind != LLN_ATTENTION_TILES || n == 0)
        return lln_fail(LLN_EINVAL, "distance: the reference has %s",
                        n == 0 ? "no rows" : "no tiles of scores");
    lln_distance_reference *opened = lln_array_alloc(1, sizeof *opened);
    if (!opened)
        return LLN_ENOMEM;
    size_t most = m > ENTRIES ? 1 : ENTRIES / (m > 0 ? m : 1);
    size_t block = lln_size_smaller(n, most);
    opened->attention = attention;
    opened->block = block;
    opened->logs = lln_array_alloc_raw(block * m, sizeof *opened->logs);
    opened->keys = lln_array_alloc(block, sizeof *opened->keys);
    opened->queries = lln_array_alloc(block, sizeof *opened->queries);
    opened->rows = lln_array_alloc(block, sizeof *opened->rows);
    opened->sums = lln_array_alloc(block, sizeof *opened->sums);
    opened->scratch = lln_array_alloc_raw((size_t)lln_threads_count() * m,
                                          sizeof *opened->scratch);
    if (opened->logs && opened->keys && opened->queries && opened->rows &&
        opened->sums && opened->scratch) {
        *reference = opened;
        return LLN_OK;
    }
    lln_distance_close(opened);
    return LLN_ENOMEM;
}

/* Scores of a row as ln P_ij of its keys, out [keys]. */
static void find_logs(const lln_row *row, lln_matrix scores, double *out)
{
    double shift = row->log_norm - log(row->sum);
    lln_matrix_convert(scores, LLN_FLOAT64, out);
    for (size_t j = 0; j < scores.columns; j++)
        out[j] -= shift;
}

static void keep_logs(void *context, int thread, size_t index,
                      const lln_row *row, lln_matrix scores)
{
    (void)thread;
    lln_distance_reference *r = context;
    r->keys[index] = scores.columns;
    find_logs(row, scores, r->logs + index * r->attention->m);
}

LLN_CLONES static row_sums add_entries(const double *p, const double *r,
                                       size_t count)
{
    double divergence = 0, distance = 0, error2 = 0, square2 = 0;
#pragma omp simd reduction(+ : divergence, distance, error2, square2)
    for (size_t j = 0; j < count; j++) {
        double mass = lln_exp_f64(r[j]), other = lln_exp_f64(p[j]);
        double difference = other - mass;
        double gain = mass > 0 ? mass * (r[j] - p[j]) : 0;
        divergence += gain + difference;
        distance += fabs(difference);
        error2 += difference * difference;
        square2 += mass * mass;
    }
    return (row_sums){divergence, distance, error2, square2};
}

static void compare_row(void *context, int thread, size_t index,
                        const lln_row *row, lln_matrix scores)
{
    lln_distance_reference *r = context;
    size_t m = r->attention->m, keys = scores.columns;
    double *logs = r->scratch + (size_t)thread * m;
    if (keys != r->keys[index]) {
        r->sums[index] = (row_sums){NAN, NAN, NAN, NAN};
        return;
    }
    find_logs(row, scores, logs);
    r->sums[index] = add_entries(logs, r->logs + index * m, keys);
}

/* Fills sums for rows first .. first + count - 1. */
static lln_status compare_block(lln_distance_reference *r,
                                lln_attention *attention, size_t first,
                                size_t count)
{
    for (size_t i = 0; i < count; i++)
        r->queries[i] = first + i;
    if (!r->kept)
        LLN_TRY(lln_rows_visit(r->attention, r->queries, count, keep_logs, r,
                               r->rows));
    r->kept = count == r->attention->n;
    return lln_rows_visit(attention, r->queries, count, compare_row, r,
                          r->rows);
}

lln_status lln_distance_measure(lln_distance_reference *reference,
                                lln_attention *attention, lln_distance *out)
{
    size_t n = reference->attention->n, m = reference->attention->m;
    row_sums all = {0};
    if (attention->kind != LLN_ATTENTION_TILES || attention->n != n ||
        attention->m != m)
        return lln_fail(LLN_EINVAL,
                        "distance: attention is %zu x %zu, its reference %zu x "
                        "%zu; both must have tiles of scores",
                        attention->n, attention->m, n, m);
    for (size_t i = 0, count; i < n; i += count) {
        count = lln_size_smaller(reference->block, n - i);
        LLN_TRY(compare_block(reference, attention, i, count));
        for (size_t j = 0; j < count; j++) {
            const row_sums *row = &reference->sums[j];
            /* Rounding could make the sum negative; its terms are not. */
            all.divergence +=
                row->divergence < 0 ? 0 : row->divergence / (double)n;
            all.distance += row->distance / (double)n;
            all.error2 += row->error2;
            all.square2 += row->square2;
        }
    }
    out->divergence = all.divergence;
    out->variation = all.distance / 2;
    out->matrix_error = all.square2 > 0 ? sqrt(all.error2 / all.square2) : NAN;
    return LLN_OK;
}

void lln_distance_close(lln_distance_reference *reference)
{
    if (!reference)
        return;
    free(reference->logs);
    free(reference->keys);
    free(reference->queries);
    free(reference->rows);
    free(reference->sums);
    free(reference->scratch);
    free(reference);
}
