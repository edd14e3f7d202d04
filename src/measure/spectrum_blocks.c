/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention within blocks of tokens: P is block diagonal, and every block has
 * the eigenvalue 1. Only where more eigenvalues are wanted than there are
 * blocks are the blocks looked at. */
#include "measure/spectrum_blocks.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "measure/spectrum_arnoldi.h"
#include "measure/spectrum_dense.h"

static size_t count_blocks(const lln_attention *attention)
{
    size_t block = attention->mask.block;
    return attention->n / block + (attention->n % block > 0);
}

size_t lln_spectrum_block_order(const lln_attention *attention, size_t count)
{
    size_t n = attention->n, block = attention->mask.block;
    return count <= count_blocks(attention) ? 0 : block < n ? block : n;
}

/* p [order x order] = the block that starts at `first`, less its column means;
 * mean: scratch [order]. */
static lln_status load_block(const lln_attention *attention, size_t first,
                             size_t order, double *mean, double *p)
{
    memset(mean, 0, order * sizeof *mean);
    LLN_TRY(lln_attention_block(attention, first, order, first, order, p));
    for (size_t i = 0; i < order; i++)
        for (size_t j = 0; j < order; j++)
            mean[j] += p[i * order + j] / (double)order;
    for (size_t i = 0; i < order; i++)
        for (size_t j = 0; j < order; j++)
            p[i * order + j] -= mean[j];
    return LLN_OK;
}

/* Candidates from all blocks: three arrays one behind the other. */
typedef struct {
    size_t count;
    double *re, *im, *residual;
} candidates;

/* The largest eigenvalues of one block but for its eigenvalue 1. */
static lln_status add_block(const double *p, size_t order, size_t wanted,
                            candidates *to)
{
    lln_spectrum block = {.known = 1, .count = wanted + 1};
    block.count = block.count < order ? block.count : order;
    block.eigenvalues = lln_array_alloc(block.count, sizeof *block.eigenvalues);
    if (!block.eigenvalues)
        return LLN_ENOMEM;
    lln_status status = lln_spectrum_matrix(p, order, &block);
    for (size_t i = 1; status == LLN_OK && i < block.count; i++) {
        to->re[to->count] = block.eigenvalues[i].re;
        to->im[to->count] = block.eigenvalues[i].im;
        to->residual[to->count++] = block.eigenvalues[i].residual;
    }
    free(block.eigenvalues);
    return status;
}

/* The eigenvalues behind the ones, of which there are `blocks`. */
static lln_status look_into_blocks(const lln_attention *attention,
                                   size_t blocks, candidates *all,
                                   lln_spectrum *out)
{
    size_t n = attention->n, block = attention->mask.block;
    size_t side = lln_spectrum_block_order(attention, out->count);
    double *p = lln_array_alloc(side * side + side, sizeof *p);
    size_t *which = lln_array_alloc(out->count, sizeof *which);
    lln_status status = p && which ? LLN_OK : LLN_ENOMEM;
    for (size_t first = 0; status == LLN_OK && first < n; first += block) {
        size_t order = n - first < block ? n - first : block;
        status = load_block(attention, first, order, p + side * side, p);
        if (status == LLN_OK)
            status = add_block(p, order, out->count - blocks, all);
        if (status == LLN_OK)
            status = lln_threads_check_stop();
    }
    if (status == LLN_OK) {
        out->known = blocks;
        status = lln_spectrum_collect(all->re, all->im, all->count, out, which);
        out->known = 1;
    }
    for (size_t i = blocks; status == LLN_OK && i < out->count; i++)
        if (which[i] < all->count)
            out->eigenvalues[i].residual = all->residual[which[i]];
    free(p);
    free(which);
    return status;
}

static lln_status find_eigenvalues(lln_attention *attention,
                                   const lln_spectrum_options *options,
                                   lln_spectrum *out)
{
    size_t blocks = count_blocks(attention);
    for (size_t i = 0; i < blocks && i < out->count; i++)
        out->eigenvalues[i] = (lln_eigenvalue){1, 1, 0, 0};
    if (out->count <= blocks)
        return LLN_OK;
    LLN_TRY(lln_spectrum_check_memory(
        "blocks", lln_spectrum_block_order(attention, out->count), options));
    size_t room = blocks * (out->count - blocks);
    double *numbers = lln_array_alloc(3 * room, sizeof *numbers);
    if (!numbers)
        return LLN_ENOMEM;
    candidates all = {0, numbers, numbers + room, numbers + 2 * room};
    lln_status status = lln_attention_prepare(attention);
    if (status == LLN_OK)
        status = look_into_blocks(attention, blocks, &all, out);
    free(numbers);
    return status;
}

lln_status lln_spectrum_blocks(lln_attention *attention,
                               const lln_spectrum_options *options,
                               lln_spectrum *out)
{
    LLN_TRY(find_eigenvalues(attention, options, out));
    if (!options->norms)
        return LLN_OK;
    lln_operator op;
    LLN_TRY(lln_operator_open(attention, lln_spectrum_memory(options, 4), &op));
    lln_status status = lln_spectrum_norms(&op, out);
    lln_operator_close(&op);
    return status;
}
