/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "block.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "message.h"

void run_block_free(run_block *block)
{
    free(block->records);
    free(block->errors);
    block->records = NULL;
    block->errors = NULL;
    block->rows = 0;
}

void *run_block_record(const run_block *block, size_t row)
{
    return block->records + row * block->type.size;
}

void *run_block_errors(const run_block *block, size_t row)
{
    return block->errors + row * block->type.size;
}

lln_status run_block_resize(run_block *block, size_t rows)
{
    char *records = lln_array_alloc(rows, block->type.size);
    char *errors = lln_array_alloc(rows, block->type.size);
    if (!records || !errors) {
        free(records);
        free(errors);
        return LLN_ENOMEM;
    }
    run_block_free(block);
    block->records = records;
    block->errors = errors;
    block->rows = rows;
    for (size_t i = 0; i < rows; i++) {
        record_clear(block->type, run_block_record(block, i));
        record_clear(block->type, run_block_errors(block, i));
    }
    return LLN_OK;
}

/* Joins one member (records or errors) of two blocks into a new array. */
static char *join(const char *a, size_t a_bytes, const char *b, size_t b_bytes)
{
    char *sum = cli_alloc(a_bytes + b_bytes, 1);
    if (a_bytes > 0)
        memcpy(sum, a, a_bytes);
    if (b_bytes > 0)
        memcpy(sum + a_bytes, b, b_bytes);
    return sum;
}

void run_block_append(run_block *to, const run_block *from)
{
    size_t size = from->type.size, there = to->rows * size;
    size_t more = from->rows * size;
    run_block sum = {
        .type = from->type,
        .rows = to->rows + from->rows,
        .records = join(to->records, there, from->records, more),
        .errors = join(to->errors, there, from->errors, more),
    };
    run_block_free(to);
    *to = sum;
}
