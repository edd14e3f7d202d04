/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The recurrence over tokens, forward for P and backward for P', by chunks. D_t
 * is the product of the gates from the beginning of the chunk to token t, E_s
 * the product of those after token s to its end:
 *     y_t = (left_t D_t) S + sum_{s in chunk, s <= t} P_ts x_s,
 *     S <- D_end S + sum_s (right_s E_s)' x_s,   S [rank x columns]. */
#include "kernel/gated/gated.h"

#include <cblas.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "kernel/product_f64.h"
#include "kernel/row_math.h"

enum { CHUNK = 32, GROUP = 32 * CHUNK };

/* One product. Steps are counted from 0 in the order of the recurrence. */
typedef struct {
    const lln_gated *gated;
    bool reverse;
    size_t columns;
    const double *x; /* [n x columns] */
    double *y;       /* [n x columns] */
    double *states; /* [groups x (rank x columns + rank)]: first S of each group
                       alone and D at its end; then S at its beginning */
} walk;

/* Scratch of one thread for one chunk. */
typedef struct {
    size_t first, count; /* steps */
    double *source;      /* right; in reverse, left [CHUNK x rank] */
    double *reader;      /* left; in reverse, right [CHUNK x rank] */
    double *gate;   /* between a step and the previous one [CHUNK x rank] */
    double *x, *y;  /* [CHUNK x columns] */
    double *scores; /* [CHUNK x CHUNK] */
    double *decay;  /* [rank] */
} chunk;

static size_t chunk_size(const walk *w)
{
    size_t rank = w->gated->rank;
    return (3 * CHUNK + 1) * rank + 2 * CHUNK * w->columns + CHUNK * CHUNK;
}

static chunk chunk_at(const walk *w, double *memory)
{
    size_t features = CHUNK * w->gated->rank, values = CHUNK * w->columns;
    chunk c = {.source = memory};
    c.reader = c.source + features;
    c.gate = c.reader + features;
    c.x = c.gate + features;
    c.y = c.x + values;
    c.scores = c.y + values;
    c.decay = c.scores + CHUNK * CHUNK;
    return c;
}

static size_t token_of(const walk *w, size_t step)
{
    return w->reverse ? w->gated->n - 1 - step : step;
}

static void load_chunk(const walk *w, size_t first, size_t end, chunk *c)
{
    const lln_gated *g = w->gated;
    size_t r = g->rank, columns = w->columns, bytes = r * sizeof(double);
    c->first = first;
    c->count = end - first;
    for (size_t i = 0; i < c->count; i++) {
        size_t t = token_of(w, first + i), step = first + i;
        /* The gate between two tokens is stored with the later one. */
        size_t later = w->reverse && step > 0 ? t + 1 : t;
        memcpy(c->source + i * r, (w->reverse ? g->left : g->right) + t * r,
               bytes);
        memcpy(c->reader + i * r, (w->reverse ? g->right : g->left) + t * r,
               bytes);
        memcpy(c->gate + i * r, g->gate + later * r, bytes);
        double factor = w->reverse && g->inverse ? g->inverse[t] : 1;
        for (size_t l = 0; l < columns; l++)
            c->x[i * columns + l] = factor * w->x[t * columns + l];
    }
}

static void store_chunk(const walk *w, const chunk *c)
{
    const lln_gated *g = w->gated;
    for (size_t i = 0; i < c->count; i++) {
        size_t t = token_of(w, c->first + i);
        double factor = !w->reverse && g->inverse ? g->inverse[t] : 1;
        for (size_t l = 0; l < w->columns; l++)
            w->y[t * w->columns + l] = factor * c->y[i * w->columns + l];
    }
}

LLN_CLONES static void multiply_by(double *a, const double *b, size_t count)
{
#pragma omp simd
    for (size_t l = 0; l < count; l++)
        a[l] *= b[l];
}

/* a *= b; returns the product of the new a with c. */
LLN_CLONES static double multiply_and_dot(double *a, const double *b,
                                          const double *c, size_t count)
{
    double sum = 0;
#pragma omp simd reduction(+ : sum)
    for (size_t l = 0; l < count; l++) {
        a[l] *= b[l];
        sum += a[l] * c[l];
    }
    return sum;
}

/* Computes scores [count x count] within the chunk; source becomes right_s
 * E_s. */
static void fill_scores(const chunk *c, size_t r)
{
    memset(c->scores, 0, c->count * c->count * sizeof *c->scores);
    for (size_t s = 0; s < c->count; s++) {
        double *decayed = c->source + s * r;
        c->scores[s * c->count + s] =
            lln_row_dot(decayed, c->reader + s * r, r);
        for (size_t t = s + 1; t < c->count; t++)
            c->scores[t * c->count + s] = multiply_and_dot(
                decayed, c->gate + t * r, c->reader + t * r, r);
    }
}

/* source becomes right_s E_s, without computing scores. */
static void decay_sources(const chunk *c, size_t r)
{
    for (size_t l = 0; l < r; l++)
        c->decay[l] = 1;
    for (size_t s = c->count - 1; s-- > 0;) {
        multiply_by(c->decay, c->gate + (s + 1) * r, r);
        multiply_by(c->source + s * r, c->decay, r);
    }
}

/* gate becomes D_t. */
static void accumulate_gates(const chunk *c, size_t r)
{
    for (size_t t = 1; t < c->count; t++)
        multiply_by(c->gate + t * r, c->gate + (t - 1) * r, r);
}

/* S <- D_end S + source'x */
static void advance(const walk *w, const chunk *c, double *state)
{
    size_t r = w->gated->rank, columns = w->columns;
    const double *end = c->gate + (c->count - 1) * r;
    for (size_t l = 0; l < r; l++)
        cblas_dscal((int)columns, end[l], state + l * columns, 1);
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, (int)r, (int)columns,
                (int)c->count, 1, c->source, (int)r, c->x, (int)columns, 1,
                state, (int)columns);
}

/* y = (reader D) S + scores x; the reader becomes its product with D. */
static void read_state(const walk *w, const chunk *c, const double *state)
{
    int r = (int)w->gated->rank, columns = (int)w->columns;
    int count = (int)c->count;
    multiply_by(c->reader, c->gate, c->count * w->gated->rank);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, count, columns, r, 1,
                c->reader, r, state, columns, 0, c->y, columns);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, count, columns,
                count, 1, c->scores, count, c->x, columns, 1, c->y, columns);
}

/* Computes what the group adds to the state, and by which factor the state
 * decays in it. */
static void sum_group(const walk *w, size_t first, size_t end, chunk *c,
                      double *state)
{
    size_t r = w->gated->rank;
    double *decay = state + r * w->columns;
    memset(state, 0, r * w->columns * sizeof *state);
    for (size_t l = 0; l < r; l++)
        decay[l] = 1;
    for (size_t at = first; at < end; at += CHUNK) {
        load_chunk(w, at, lln_size_smaller(at + CHUNK, end), c);
        decay_sources(c, r);
        accumulate_gates(c, r);
        advance(w, c, state);
        multiply_by(decay, c->gate + (c->count - 1) * r, r);
    }
}

static void write_group(const walk *w, size_t first, size_t end, chunk *c,
                        double *state)
{
    size_t r = w->gated->rank;
    for (size_t at = first; at < end; at += CHUNK) {
        load_chunk(w, at, lln_size_smaller(at + CHUNK, end), c);
        fill_scores(c, r);
        accumulate_gates(c, r);
        read_state(w, c, state);
        advance(w, c, state);
        store_chunk(w, c);
    }
}

typedef void group_visit(const walk *w, size_t first, size_t end, chunk *c,
                         double *state);

static lln_status visit_groups(const walk *w, group_visit *visit)
{
    size_t n = w->gated->n, r = w->gated->rank, size = chunk_size(w);
    size_t state = r * w->columns + r, groups = (n + GROUP - 1) / GROUP;
    double *memory =
        lln_array_alloc_raw((size_t)lln_threads_count() * size, sizeof *memory);
    if (!memory)
        return LLN_ENOMEM;
#pragma omp parallel for schedule(dynamic, 1) if (groups > 1)
    for (size_t g = 0; g < groups; g++) {
        chunk c = chunk_at(w, memory + (size_t)omp_get_thread_num() * size);
        if (!lln_stop_requested)
            visit(w, g * GROUP, lln_size_smaller((g + 1) * GROUP, n), &c,
                  w->states + g * state);
    }
    free(memory);
    return lln_threads_check_stop();
}

/* Replaces each group's own S by the state at its beginning; state: scratch
 * [rank x columns], zeroed. */
static void chain_groups(const walk *w, double *state)
{
    size_t n = w->gated->n, r = w->gated->rank, columns = w->columns;
    size_t size = r * columns + r;
    for (size_t g = 0; g * GROUP < n; g++) {
        double *own = w->states + g * size, *decay = own + r * columns;
        for (size_t l = 0; l < r * columns; l++) {
            double next = decay[l / columns] * state[l] + own[l];
            own[l] = state[l];
            state[l] = next;
        }
    }
}

static lln_status walk_through(const lln_gated *gated, bool reverse,
                               const double *x, size_t columns, double *y)
{
    size_t groups = (gated->n + GROUP - 1) / GROUP;
    size_t size = gated->rank * columns + gated->rank;
    walk w = {gated, reverse, columns, x, y, NULL};
    w.states = lln_array_alloc((groups + 1) * size, sizeof *w.states);
    if (!w.states)
        return LLN_ENOMEM;
    lln_status status = LLN_OK;
    if (groups > 1) {
        status = visit_groups(&w, sum_group);
        chain_groups(&w, w.states + groups * size);
    }
    if (status == LLN_OK)
        status = visit_groups(&w, write_group);
    free(w.states);
    return status;
}

static lln_status forward(const void *context, const double *x, size_t columns,
                          double *y)
{
    return walk_through(context, false, x, columns, y);
}

static lln_status backward(const void *context, const double *x, size_t columns,
                           double *y)
{
    return walk_through(context, true, x, columns, y);
}

lln_status lln_gated_product(const lln_gated *gated, lln_matrix x, void *y)
{
    return lln_product_in_f64(forward, gated, x, gated->n, y);
}

lln_status lln_gated_transposed(const lln_gated *gated, lln_matrix x, void *y)
{
    return lln_product_in_f64(backward, gated, x, gated->n, y);
}
