/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention within blocks of tokens: P is block diagonal, and every block has
 * the eigenvalue 1. Blocks are only decomposed if more eigenvalues are wanted
 * than there are blocks. */
#include "measure/spectrum_blocks.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "measure/operator.h"
#include "measure/spectrum_dense.h"
#include "measure/spectrum_norms.h"

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

/* Candidates from all blocks. */
typedef struct {
    size_t count;
    lln_eigenvalue *values;
} candidates;

/* Adds the largest eigenvalues of one block, except its eigenvalue 1. */
static lln_status add_block(const lln_square *square, size_t wanted,
                            candidates *to)
{
    lln_spectrum block = {.known = 1, .count = wanted + 1};
    block.count = block.count < square->n ? block.count : square->n;
    block.eigenvalues = lln_array_alloc(block.count, sizeof *block.eigenvalues);
    if (!block.eigenvalues)
        return LLN_ENOMEM;
    lln_status status = lln_spectrum_matrix(square, &block);
    for (size_t i = 1; status == LLN_OK && i < block.count; i++)
        to->values[to->count++] = block.eigenvalues[i];
    free(block.eigenvalues);
    return status;
}

/* Computes the eigenvalues that follow the `blocks` eigenvalues 1. */
static lln_status look_into_blocks(const lln_attention *attention,
                                   size_t blocks, candidates *all,
                                   lln_spectrum *out)
{
    size_t n = attention->n, block = attention->mask.block;
    size_t side = lln_spectrum_block_order(attention, out->count);
    double *p = lln_array_alloc(side * side, sizeof *p);
    lln_status status = p ? LLN_OK : LLN_ENOMEM;
    for (size_t first = 0; status == LLN_OK && first < n; first += block) {
        size_t order = n - first < block ? n - first : block;
        lln_square square = {
            p, order, true,
            lln_spectrum_rounding(attention, attention->precision)};
        status = lln_attention_block(attention, first, order, first, order, p);
        if (status == LLN_OK)
            status = add_block(&square, out->count - blocks, all);
        if (status == LLN_OK)
            status = lln_threads_check_stop();
    }
    if (status == LLN_OK) {
        out->known = blocks;
        lln_spectrum_list(all->values, all->count, out);
        out->known = 1;
    }
    free(p);
    return status;
}

static lln_status find_eigenvalues(lln_attention *attention,
                                   const lln_spectrum_options *options,
                                   lln_spectrum *out)
{
    size_t blocks = count_blocks(attention);
    for (size_t i = 0; i < blocks && i < out->count; i++)
        out->eigenvalues[i] = (lln_eigenvalue){1, 1, 0, 0, 1, 0};
    if (out->count <= blocks)
        return LLN_OK;
    LLN_TRY(lln_spectrum_check_memory(
        "blocks", lln_spectrum_block_order(attention, out->count), options));
    size_t room = blocks * (out->count - blocks);
    candidates all = {0, lln_array_alloc(room, sizeof *all.values)};
    if (!all.values)
        return LLN_ENOMEM;
    lln_status status = lln_attention_prepare(attention);
    if (status == LLN_OK)
        status = look_into_blocks(attention, blocks, &all, out);
    free(all.values);
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
