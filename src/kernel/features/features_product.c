/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Products with attention made of feature maps. Without a mask, all queries use
 * the same sums over keys. With a causal mask, sums are carried from chunk to
 * chunk. */
#include <cblas.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/threads.h"
#include "kernel/features/features_internal.h"
#include "kernel/row_math.h"

enum { CHUNK = LLN_FEATURES_CHUNK, GROUPS = LLN_FEATURES_GROUPS };

static size_t count_chunks(const lln_features *f)
{
    size_t positions = f->n > f->m ? f->n : f->m;
    return (positions + CHUNK - 1) / CHUNK;
}

static lln_run chunk_rows(const lln_features *f, lln_role side, size_t chunk)
{
    size_t rows = side == LLN_QUERIES ? f->n : f->m;
    size_t offset = side == LLN_QUERIES ? lln_features_offset(f) : 0;
    size_t begin = chunk * CHUNK, end = begin + CHUNK;
    begin = lln_size_smaller(begin > offset ? begin - offset : 0, rows);
    end = lln_size_smaller(end > offset ? end - offset : 0, rows);
    return (lln_run){begin, end - begin};
}

/* One product: rows of y, on side `to`, are sums over side `from` of A_ij x_j
 * or, transposed, of A_ij x_i. */
typedef struct {
    const lln_features *f;
    lln_role from, to;
    size_t columns, chunks, groups;
    lln_matrix x;
    lln_matrix_output y;
    double *state; /* [groups x rank x columns], sums of phi(from) x' */
} product;

/* Scratch of one thread. */
typedef struct {
    double *to, *from; /* features [CHUNK x rank] */
    double *block;     /* A or A' [CHUNK x CHUNK] */
    double *x, *y;     /* [CHUNK x columns] */
    double *memory;
} workspace;

static lln_status workspace_alloc(const product *p, workspace *w)
{
    size_t features = CHUNK * p->f->rank, values = CHUNK * p->columns;
    w->memory = lln_array_alloc_raw(
        2 * features + 2 * values + (size_t)CHUNK * CHUNK, sizeof(double));
    if (!w->memory)
        return LLN_ENOMEM;
    w->to = w->memory;
    w->from = w->to + features;
    w->x = w->from + features;
    w->y = w->x + values;
    w->block = w->y + values;
    return LLN_OK;
}

static size_t group_begin(const product *p, size_t group)
{
    return p->chunks * group / p->groups;
}

/* Divides values [count x columns] of queries by their z. */
static void divide(const product *p, lln_run queries, double *values)
{
    if (!p->f->z)
        return;
    for (size_t i = 0; i < queries.count; i++)
        for (size_t c = 0; c < p->columns; c++)
            values[i * p->columns + c] /= p->f->z[queries.first + i];
}

static void load(const product *p, lln_run rows, double *x)
{
    lln_matrix_convert(lln_matrix_rows(p->x, rows.first, rows.count),
                       LLN_FLOAT64, x);
    if (p->from == LLN_QUERIES)
        divide(p, rows, x);
}

static void store(const product *p, lln_run rows, double *y)
{
    if (p->to == LLN_QUERIES)
        divide(p, rows, y);
    lln_matrix part = {LLN_FLOAT64, rows.count, p->columns, y};
    lln_matrix_store(part, p->y, rows.first);
}

/* out [rows x columns] = beta out + a b or a'b */
static void multiply(CBLAS_TRANSPOSE transpose, size_t rows, size_t columns,
                     size_t inner, const double *a, const double *b,
                     double beta, double *out)
{
    int lda = (int)(transpose == CblasNoTrans ? inner : rows);
    if (rows == 0 || inner == 0)
        return;
    cblas_dgemm(CblasRowMajor, transpose, CblasNoTrans, (int)rows, (int)columns,
                (int)inner, 1, a, lda, b, (int)columns, beta, out,
                (int)columns);
}

/* state += phi(from)' x over one chunk, which must be loaded. */
static void add_state(const product *p, lln_run rows, const double *features,
                      const double *x, double *state)
{
    multiply(CblasTrans, p->f->rank, p->columns, rows.count, features, x, 1,
             state);
}

static void sum_group(const product *p, size_t group, workspace *w)
{
    double *state = p->state + group * p->f->rank * p->columns;
    for (size_t chunk = group_begin(p, group);
         chunk < group_begin(p, group + 1) && !lln_stop_requested; chunk++) {
        lln_run rows = chunk_rows(p->f, p->from, chunk);
        load(p, rows, w->x);
        add_state(p, rows, lln_features_make(p->f, p->from, rows, w->from),
                  w->x, state);
    }
}

/* Without a mask: adds the states of all groups to that of group 0. */
static void total_states(const product *p)
{
    size_t size = p->f->rank * p->columns;
    for (size_t g = 1; g < p->groups; g++)
        for (size_t l = 0; l < size; l++)
            p->state[l] += p->state[g * size + l];
}

/* With a causal mask: replaces the state of each group by the sum over the
 * groups before it (in a transposed product, after it). carry: scratch [rank x
 * columns], zeroed. */
static void carry_states(const product *p, double *carry)
{
    size_t size = p->f->rank * p->columns;
    for (size_t step = 0; step < p->groups; step++) {
        size_t g = p->to == LLN_QUERIES ? step : p->groups - 1 - step;
        for (size_t l = 0; l < size; l++) {
            double own = p->state[g * size + l];
            p->state[g * size + l] = carry[l];
            carry[l] += own;
        }
    }
}

/* block [queries x keys] = A between a chunk's queries and keys, 0 where
 * masked. */
static void fill_block(const lln_features *f, lln_run queries, lln_run keys,
                       const double *phi_q, const double *phi_k, double *block)
{
    if (f->scores)
        f->scores(f, queries.first, queries.count, keys.first, keys.count,
                  keys.count, block);
    else
        lln_row_products(1, phi_q, queries.count, phi_k, keys.count, f->rank,
                         keys.count, block);
    for (size_t i = 0; i < queries.count; i++) {
        size_t seen =
            queries.first + i + lln_features_offset(f) + 1 - keys.first;
        for (size_t j = seen; j < keys.count; j++)
            block[i * keys.count + j] = 0;
    }
}

/* y += the contributions from the chunk's own tokens; phi: their features. */
static void add_block(const product *p, lln_run to, lln_run from,
                      const double *phi_to, const double *phi_from,
                      workspace *w)
{
    if (p->to == LLN_QUERIES)
        fill_block(p->f, to, from, phi_to, phi_from, w->block);
    else
        fill_block(p->f, from, to, phi_from, phi_to, w->block);
    multiply(p->to == LLN_QUERIES ? CblasNoTrans : CblasTrans, to.count,
             p->columns, from.count, w->block, w->x, 1, w->y);
}

static void apply_chunk(const product *p, size_t chunk, double *state,
                        workspace *w)
{
    lln_run to = chunk_rows(p->f, p->to, chunk);
    lln_run from = chunk_rows(p->f, p->from, chunk);
    const double *phi_to = lln_features_make(p->f, p->to, to, w->to);
    multiply(CblasNoTrans, to.count, p->columns, p->f->rank, phi_to, state, 0,
             w->y);
    if (p->f->causal) {
        const double *phi = lln_features_make(p->f, p->from, from, w->from);
        load(p, from, w->x);
        add_block(p, to, from, phi_to, phi, w);
        add_state(p, from, phi, w->x, state);
    }
    store(p, to, w->y);
}

static void apply_group(const product *p, size_t group, workspace *w)
{
    size_t begin = group_begin(p, group), end = group_begin(p, group + 1);
    size_t at = p->f->causal ? group : 0;
    double *state = p->state + at * p->f->rank * p->columns;
    for (size_t step = 0; step < end - begin && !lln_stop_requested; step++)
        apply_chunk(p, p->to == LLN_QUERIES ? begin + step : end - 1 - step,
                    state, w);
}

/* Calls `visit` for each group, with scratch for each thread. */
static lln_status for_groups(const product *p,
                             void visit(const product *, size_t, workspace *))
{
    lln_failure failure = LLN_NO_FAILURE;
#pragma omp parallel
    {
        workspace w;
        lln_failure_note(&failure, 0, workspace_alloc(p, &w));
#pragma omp for schedule(dynamic, 1)
        for (size_t group = 0; group < p->groups; group++)
            if (group < failure.item)
                visit(p, group, &w);
        free(w.memory);
    }
    LLN_TRY(lln_failure_report(&failure));
    return lln_threads_check_stop();
}

/* Computes the states of all groups, then y. carry: see carry_states. */
static lln_status run(const product *p, double *carry, double *total)
{
    LLN_TRY(for_groups(p, sum_group));
    if (p->f->causal)
        carry_states(p, carry);
    else
        total_states(p);
    if (total)
        memcpy(total, p->state, p->f->rank * p->columns * sizeof *total);
    return for_groups(p, apply_group);
}

lln_status lln_features_multiply(const lln_features *f, lln_role to,
                                 lln_matrix x, void *y, double *total)
{
    size_t chunks = count_chunks(f), groups = lln_size_smaller(chunks, GROUPS);
    size_t size = f->rank * x.columns;
    product p = {
        .f = f,
        .from = to == LLN_QUERIES ? LLN_KEYS : LLN_QUERIES,
        .to = to,
        .columns = x.columns,
        .chunks = chunks,
        .groups = groups,
        .x = x,
        .y = {x.precision, to == LLN_QUERIES ? f->n : f->m, x.columns, y},
    };
    p.state = lln_array_alloc((groups + 1) * size, sizeof *p.state);
    if (!p.state)
        return LLN_ENOMEM;
    lln_status status = run(&p, p.state + groups * size, total);
    free(p.state);
    return status;
}
