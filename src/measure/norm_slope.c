/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/norm_slope.h"

#include <math.h>
#include <stdlib.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/progress.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "kernel/score_slope.h"
#include "kernel/table/table.h"
#include "measure/shape_entropy.h"
#include "measure/tile_sums.h"

enum { LEAST_BLOCK = 16 };

/* Sums over one tile. */
typedef struct {
    double weight, score, slope;
} tile_means;

/* w = exp(s - max), and the means of s and g. */
LLN_CLONES static tile_means take_means(const double *s, const double *g,
                                        size_t count, double max, double *w)
{
    double weight = 0, score = 0, slope = 0;
#pragma omp simd reduction(+ : weight, score, slope)
    for (size_t j = 0; j < count; j++) {
        w[j] = lln_weight_f64(s[j] - max);
        weight += w[j];
        score += w[j] * (s[j] - max);
        slope += w[j] * g[j];
    }
    return (tile_means){weight, max + score / weight, slope / weight};
}

LLN_CLONES static double joint_sum(const double *s, const double *g,
                                   const double *w, size_t count,
                                   const tile_means *mean)
{
    double joint = 0;
#pragma omp simd reduction(+ : joint)
    for (size_t j = 0; j < count; j++)
        joint += w[j] * (s[j] - mean->score) * (g[j] - mean->slope);
    return joint;
}

/* Merges two parts of a row as in Chan, Golub, LeVeque (1983). */
static void merge(const lln_slope_state *part, lln_slope_state *state)
{
    if (state->keys == 0) {
        *state = *part;
        return;
    }
    double max = fmax(state->max, part->max);
    double old = exp(state->max - max), new = exp(part->max - max);
    double a = old * state->weight, b = new * part->weight, all = a + b;
    double score = part->score - state->score;
    double slope = part->slope - state->slope;
    state->joint =
        old * state->joint + new * part->joint + score *slope *a *b / all;
    state->score += score * b / all;
    state->slope += slope * b / all;
    state->weight = all;
    state->max = max;
    state->keys += part->keys;
}

/* Moves the keys that are not hidden to the front of out and slopes. */
static size_t drop_hidden(const double *s, const double *g, size_t count,
                          double *out, double *slopes)
{
    size_t keys = 0;
    for (size_t j = 0; j < count; j++)
        if (s[j] != -INFINITY) {
            out[keys] = s[j];
            slopes[keys++] = g[j];
        }
    return keys;
}

void lln_slope_state_add(const double *s, const double *g, size_t count,
                         lln_slope_state *state)
{
    double kept[LLN_TILE_KEYS], slopes[LLN_TILE_KEYS], w[LLN_TILE_KEYS];
    size_t keys = count;
    if (lln_tile_ties_f64(s, count, -INFINITY) > 0) {
        keys = drop_hidden(s, g, count, kept, slopes);
        s = kept;
        g = slopes;
    }
    if (keys == 0)
        return;
    double max = lln_tile_max_f64(s, keys);
    tile_means mean = take_means(s, g, keys, max, w);
    lln_slope_state part = {max,
                            mean.weight,
                            mean.score,
                            mean.slope,
                            joint_sum(s, g, w, keys, &mean),
                            keys};
    merge(&part, state);
}

double lln_slope_state_finish(const lln_slope_state *state)
{
    if (state->keys < 2)
        return state->keys == 1 ? 0 : NAN;
    return 0 - state->joint / state->weight; /* not -0 */
}

/* Scratch of one thread. */
typedef struct {
    lln_tiles tiles;
    void *packed, *slopes; /* [rows x rank], [rows x LLN_TILE_KEYS] */
    lln_slope_state rows[LLN_TILE_ROWS];
    double s[LLN_TILE_KEYS], g[LLN_TILE_KEYS];
} workspace;

static void workspace_free(workspace *work)
{
    if (!work)
        return;
    lln_tiles_close(&work->tiles);
    free(work->packed);
    free(work->slopes);
    free(work);
}

/* Returns NULL if memory runs out. */
static workspace *workspace_alloc(const lln_attention *attention, size_t rows)
{
    size_t size = lln_precision_size(attention->precision);
    workspace *work = lln_array_alloc(1, sizeof *work);
    if (!work)
        return NULL;
    lln_status status = lln_tiles_open(attention, rows, &work->tiles);
    work->packed = lln_array_alloc_raw(rows * attention->rank, size);
    work->slopes =
        lln_array_alloc_raw(rows * LLN_TILE_KEYS + LLN_TILE_SLACK, size);
    if (status == LLN_OK && work->packed && work->slopes)
        return work;
    workspace_free(work);
    return NULL;
}

/* s = ln A and g = (dA / d ln c) / A. */
LLN_CLONES static void take_logs(size_t count, double *s, double *g)
{
#pragma omp simd
    for (size_t j = 0; j < count; j++) {
        g[j] /= s[j];
        s[j] = lln_log_f64(s[j]);
    }
}

static void add_tile(workspace *work)
{
    const lln_tiles *tile = &work->tiles;
    const lln_attention *attention = tile->attention;
    size_t size = lln_precision_size(attention->precision);
    lln_score_slope_tile(tile, work->packed, work->slopes);
    for (size_t i = 0; i < tile->rows; i++) {
        size_t from = tile->from[i], count = tile->to[i] - from;
        const char *slopes = work->slopes;
        lln_matrix s = {attention->precision, 1, count, lln_tiles_row(tile, i)};
        lln_matrix g = {attention->precision, 1, count,
                        slopes + (i * tile->keys + from) * size};
        lln_matrix_convert(s, LLN_FLOAT64, work->s);
        lln_matrix_convert(g, LLN_FLOAT64, work->g);
        if (attention->tiles.domain == LLN_DOMAIN_LINEAR)
            take_logs(count, work->s, work->g);
        lln_slope_state_add(work->s, work->g, count, &work->rows[i]);
    }
}

static void measure_block(const size_t *queries, size_t start, size_t rows,
                          workspace *work, double *out)
{
    lln_tiles_start(&work->tiles, queries ? queries + start : NULL, start,
                    rows);
    lln_score_slope_start(&work->tiles, work->packed);
    for (size_t i = 0; i < rows; i++)
        work->rows[i] = (lln_slope_state){.keys = 0};
    while (lln_tiles_next(&work->tiles))
        add_tile(work);
    for (size_t i = 0; i < rows; i++)
        out[start + i] = lln_slope_state_finish(&work->rows[i]);
}

/* Rows of a block; they depend only on the number of rows to measure. */
static size_t block_rows(size_t count)
{
    size_t share = count / 16;
    share = share < LEAST_BLOCK ? LEAST_BLOCK : share;
    return lln_size_smaller(share, LLN_TILE_ROWS);
}

lln_status lln_norm_slopes(lln_attention *attention, const size_t *queries,
                           size_t count, double *out)
{
    lln_failure failure = LLN_NO_FAILURE;
    size_t block = block_rows(count);
    if (!lln_score_slope_is_known(attention))
        return lln_fail(LLN_EINVAL, "derivatives of scores are not known");
    LLN_TRY(lln_attention_prepare(attention));
    lln_rows_begun += count;
#pragma omp parallel
    {
        workspace *work = workspace_alloc(attention, block);
        lln_failure_note(&failure, 0, work ? LLN_OK : LLN_ENOMEM);
#pragma omp for schedule(dynamic, 1)
        for (size_t start = 0; start < count; start += block) {
            size_t here = lln_size_smaller(count - start, block);
            if (start < failure.item && !lln_stop_requested)
                measure_block(queries, start, here, work, out);
            lln_rows_done += here;
        }
        workspace_free(work);
    }
    LLN_TRY(lln_failure_report(&failure));
    return lln_threads_check_stop();
}

/* Queries multiplied by `factor`, and keys, in float64; numbers [(n + m) x d]
 * receives them. */
static lln_head scaled_head(const lln_head *head, double factor,
                            double *numbers)
{
    lln_head scaled = *head;
    size_t count = head->q.rows * head->q.columns;
    lln_matrix_convert(head->q, LLN_FLOAT64, numbers);
    lln_matrix_convert(head->k, LLN_FLOAT64, numbers + count);
    for (size_t i = 0; i < count; i++)
        numbers[i] *= factor;
    scaled.q.precision = scaled.k.precision = LLN_FLOAT64;
    scaled.q.data = numbers;
    scaled.k.data = numbers + count;
    scaled.v.data = NULL;
    scaled.stored = NULL;
    scaled.kept = NULL;
    return scaled;
}

static lln_status entropies_at(double factor, const lln_kernel_choice *choice,
                               const lln_head *head, const size_t *queries,
                               size_t count, double *numbers, double *out)
{
    lln_attention attention;
    lln_head scaled = scaled_head(head, factor, numbers);
    LLN_TRY(lln_kernel_open(choice, &scaled, &attention));
    lln_status status =
        lln_shape_entropies(&attention, queries, count, NULL, out);
    lln_attention_close(&attention);
    return status;
}

lln_status lln_norm_slopes_by_difference(const lln_kernel_choice *choice,
                                         const lln_head *head,
                                         const size_t *queries, size_t count,
                                         double *out)
{
    const double more = 1.01, less = 0.99;
    bool free_of_norm = choice->kernel->properties & LLN_KERNEL_NORM_FREE;
    size_t numbers = (head->q.rows + head->k.rows) * head->q.columns;
    double *scratch = lln_array_alloc_raw(numbers + count, sizeof *scratch);
    if (!scratch)
        return LLN_ENOMEM;
    double *below = scratch + numbers;
    lln_status status =
        entropies_at(more, choice, head, queries, count, scratch, out);
    if (status == LLN_OK && !free_of_norm)
        status =
            entropies_at(less, choice, head, queries, count, scratch, below);
    for (size_t i = 0; status == LLN_OK && i < count; i++)
        out[i] =
            free_of_norm ? 0 * out[i] : (out[i] - below[i]) / log(more / less);
    free(scratch);
    return status;
}
