/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Data for rows of attention made of features: the features of all keys or, if
 * no entry is negative, tiles of scores. Sums of products >= 0 stay accurate in
 * float32. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "core/threads.h"
#include "core/vector_math.h"
#include "kernel/features/features_internal.h"
#include "kernel/logits.h"
#include "kernel/row_math.h"

enum { CHUNK = LLN_FEATURES_CHUNK, PART = 32 };

/* Bounds of the features and their sums of products for which float32 has
 * normal numbers, and bounds of |logit| for which a polynomial in float32 has
 * six correct digits. */
static const double FLOAT32_LEAST = 1e-36, FLOAT32_MOST = 1e30;
static const double FLOAT32_LOGIT_LEAST = 0.05, FLOAT32_LOGIT_MOST = 32;

/* The smallest feature, the smallest above 0, and the largest. */
typedef struct {
    double least, positive, most;
} extent;

/* Rounds features to float32 and widens `seen` to include them. */
LLN_CLONES static void round_features(const double *x, size_t count, float *out,
                                      extent *seen)
{
    double least = seen->least, positive = seen->positive, most = seen->most;
#pragma omp simd reduction(min : least, positive) reduction(max : most)
    for (size_t l = 0; l < count; l++) {
        double above = x[l] > 0 ? x[l] : INFINITY;
        least = x[l] < least ? x[l] : least;
        positive = above < positive ? above : positive;
        most = x[l] > most ? x[l] : most;
        out[l] = (float)x[l];
    }
    *seen = (extent){least, positive, most};
}

/* Rounds all features of one side [rows x rank]. */
static lln_status round_side(const lln_features *f, lln_role side, float *out,
                             extent *all)
{
    size_t rows = f->source[side].rows, r = f->rank;
    double least = INFINITY, positive = INFINITY, most = 0;
    bool failed = false;
#pragma omp parallel reduction(min                                             \
                               : least, positive) reduction(max                \
                                                            : most)            \
    reduction(||                                                               \
              : failed)
    {
        double *scratch = lln_array_alloc_raw(CHUNK * r, sizeof *scratch);
        extent seen = {INFINITY, INFINITY, 0};
        failed = !scratch;
#pragma omp for schedule(static)
        for (size_t i = 0; i < rows; i += CHUNK) {
            size_t count = lln_size_smaller(CHUNK, rows - i);
            if (!scratch || lln_stop_requested)
                continue;
            const double *phi =
                lln_features_make(f, side, (lln_run){i, count}, scratch);
            round_features(phi, count * r, out + i * r, &seen);
        }
        least = seen.least;
        positive = seen.positive;
        most = seen.most;
        free(scratch);
    }
    *all = (extent){least, positive, most};
    return failed ? lln_fail(LLN_ENOMEM, "out of memory") : LLN_OK;
}

/* Whether float32 can represent the features and sums of `rank` products. */
static bool products_fit(const extent *q, const extent *k, size_t rank)
{
    return q->positive >= FLOAT32_LEAST && k->positive >= FLOAT32_LEAST &&
           q->positive * k->positive >= FLOAT32_LEAST &&
           q->most <= FLOAT32_MOST && k->most <= FLOAT32_MOST &&
           q->most * k->most * (double)rank <= FLOAT32_MOST;
}

/* The state is one array for both sides. */
static void close_rounded(lln_attention *tiles)
{
    free(tiles->state);
}

/* The rounding error grows with the number of terms of a sum, so at most PART
 * terms are added at a time. */
static void tile_rounded(const lln_attention *tiles, const void *packed,
                         size_t rows, size_t first_key, size_t keys,
                         size_t stride, void *out)
{
    size_t r = tiles->rank;
    const float *phi_q = packed, *phi_k = tiles->tiles.right.data;
    for (size_t l = 0; l < r; l += PART)
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows,
                    (int)keys, (int)lln_size_smaller(PART, r - l), 1, phi_q + l,
                    (int)r, phi_k + first_key * r + l, (int)r, l > 0, out,
                    (int)stride);
}

/* Opens tiles with features in float32. *fit: whether their products fit; if
 * not, nothing is opened. */
static lln_status open_rounded(lln_features *f, lln_attention_scores *scores,
                               bool *fit)
{
    size_t r = f->rank;
    lln_attention *tiles = &scores->tiles;
    extent q, k;
    float *phi = lln_array_alloc_raw((f->n + f->m) * r, sizeof *phi);
    if (!phi)
        return LLN_ENOMEM;
    lln_status status = round_side(f, LLN_QUERIES, phi, &q);
    if (status == LLN_OK)
        status = round_side(f, LLN_KEYS, phi + f->n * r, &k);
    *fit = status == LLN_OK && products_fit(&q, &k, r);
    if (!*fit) {
        free(phi);
        return status;
    }
    scores->zeros = q.least <= 0 || k.least <= 0;
    tiles->precision = LLN_FLOAT32;
    tiles->tiles.left = (lln_matrix){LLN_FLOAT32, f->n, r, phi};
    tiles->tiles.right = (lln_matrix){LLN_FLOAT32, f->m, r, phi + f->n * r};
    tiles->tiles.tile = tile_rounded;
    tiles->state = phi;
    tiles->close = close_rounded;
    return LLN_OK;
}

static void pack_features(const lln_attention *tiles, const size_t *queries,
                          size_t count, void *out)
{
    const lln_features *f = tiles->state;
    double *phi = out;
    for (size_t i = 0, run; i < count; i += run) {
        run = lln_queries_run(queries + i, count - i);
        f->fill(f, LLN_QUERIES, queries[i], run, phi + i * f->rank);
    }
}

lln_status lln_features_store_keys(lln_features *f)
{
    if (f->scores || f->keys)
        return LLN_OK;
    double *keys = lln_array_alloc_raw(f->m * f->rank, sizeof *keys);
    if (!keys)
        return LLN_ENOMEM;
#pragma omp parallel for schedule(static)
    for (size_t j = 0; j < f->m; j += CHUNK)
        f->fill(f, LLN_KEYS, j, lln_size_smaller(CHUNK, f->m - j),
                keys + j * f->rank);
    f->keys = keys;
    return LLN_OK;
}

/* Opens tiles with features in float64; f keeps those of the keys. */
static lln_status open_full(lln_features *f, lln_attention *tiles)
{
    LLN_TRY(lln_features_store_keys(f));
    tiles->tiles.pack = pack_features;
    tiles->tiles.left = (lln_matrix){LLN_FLOAT64, f->n, f->rank, NULL};
    tiles->tiles.right = (lln_matrix){LLN_FLOAT64, f->m, f->rank, f->keys};
    tiles->state = f;
    return LLN_OK;
}

/* Largest Euclidean norm of a row of x [rows x d]. */
static double largest_norm(const double *x, size_t rows, size_t d)
{
    double largest = 0;
    for (size_t i = 0; i < rows; i++)
        largest = fmax(largest, lln_row_dot(x + i * d, x + i * d, d));
    return sqrt(largest);
}

/* Opens tiles with queries and keys themselves as factors. */
static void open_tile(lln_features *f, lln_attention *tiles)
{
    tiles->rank = f->d;
    tiles->tiles.tile = f->tile;
    tiles->state = f;
    tiles->tiles.left = (lln_matrix){LLN_FLOAT64, f->n, f->d, f->q};
    tiles->tiles.right = (lln_matrix){LLN_FLOAT64, f->m, f->d, f->k};
    double query = largest_norm(f->q, f->n, f->d);
    double key = largest_norm(f->k, f->m, f->d);
    double bound = fabs(f->rule.scale) * query * key;
    if (f->copy && bound >= FLOAT32_LOGIT_LEAST &&
        bound <= FLOAT32_LOGIT_MOST &&
        lln_logits_fit_float32(&f->rule, query, key)) {
        tiles->precision = LLN_FLOAT32;
        tiles->tiles.left = f->source[LLN_QUERIES];
        tiles->tiles.right = f->source[LLN_KEYS];
    }
}

lln_status lln_features_scores(const lln_attention *attention,
                               lln_attention_scores *scores)
{
    lln_features *f = attention->state;
    bool fit = false;
    *scores = (lln_attention_scores){
        .tiles = {.n = f->n,
                  .m = f->m,
                  .rank = f->rank,
                  .mask = attention->mask,
                  .kind = LLN_ATTENTION_TILES,
                  .tiles = {.domain = LLN_DOMAIN_LINEAR, .rule.scale = 1},
                  .precision = LLN_FLOAT64},
        .zeros = !f->tile,
        .sums = f->sums,
    };
    if (f->tile)
        open_tile(f, &scores->tiles);
    else if (f->copy)
        LLN_TRY(open_rounded(f, scores, &fit));
    return f->tile || fit ? LLN_OK : open_full(f, &scores->tiles);
}
