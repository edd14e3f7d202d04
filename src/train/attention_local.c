/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train/attention_local.h"

#include <cblas.h>
#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/vector_math.h"
#include "train/attention_internal.h"

enum {
    BLOCK = 16, /* rows of a tile are padded to this many elements */
    TILE = 64,  /* most queries of a tile: BLAS has a faster product for
                   small matrices */
    CAUSAL_TILE = 32,
    LEAST_TILE = 16 /* queries of a tile, where more would see more keys */
};

/* Queries first .. first + rows - 1, and the keys low .. low + keys - 1 that
 * they see. */
typedef struct {
    size_t first, rows, low, keys, width;
    bool partial; /* not every query sees all of these keys */
} tile;

/* The tile that begins at query `first`; no rows after the last. */
static tile tile_at(const lln_train_local *local, const lln_train_extent *e,
                    size_t first)
{
    const lln_mask *mask = &local->mask;
    size_t n = e->tokens, most = e->causal ? CAUSAL_TILE : TILE, end, last,
           middle;
    tile t = {.first = first};
    if (first >= n)
        return t;
    if (mask->window > 0)
        most = lln_size_smaller(
            mask->window < LEAST_TILE ? LEAST_TILE : mask->window, TILE);
    if (mask->block > 0)
        most = lln_size_smaller(mask->block - first % mask->block, TILE);
    t.rows = lln_size_smaller(most, n - first);
    lln_mask_keys(*mask, n, n, first, &t.low, &middle);
    lln_mask_keys(*mask, n, n, first + t.rows - 1, &last, &end);
    t.partial = last > t.low || middle < end;
    t.keys = end - t.low;
    t.width = (t.keys + BLOCK - 1) / BLOCK * BLOCK;
    return t;
}

static tile first_tile(const lln_train_local *local, const lln_train_extent *e)
{
    return tile_at(local, e, 0);
}

static tile next_tile(const lln_train_local *local, const lln_train_extent *e,
                      tile t)
{
    return tile_at(local, e, t.first + t.rows);
}

#define LLN_BODY "train/attention_local.inc"
#include "core/both_precisions.h"

size_t lln_train_local_kept(const lln_train_local *local,
                            const lln_train_extent *e)
{
    size_t count = 0;
    for (tile t = first_tile(local, e); t.rows > 0; t = next_tile(local, e, t))
        count += t.rows * t.width;
    return count;
}

size_t lln_train_local_scratch(const lln_train_local *local,
                               const lln_train_extent *e)
{
    size_t most = 0;
    for (tile t = first_tile(local, e); t.rows > 0; t = next_tile(local, e, t))
        most = t.rows * t.width > most ? t.rows * t.width : most;
    return most;
}

void lln_train_local_forward(const lln_train_local *local,
                             const lln_train_extent *e, const void *q,
                             const void *k, const void *v, void *out,
                             void *kept)
{
    if (e->precision == LLN_FLOAT32)
        forward_f32(local, e, q, k, v, out, kept);
    else
        forward_f64(local, e, q, k, v, out, kept);
}

double lln_train_local_backward(const lln_train_local *local,
                                const lln_train_extent *e, const void *q,
                                const void *k, const void *v, const void *dout,
                                const void *kept, void *dq, void *dk, void *dv,
                                void *scratch)
{
    return e->precision == LLN_FLOAT32
               ? backward_f32(local, e, q, k, v, dout, kept, dq, dk, dv,
                              scratch)
               : backward_f64(local, e, q, k, v, dout, kept, dq, dk, dv,
                              scratch);
}

lln_train_local lln_train_local_of(const lln_train_attention *a,
                                   const lln_train_extent *e)
{
    lln_train_local local = {.mask = a->mask, .weight = 1};
    local.mask.causal = e->causal;
    if (a->own_block)
        local.mask.block = e->size;
    return local;
}

static size_t kept_of(const lln_train_attention *a, const lln_train_extent *e)
{
    lln_train_local local = lln_train_local_of(a, e);
    return lln_train_local_kept(&local, e);
}

static size_t scratch_of(const lln_train_attention *a,
                         const lln_train_extent *e)
{
    lln_train_local local = lln_train_local_of(a, e);
    return lln_train_local_scratch(&local, e);
}

static void forward(const lln_train_attention *a, const lln_train_extent *e,
                    const lln_train_constants *c, const void *q, const void *k,
                    const void *v, void *out, void *kept, void *scratch)
{
    (void)c, (void)scratch;
    lln_train_local local = lln_train_local_of(a, e);
    lln_train_local_forward(&local, e, q, k, v, out, kept);
}

static void backward(const lln_train_attention *a, const lln_train_extent *e,
                     const lln_train_constants *c, const void *q, const void *k,
                     const void *v, const void *dout, void *kept, void *dq,
                     void *dk, void *dv, double *dmixture, void *scratch)
{
    (void)c, (void)dmixture;
    lln_train_local local = lln_train_local_of(a, e);
    lln_train_local_backward(&local, e, q, k, v, dout, kept, dq, dk, dv,
                             scratch);
}

const lln_train_kernel lln_train_softmax = {
    .name = "softmax",
    .summary = "softmax over all keys, O(N^2)",
    .kept = kept_of,
    .scratch = scratch_of,
    .forward = forward,
    .backward = backward,
};

const lln_train_kernel lln_train_blockdiag = {
    .name = "blockdiag",
    .summary = "softmax within blocks of tokens",
    .kept = kept_of,
    .scratch = scratch_of,
    .forward = forward,
    .backward = backward,
};

const lln_train_kernel lln_train_window = {
    .name = "window",
    .summary = "softmax over the keys at most reach tokens away",
    .kept = kept_of,
    .scratch = scratch_of,
    .forward = forward,
    .backward = backward,
};
