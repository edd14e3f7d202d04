/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products with P and P' of LLN attention, in O(N d c), from features
 *     w_jl = exp(y_jl - offset_l),  u_il = softmax_l(x_il + offset_l).
 * Without a mask, offset is ln sum_j exp(y_jl): then P = U W', both factors are
 * averages, and nothing overflows or is lost. Under a causal mask it is max_j
 * y_jl: then P_ij = u_i.w_j / (u_i.z_i), where z_i, the sum of w_j over j <= i,
 * is at least exp(-spread). Rows after a tile use only the sums over its keys.
 * P'x is the same product with u and w exchanged and the order reversed. */
#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "kernel/lln/lln_internal.h"
#include "kernel/product_f64.h"

/* Rows are divided into groups. Threads process groups, and their sums are
 * added in order. A group is divided into chunks or, under a mask, tiles. Sums
 * in float32 run only within one of these. */
enum { GROUP = 2048, CHUNK = 256, TILE = 32 };

/* A product with fewer exponentials takes less time than waking another thread
 * may take on a busy machine. */
static const size_t SHARED_FEATURES = (size_t)1 << 16;

/* Queries or keys, and how their features are computed. */
typedef struct {
    bool keys;
    lln_matrix values; /* [rows x d] */
    double factor;
    const double *offset; /* [d] */
    size_t skip;          /* row i is at position skip + i */
} side;

typedef struct {
    size_t first, count;
} run;

/* One product y = f_out (f_in' x), through the state: sums f_in'x [d x c] and
 * sums of f_in [d] over rows. */
typedef struct {
    side in, out;
    bool causal; /* y of a row depends on the rows of x up to its position */
    bool norms;  /* divide rows of y by f_out . (sum of f_in) or, if not causal,
                    rows of f_in'x by the column sums of f_in */
    bool reverse; /* causal, but from the last position to the first */
    size_t in_rows, out_rows; /* number of positions of each side */
    size_t d, c, state;
    const void *x; /* [in x c] */
    void *y;       /* [out x c] */
    double *norm;  /* [out], receives the divisors of rows; or NULL */
    double *sums;  /* [groups x state] */
} work;

typedef void group_visit(const work *w, size_t group, void *memory);

static size_t group_count(size_t rows)
{
    return (rows + GROUP - 1) / GROUP;
}

static size_t group_end(size_t rows, size_t group)
{
    return lln_size_smaller((group + 1) * GROUP, rows);
}

/* The sums of the previous group in the order of the product; NULL for the
 * first group. */
static const double *sums_before(const work *w, size_t group)
{
    bool first = group == (w->reverse ? group_count(w->in_rows) - 1 : 0);
    size_t before = w->reverse ? group + 1 : group - 1;
    return first ? NULL : w->sums + before * w->state;
}

/* The rows of a side at positions begin .. end - 1. */
static run rows_within(const side *s, size_t begin, size_t end)
{
    size_t rows = s->values.rows;
    size_t first = begin > s->skip ? begin - s->skip : 0;
    size_t last = end > s->skip ? lln_size_smaller(end - s->skip, rows) : 0;
    return (run){first, last > first ? last - first : 0};
}

#define LLN_BODY "kernel/lln/lln_product.inc"
#include "core/both_precisions.h"

/* Calls `visit` for all groups, each with its thread's scratch memory. */
static lln_status visit_groups(const work *w, size_t groups, group_visit *visit)
{
    size_t features = (w->in_rows + w->out_rows) * w->d;
    int threads = features < SHARED_FEATURES ? 1 : lln_threads_count();
    size_t size = (CHUNK + 2 * TILE) * w->d + 3 * w->state + TILE * (TILE + 1);
    double *memory =
        lln_array_alloc_raw((size_t)threads * size, sizeof *memory);
    if (!memory)
        return LLN_ENOMEM;
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
    for (size_t g = 0; g < groups; g++)
        if (!lln_stop_requested)
            visit(w, g, memory + (size_t)omp_get_thread_num() * size);
    free(memory);
    return lln_threads_check_stop();
}

/* sums of group 0 = those of all groups */
static void add_groups(const work *w, size_t groups)
{
    for (size_t g = 1; g < groups; g++)
        for (size_t l = 0; l < w->state; l++)
            w->sums[l] += w->sums[g * w->state + l];
}

/* Divides row l of f_in'x by the sum of column l of f_in. Apart from rounding
 * that sum is 1; without the division P x would have its rounding error. */
static void average_rows(const work *w)
{
    for (size_t l = 0; l < w->d; l++)
        for (size_t j = 0; j < w->c; j++)
            w->sums[l * w->c + j] /= w->sums[w->d * w->c + l];
}

/* sums of each group += those of all groups before it */
static void scan_groups(const work *w, size_t groups)
{
    for (size_t i = 1; i < groups; i++) {
        size_t group = w->reverse ? groups - 1 - i : i;
        const double *before = sums_before(w, group);
        for (size_t l = 0; l < w->state; l++)
            w->sums[group * w->state + l] += before[l];
    }
}

static lln_status multiply(work *w, lln_precision precision)
{
    bool single = precision == LLN_FLOAT32;
    w->in_rows = w->in.skip + w->in.values.rows;
    w->out_rows = w->out.skip + w->out.values.rows;
    w->d = w->in.values.columns;
    w->state = w->d * w->c + w->d;
    size_t groups = group_count(w->in_rows);
    w->sums = lln_array_alloc(groups * w->state, sizeof *w->sums);
    if (!w->sums)
        return LLN_ENOMEM;
    lln_status status =
        visit_groups(w, groups, single ? group_sum_f32 : group_sum_f64);
    if (w->causal) {
        scan_groups(w, groups);
        if (status == LLN_OK)
            status = visit_groups(w, groups,
                                  single ? group_causal_f32 : group_causal_f64);
    } else {
        add_groups(w, groups);
        if (w->norms)
            average_rows(w);
        if (status == LLN_OK)
            status = visit_groups(w, group_count(w->out_rows),
                                  single ? group_spread_f32 : group_spread_f64);
    }
    free(w->sums);
    return status;
}

/* The query side and the key side of the attention. */
static side query_side(const lln_attention *attention)
{
    const lln_state *state = attention->state;
    bool causal = attention->mask.causal;
    return (side){.values = state->q,
                  .factor = state->alpha,
                  .offset = causal ? state->top : lln_lln_norm(attention),
                  .skip = causal ? attention->m - attention->n : 0};
}

static side key_side(const lln_attention *attention)
{
    const lln_state *state = attention->state;
    return (side){.keys = true,
                  .values = state->k,
                  .factor = state->beta,
                  .offset = attention->mask.causal ? state->top
                                                   : lln_lln_norm(attention)};
}

static lln_status product_f64(const void *context, const double *x,
                              size_t columns, double *y)
{
    work w = *(const work *)context;
    w.c = columns;
    w.x = x;
    w.y = y;
    return multiply(&w, LLN_FLOAT64);
}

/* Computes in float32 if x is float32 and `single` allows it. */
static lln_status product_of(work *w, lln_matrix x, bool single, void *y)
{
    if (x.precision == LLN_FLOAT64 || !single)
        return lln_product_in_f64(product_f64, w, x, w->out.values.rows, y);
    w->c = x.columns;
    w->x = x.data;
    w->y = y;
    return multiply(w, LLN_FLOAT32);
}

static lln_status product(const lln_attention *attention, lln_matrix x, void *y)
{
    const lln_state *state = attention->state;
    bool causal = attention->mask.causal;
    work w = {.in = key_side(attention),
              .out = query_side(attention),
              .causal = causal,
              .norms = true};
    return product_of(&w, x, !causal || state->spread <= LLN_SPREAD_F32, y);
}

/* P'x = W'(U x / Z) over later queries. Z is computed first, by a product
 * without columns. Scratch: norm [n], scaled [n x columns]. */
static lln_status transpose_causal(const lln_attention *attention,
                                   const double *x, size_t columns,
                                   double *norm, double *scaled, double *y)
{
    work forward = {.in = key_side(attention),
                    .out = query_side(attention),
                    .causal = true,
                    .norms = true,
                    .norm = norm};
    work back = {.in = query_side(attention),
                 .out = key_side(attention),
                 .causal = true,
                 .reverse = true};
    LLN_TRY(multiply(&forward, LLN_FLOAT64));
    for (size_t i = 0; i < attention->n; i++)
        for (size_t l = 0; l < columns; l++)
            scaled[i * columns + l] = x[i * columns + l] / norm[i];
    return product_f64(&back, scaled, columns, y);
}

static lln_status transposed_f64(const void *context, const double *x,
                                 size_t columns, double *y)
{
    const lln_attention *attention = context;
    size_t n = attention->n;
    double *norm = lln_array_alloc_raw(n + n * columns, sizeof *norm);
    if (!norm)
        return LLN_ENOMEM;
    lln_status status =
        transpose_causal(attention, x, columns, norm, norm + n, y);
    free(norm);
    return status;
}

static lln_status transposed(const lln_attention *attention, lln_matrix x,
                             void *y)
{
    if (attention->mask.causal)
        return lln_product_in_f64(transposed_f64, attention, x, attention->m,
                                  y);
    work w = {.in = query_side(attention), .out = key_side(attention)};
    return product_of(&w, x, true, y);
}

/* The sides of a product in which queries see only the keys that are at least
 * `lag` tokens before them or, with `after`, after them. */
static side far_queries(const lln_attention *attention, size_t lag, bool after)
{
    side queries = query_side(attention);
    const lln_state *state = attention->state;
    queries.offset = state->top;
    queries.skip = attention->m - attention->n + (after ? lag : 0);
    return queries;
}

static side far_keys(const lln_attention *attention, size_t lag, bool after)
{
    side keys = key_side(attention);
    const lln_state *state = attention->state;
    keys.offset = state->top;
    keys.skip = after ? 0 : lag;
    return keys;
}

lln_status lln_lln_far_product(const lln_attention *attention, size_t lag,
                               bool after, lln_matrix x, void *y)
{
    work w = {.in = far_keys(attention, lag, after),
              .out = far_queries(attention, lag, after),
              .causal = true,
              .reverse = after};
    memset(y, 0, attention->n * x.columns * lln_precision_size(x.precision));
    return product_of(&w, x, true, y);
}

lln_status lln_lln_far_transposed(const lln_attention *attention, size_t lag,
                                  bool after, const double *x, size_t columns,
                                  double *y)
{
    work w = {.in = far_queries(attention, lag, after),
              .out = far_keys(attention, lag, after),
              .causal = true,
              .reverse = !after};
    memset(y, 0, attention->m * columns * sizeof *y);
    return product_f64(&w, x, columns, y);
}

void lln_lln_set_products(lln_attention *attention)
{
    bool causal = lln_mask_is_causal_alone(attention->mask);
    if (lln_mask_hides(attention->mask) && !causal)
        return;
    if (causal && attention->tiles.domain == LLN_DOMAIN_LOG) {
        lln_lln_set_recurrence(attention);
        return;
    }
    attention->product = product;
    attention->transposed = transposed;
}
