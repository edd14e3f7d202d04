/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "block_maps.h"

#include <stdlib.h>

#include "attend.h"
#include "core/memory.h"
#include "measure/block_map.h"
#include "message.h"
#include "options.h"

size_t block_maps_blocks;
const char *block_maps_pool;

static lln_pool pool = LLN_POOL_MEAN;

static size_t larger(size_t a, size_t b)
{
    return a > b ? a : b;
}

/* The axes of a map, with the padding of the arrays of the head. */
static void find_axes(const lln_head *head, lln_block_axis *queries,
                      lln_block_axis *keys)
{
    *queries = lln_block_axis_of(
        block_maps_blocks, larger(head->queries, head->q.rows), head->first);
    *keys = lln_block_axis_of(
        block_maps_blocks, larger(head->keys, head->k.rows), head->first_key);
}

/* All heads of an array have the same axes, as far as blocks are concerned. */
static lln_status set_shape(const lln_heads *heads, lln_result *result)
{
    lln_head head;
    lln_block_axis queries, keys;
    heads->describe(heads, result->heads[0], &head);
    find_axes(&head, &queries, &keys);
    return lln_result_turn_to_maps(result, queries.blocks, keys.blocks);
}

/* Computes the map; the block has no columns. */
static lln_status measure_map(const run_case *c, const void *context,
                              run_block *block)
{
    lln_attention attention;
    lln_block_axis queries, keys;
    (void)block;
    find_axes(c->head, &queries, &keys);
    double *map =
        lln_array_alloc_raw(queries.blocks * keys.blocks, sizeof *map);
    if (!map)
        return LLN_ENOMEM;
    lln_status status = lln_kernel_open(c->kernel, c->head, &attention);
    if (status == LLN_OK) {
        status = lln_block_map_measure(&attention, &queries, &keys, pool, map);
        lln_attention_close(&attention);
    }
    if (status == LLN_OK)
        attend_place(context, (lln_matrix){LLN_FLOAT64, queries.blocks,
                                           keys.blocks, map});
    free(map);
    return status;
}

static const attend_matrices maps = {"--blocks", measure_map, set_shape};

static void check_options(void)
{
    static const char *const others[] = {
        "compare", "top", "write-heads", "write-p", "v", "key-v", NULL};
    const char *name = cli_first_given(others);
    if (name)
        cli_usage("--%s cannot be used with --blocks", name);
    if (block_maps_pool && lln_pool_find(block_maps_pool, &pool) != LLN_OK)
        cli_usage("--pool: %s", lln_error_message());
}

int block_maps_write(void)
{
    check_options();
    run_shared.values = false;
    return attend_write(&maps);
}
