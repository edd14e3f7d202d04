/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reformer. In every round of hashing, tokens are sorted by bucket and position
 * and cut into chunks of b. A chunk sees itself and the previous chunk. The
 * chunks of all rounds form one circle: before the first of a round comes the
 * last of the previous round, and before the very first the very last. Keys are
 * the queries divided by their lengths. Rounds are weighted by their sums, so
 * that a row is one softmax over all tokens that it sees, each counted once for
 * each time it is seen. A token sees itself only if it sees nothing else. */
#include <cblas.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "kernel/arrays.h"
#include "kernel/features/projection.h"
#include "kernel/logits.h"
#include "kernel/row_math.h"
#include "kernel/sparse/sparse.h"
#include "kernel/sparse/top_keys.h"

typedef struct {
    size_t n, b, hashes, half; /* half: half the number of buckets */
    lln_logit_rule rule;
    uint32_t *order; /* [hashes x n]: tokens in sorted order */
    uint32_t *place; /* [hashes x n]: index of a token in that order */
    double *inverse; /* [n]: 1 / |q| */
} reformer;

static void reformer_free(reformer *state)
{
    free(state->order);
    free(state->place);
    free(state->inverse);
}

/* Number of tokens that are hashed together. */
enum { CHUNK = 64 };

/* The index of the largest of y [half] and -y; the first if there are
 * several. */
static uint32_t find_bucket(const double *y, size_t half)
{
    size_t high = 0, low = 0;
    for (size_t r = 1; r < half; r++) {
        high = y[r] > y[high] ? r : high;
        low = y[r] < y[low] ? r : low;
    }
    return (uint32_t)(-y[low] > y[high] ? half + low : high);
}

/* Finds the buckets of tokens first .. first + rows - 1 in one round. q: [n x
 * d]; rotations: [d x hashes half]; y: scratch [CHUNK x half]. */
static void hash_chunk(const reformer *state, const double *q, size_t d,
                       const double *rotations, size_t round, size_t first,
                       double *y, uint32_t *bucket)
{
    int half = (int)state->half, columns = (int)(state->hashes * state->half);
    size_t rows = state->n - first < CHUNK ? state->n - first : CHUNK;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)rows, half,
                (int)d, 1, q + first * d, (int)d,
                rotations + round * state->half, columns, 0, y, half);
    for (size_t i = 0; i < rows; i++)
        bucket[first + i] = find_bucket(y + i * state->half, state->half);
}

/* Finds bucket [n] of one round; y: scratch [threads x CHUNK x half]. */
static void hash_round(const reformer *state, const double *q, size_t d,
                       const double *rotations, size_t round, double *y,
                       uint32_t *bucket)
{
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t first = 0; first < state->n; first += CHUNK) {
        size_t thread = (size_t)omp_get_thread_num();
        if (!lln_stop_requested)
            hash_chunk(state, q, d, rotations, round, first,
                       y + thread * CHUNK * state->half, bucket);
    }
}

/* Sorts the tokens of one round by bucket, then position; bucket: [n], start:
 * scratch [2 half + 1]. */
static void sort_round(reformer *state, size_t round, const uint32_t *bucket,
                       size_t *start)
{
    size_t n = state->n;
    memset(start, 0, (2 * state->half + 1) * sizeof *start);
    for (size_t i = 0; i < n; i++)
        start[bucket[i] + 1]++;
    for (size_t r = 0; r < 2 * state->half; r++)
        start[r + 1] += start[r];
    for (size_t i = 0; i < n; i++) {
        size_t at = start[bucket[i]]++;
        state->order[round * n + at] = (uint32_t)i;
        state->place[round * n + i] = (uint32_t)at;
    }
}

/* Finds the order of tokens in all rounds, and `inverse`; q: [n x d]. */
static lln_status hash(reformer *state, const double *q, size_t d,
                       const double *rotations)
{
    size_t n = state->n, half = state->half;
    size_t chunks = (size_t)lln_threads_count() * CHUNK;
    uint32_t *bucket = lln_array_alloc_raw(n, sizeof *bucket);
    size_t *start = lln_array_alloc_raw(2 * half + 1, sizeof *start);
    double *y = lln_array_alloc_raw(chunks * half, sizeof *y);
    lln_status status = bucket && start && y ? LLN_OK : LLN_ENOMEM;
    for (size_t h = 0; status == LLN_OK && h < state->hashes; h++) {
        hash_round(state, q, d, rotations, h, y, bucket);
        status = lln_threads_check_stop();
        if (status == LLN_OK)
            sort_round(state, h, bucket, start);
    }
    for (size_t i = 0; status == LLN_OK && i < n; i++) {
        double length = sqrt(lln_row_dot(q + i * d, q + i * d, d));
        state->inverse[i] = 1 / fmax(length, 1e-12);
    }
    free(bucket);
    free(start);
    free(y);
    return status;
}

/* Writes the other tokens that row i may see, repeated as often as it sees
 * them; returns their number. See above for the circle of chunks. */
static size_t gather(const reformer *state, size_t i, uint32_t *keys)
{
    size_t n = state->n, b = state->b, chunks = n / b * state->hashes;
    size_t count = 0;
    for (size_t h = 0; h < state->hashes; h++) {
        size_t own = (h * n + state->place[h * n + i]) / b;
        size_t seen[2] = {own, (own + chunks - 1) % chunks};
        for (size_t c = 0; c < 2; c++)
            for (size_t at = seen[c] * b; at < (seen[c] + 1) * b; at++) {
                uint32_t j = state->order[at];
                if (j != i && (j < i || !state->rule.mask.causal))
                    keys[count++] = j;
            }
    }
    qsort(keys, count, sizeof *keys, lln_compare_keys);
    return count;
}

static void make(const void *context, const lln_sparse_query *query,
                 lln_sparse_row *out)
{
    const reformer *state = context;
    size_t seen = gather(state, query->i, out->keys), d = query->d;
    for (size_t e = 0; e < seen; e++) {
        uint32_t j = out->keys[e];
        bool again = out->count > 0 && out->keys[out->count - 1] == j;
        if (!again) {
            out->keys[out->count] = j;
            query->scratch[out->count] = 0;
            /* The tokens' queries, in query->k, are used as keys. */
            out->values[out->count++] = lln_logits_one(
                &state->rule,
                &(lln_logit_place){query->n, query->m, NULL, query->i, j},
                query->q, state->inverse[j], query->k + j * d, d);
        }
        query->scratch[out->count - 1]++;
    }
    for (size_t e = 0; e < out->count; e++)
        out->values[e] += log(query->scratch[e]);
    if (out->count == 0) {
        out->keys[0] = (uint32_t)query->i;
        out->values[out->count++] = 0;
    }
    lln_row_softmax(out->values, out->count);
}

static lln_status check_buckets(const lln_kernel_choice *choice)
{
    size_t buckets;
    LLN_TRY(lln_kernel_count_or(choice, "buckets", 2, &buckets));
    if (buckets % 2 == 0)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "kernel '%s': buckets=%zu: expected an even number",
                    choice->kernel->name, buckets);
}

/* Reads the chunk length, the rounds and the buckets. */
static lln_status read_sizes(const lln_kernel_choice *choice,
                             const lln_head *head, reformer *state)
{
    size_t n = head->q.rows, buckets;
    LLN_TRY(lln_kernel_count(choice, "b", &state->b));
    LLN_TRY(lln_kernel_count(choice, "hashes", &state->hashes));
    if (n != head->k.rows || n % (2 * state->b) != 0)
        return lln_fail(LLN_EINVAL,
                        "kernel '%s': %zu queries and %zu keys; expected equal "
                        "multiples of %zu",
                        choice->text, n, head->k.rows, 2 * state->b);
    LLN_TRY(lln_kernel_count_or(choice, "buckets", n / state->b, &buckets));
    state->n = n;
    state->half = buckets / 2;
    state->rule = head->rule;
    return LLN_OK;
}

/* Number of columns of the array of rotations; 0 if the head does not fit. */
static size_t count_rotations(const lln_kernel_choice *choice,
                              const lln_head *head)
{
    reformer sizes = {0};
    return read_sizes(choice, head, &sizes) == LLN_OK
               ? sizes.hashes * sizes.half
               : 0;
}

/* out [d x hashes half]: given or drawn. */
static lln_status find_rotations(const lln_kernel_choice *choice, size_t d,
                                 size_t columns, double *out)
{
    lln_matrix given;
    LLN_TRY(lln_kernel_array_values(choice, "rotations", &given));
    if (!given.data)
        return lln_projection_normal(choice, 0, d * columns, 1, out);
    lln_matrix_convert(given, LLN_FLOAT64, out);
    return LLN_OK;
}

static lln_status prepare(const lln_kernel_choice *choice, const lln_head *head,
                          reformer *state)
{
    size_t n = state->n, d = head->q.columns;
    size_t columns = state->hashes * state->half;
    state->order = lln_array_alloc_raw(state->hashes * n, sizeof(uint32_t));
    state->place = lln_array_alloc_raw(state->hashes * n, sizeof(uint32_t));
    state->inverse = lln_array_alloc_raw(n, sizeof(double));
    double *rotations =
        lln_array_alloc_raw(d * columns + n * d, sizeof *rotations);
    lln_status status =
        state->order && state->place && state->inverse && rotations
            ? find_rotations(choice, d, columns, rotations)
            : LLN_ENOMEM;
    if (status == LLN_OK) {
        double *q = rotations + d * columns;
        lln_matrix_convert(head->q, LLN_FLOAT64, q);
        status = hash(state, q, d, rotations);
    }
    free(rotations);
    return status;
}

static lln_status reformer_open(const lln_kernel_choice *choice,
                                const lln_head *head, lln_attention *attention)
{
    reformer state = {0};
    LLN_TRY(read_sizes(choice, head, &state));
    lln_head shared = *head;
    shared.k = head->q;
    lln_sparse_kernel kernel = {.choice = choice,
                                .head = &shared,
                                .most = 2 * state.b * state.hashes,
                                .expect = 2 * state.b * state.hashes,
                                .state = &state,
                                .make = make};
    lln_status status = prepare(choice, head, &state);
    if (status == LLN_OK)
        status = lln_sparse_open(&kernel, attention);
    reformer_free(&state);
    return status;
}

const lln_kernel lln_kernel_reformer = {
    .name = "reformer",
    .summary = "softmax within chunks of tokens sorted by query hashes; keys "
               "are the queries, scaled to length 1",
    .reference = "Kitaev, Kaiser, Levskaya 2020",
    .rank = "full",
    .properties = LLN_KERNEL_SUMS_TO_ONE | LLN_KERNEL_RANDOM,
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL | LLN_HONOURS_SCALE |
               LLN_HONOURS_LOGITS,
    .arrays = {{.name = "rotations",
                .shapes = {{"d", "hashes buckets/2"}},
                .unit = "replaces normal random numbers",
                .finite = true,
                .columns = count_rotations}},
    .parameters = {{"b",
                    "tokens in a chunk; 2 b must divide the number of tokens",
                    "64",
                    {1, UINT32_MAX, true}},
                   {"hashes", "rounds of hashing", "8", {1, 128, true}},
                   {"buckets",
                    "hash buckets in each round (default: tokens / b)",
                    NULL,
                    {2, 1 << 24, true}}},
    .check = check_buckets,
    .open = reformer_open,
};
