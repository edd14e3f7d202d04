/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/bootstrap.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/ordered.h"
#include "core/progress.h"
#include "core/random.h"
#include "core/sorting.h"
#include "core/threads.h"
#include "heads/gaussian.h"
#include "kernel/table/table.h"
#include "measure/lognormal.h"

enum {
    SLOTS = 2, /* draws in progress or waiting, for each thread */
    /* Above this many queries or keys, threads share the rows of one draw, so
     * that only one is in memory. */
    MOST_TOKENS = 4096
};

static const double UPPER = 0.95;

/* Distances that differ by less are equal: those of two entries always are, but
 * for rounding. Relative. */
static const double EQUAL = 1e-9;

/* The matrices of a drawn head. */
typedef struct {
    void *q, *k;
    double distance;
} slot;

typedef struct {
    const lln_kernel_choice *choice;
    const lln_head *head;
    const size_t *queries;
    size_t count;
    const lln_bootstrap_plan *plan;
    double sigma_q, sigma_k;
    uint64_t seed; /* of this head */
    slot *slots;
    size_t slot_count;
    double *distances; /* [plan->draws] of the draws so far, in order */
    size_t done, exceeding;
    double distance; /* T */
} state;

/* T of a head; NaN if it has none. */
static lln_status find_distance(const state *s, const lln_kernel_choice *choice,
                                const lln_head *head, double *distance)
{
    lln_attention attention;
    *distance = NAN;
    LLN_TRY(lln_kernel_open(choice, head, &attention));
    lln_status status =
        lln_lognormal_distance(&attention, s->queries, s->count, distance);
    lln_attention_close(&attention);
    return status;
}

static lln_status draw_matrix(const state *s, lln_matrix shape, double sigma,
                              uint32_t first_stream, void *out,
                              lln_matrix *drawn)
{
    const lln_gaussian_matrix x = {shape.rows, shape.columns,
                                   sigma,      shape.precision,
                                   s->seed,    first_stream};
    *drawn = (lln_matrix){shape.precision, shape.rows, shape.columns, out};
    return lln_gaussian_draw(&x, out);
}

/* The seed of a head. Its number in the set depends on which heads are chosen,
 * and its place in a batch on what else is in the batch. */
static uint64_t seed_of(const lln_head *head, uint64_t seed)
{
    uint64_t own = lln_random_number(~seed, 1);
    own = lln_random_number(own, (uint64_t)(head->layer + 1));
    return lln_random_number(own, (uint64_t)(head->head + 1));
}

static uint32_t streams_of(const lln_head *head)
{
    return (uint32_t)(lln_gaussian_streams(head->q.rows) +
                      lln_gaussian_streams(head->k.rows));
}

/* Draws head `draw` into the slot. */
static lln_status draw_head(const state *s, size_t draw, const slot *to,
                            lln_head *drawn)
{
    uint32_t first = (uint32_t)draw * streams_of(s->head);
    uint32_t second = first + (uint32_t)lln_gaussian_streams(s->head->q.rows);
    *drawn = *s->head;
    drawn->v = (lln_matrix){0};
    drawn->kept = NULL;
    drawn->storage = NULL;
    LLN_TRY(draw_matrix(s, s->head->q, s->sigma_q, first, to->q, &drawn->q));
    return draw_matrix(s, s->head->k, s->sigma_k, second, to->k, &drawn->k);
}

static lln_status measure_draw(void *context, size_t draw, size_t at)
{
    const state *s = context;
    slot *to = &s->slots[at];
    lln_head drawn;
    lln_kernel_choice choice = *s->choice;
    to->distance = NAN;
    LLN_TRY(draw_head(s, draw, to, &drawn));
    lln_status status = LLN_OK;
    if (s->plan->adapt)
        status = s->plan->adapt(s->plan->context, &drawn, &choice);
    if (status == LLN_OK)
        status = find_distance(s, &choice, &drawn, &to->distance);
    lln_draws_done++;
    return lln_status_is_local(status) ? LLN_OK : status;
}

static bool has_enough(const state *s)
{
    return s->plan->enough > 0 && s->exceeding == s->plan->enough;
}

/* Takes the draws in order. The status ends the drawing once there are
 * enough. */
static lln_status take_draw(void *context, size_t draw, size_t at)
{
    state *s = context;
    double distance = s->slots[at].distance;
    s->distances[draw] = distance;
    s->done++;
    s->exceeding += !(distance < s->distance * (1 - EQUAL));
    return has_enough(s) ? LLN_EUNDEFINED : LLN_OK;
}

static lln_status run_draws(state *s, int threads)
{
    const lln_ordered job = {s->plan->draws, s->slot_count, measure_draw,
                             take_draw, s};
    lln_status status = lln_ordered_run(&job, threads);
    return has_enough(s) ? LLN_OK : status;
}

static void close_slots(state *s)
{
    for (size_t i = 0; s->slots && i < s->slot_count; i++) {
        free(s->slots[i].q);
        free(s->slots[i].k);
    }
    free(s->slots);
    free(s->distances);
}

static void *alloc_matrix(lln_matrix shape)
{
    size_t count;
    if (lln_size_multiply(shape.rows, shape.columns, &count) != LLN_OK)
        return NULL;
    return lln_array_alloc_raw(count, lln_precision_size(shape.precision));
}

static lln_status open_slots(state *s)
{
    s->slots = lln_array_alloc(s->slot_count, sizeof *s->slots);
    s->distances = lln_array_alloc(s->plan->draws, sizeof *s->distances);
    if (!s->slots || !s->distances)
        return LLN_ENOMEM;
    for (size_t i = 0; i < s->slot_count; i++) {
        s->slots[i].q = alloc_matrix(s->head->q);
        s->slots[i].k = alloc_matrix(s->head->k);
        if (!s->slots[i].q || !s->slots[i].k)
            return LLN_ENOMEM;
    }
    return LLN_OK;
}

/* Mean and 95 % point of the draws that count; sorts them. */
static lln_status summarise(const state *s, lln_bootstrap *out)
{
    size_t used = 0, all = s->done - has_enough(s);
    double sum = 0;
    for (size_t i = 0; i < all; i++)
        if (!isnan(s->distances[i]))
            sum += s->distances[used++] = s->distances[i];
    LLN_TRY(lln_sort_reals(s->distances, used));
    size_t rank = (size_t)ceil(UPPER * ((double)used + 1));
    out->mean = used > 0 ? sum / (double)used : NAN;
    out->upper = rank <= used ? s->distances[rank - 1] : NAN;
    out->draws = s->done;
    double exceeding = (double)s->exceeding, done = (double)s->done;
    out->p = has_enough(s) ? exceeding / done : (1 + exceeding) / (1 + done);
    return LLN_OK;
}

static lln_status check(const state *s)
{
    size_t streams;
    if (s->plan->draws == 0)
        return lln_fail(LLN_EINVAL, "bootstrap: 0 draws; expected at least 1");
    if (!(s->sigma_q > 0 && s->sigma_k > 0))
        return lln_fail(LLN_EUNDEFINED,
                        "bootstrap: queries or keys have no spread");
    LLN_TRY(lln_size_multiply(s->plan->draws, streams_of(s->head), &streams));
    if (streams > LLN_RANDOM_STREAMS)
        return lln_fail(LLN_EINVAL,
                        "bootstrap: %zu draws of %zu tokens need more than "
                        "2^32 - 1 streams of random numbers",
                        s->plan->draws, s->head->q.rows);
    return LLN_OK;
}

static lln_status run(state *s, lln_bootstrap *out)
{
    size_t tokens =
        s->head->q.rows > s->head->k.rows ? s->head->q.rows : s->head->k.rows;
    int threads = tokens > MOST_TOKENS ? 1 : lln_threads_count();
    s->slot_count = threads > 1 ? SLOTS * (size_t)threads : 1;
    LLN_TRY(check(s));
    LLN_TRY(find_distance(s, s->choice, s->head, &s->distance));
    LLN_TRY(open_slots(s));
    LLN_TRY(run_draws(s, threads));
    LLN_TRY(summarise(s, out));
    out->distance = s->distance;
    return LLN_OK;
}

lln_status lln_bootstrap_measure(const lln_kernel_choice *choice,
                                 const lln_head *head, const size_t *queries,
                                 size_t count, const lln_bootstrap_plan *plan,
                                 lln_bootstrap *out)
{
    double mean;
    state s = {.choice = choice,
               .head = head,
               .queries = queries,
               .count = count,
               .plan = plan,
               .seed = seed_of(head, plan->seed)};
    *out = (lln_bootstrap){NAN, NAN, 0, NAN, NAN};
    lln_matrix_moments(head->q, &mean, &s.sigma_q);
    lln_matrix_moments(head->k, &mean, &s.sigma_k);
    lln_status status = run(&s, out);
    close_slots(&s);
    return status;
}
