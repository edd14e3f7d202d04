/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-entropy: how concentrated the rows of attention matrices are. */
#include <stdlib.h>

#include "measure/entropy.h"
#include "model.h"
#include "run.h"

static struct {
    bool per_row;
} options;

static const cli_option table[] = {
    {"per-row", 0, CLI_FLAG, NULL, "one row a query, trials not averaged",
     &options.per_row, 0, 0, false},
    {0},
};

static const cli_tool tool = {
    .name = "lln-entropy",
    .summary = "entropy and concentration of attention rows",
    .options = table,
    .shared = run_shared_options,
};

static const lln_column summary_columns[] = {
    {"entropy_nats", LLN_REAL},
    {"entropy_normalized", LLN_REAL},
    {"entropy_min_nats", LLN_REAL},
    {"entropy_max_nats", LLN_REAL},
    {"participation", LLN_REAL},
    {"top1_mass", LLN_REAL},
    {"max_logit", LLN_REAL},
    {"row_sum_min", LLN_REAL},
    {"negative_mass", LLN_REAL},
    {"entropy_theory_nats", LLN_REAL},
    {0},
};

static const lln_column row_columns[] = {
    {"query", LLN_INTEGER},      {"keys", LLN_INTEGER},
    {"entropy_nats", LLN_REAL},  {"entropy_normalized", LLN_REAL},
    {"participation", LLN_REAL}, {"top1_mass", LLN_REAL},
    {"max_logit", LLN_REAL},     {0},
};

/* In the order of the columns. */
static void list(const lln_entropy *entropy, double values[9])
{
    values[0] = entropy->entropy;
    values[1] = entropy->normalized;
    values[2] = entropy->min;
    values[3] = entropy->max;
    values[4] = entropy->participation;
    values[5] = entropy->top1_mass;
    values[6] = entropy->max_logit;
    values[7] = entropy->row_sum_min;
    values[8] = entropy->negative_mass;
}

static lln_status summarise(const run_case *c, run_block *block)
{
    lln_attention attention;
    lln_entropy entropy, error;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_entropy_measure(&attention, c->rows, c->row_count,
                                            &entropy, &error);
    lln_attention_close(&attention);
    if (status != LLN_OK)
        return status;
    double values[9];
    list(&entropy, values);
    for (size_t i = 0; i < 9; i++)
        block->cells[i].real = values[i];
    if (run_shared.rows > 0)
        list(&error, block->errors);
    lln_theory_softmax_values theory;
    if (model_softmax(c, &theory))
        block->cells[9].real = theory.entropy;
    return LLN_OK;
}

static void fill_row(size_t query, const lln_entropy *entropy, size_t keys,
                     lln_cell *cells)
{
    cells[0].integer = (long)query;
    cells[1].integer = (long)keys;
    cells[2].real = entropy->entropy;
    cells[3].real = entropy->normalized;
    cells[4].real = entropy->participation;
    cells[5].real = entropy->top1_mass;
    cells[6].real = entropy->max_logit;
}

static lln_status each_row(const run_case *c, run_block *block)
{
    size_t count = c->row_count;
    lln_attention attention;
    lln_row *rows = NULL;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_rows_alloc(&attention, c->rows, &count, &rows);
    if (status == LLN_OK)
        status = run_block_resize(block, count);
    if (status == LLN_OK)
        status =
            lln_rows_measure(&attention, c->rows, count, LLN_ROW_ENTROPY, rows);
    for (size_t i = 0; status == LLN_OK && i < count; i++) {
        lln_entropy entropy;
        lln_entropy_summarise(&attention, &rows[i], 1, &entropy, NULL);
        fill_row(c->rows ? c->rows[i] : i, &entropy, rows[i].keys,
                 block->cells + i * block->columns);
    }
    free(rows);
    lln_attention_close(&attention);
    return status;
}

int main(int argc, char **argv)
{
    run_parse(&tool, argc, argv);
    if (options.per_row)
        return run_plan_write(&(run_plan){.columns = row_columns,
                                          .measure = each_row,
                                          .per_trial = true,
                                          .takes_rows = true});
    return run_plan_write(&(run_plan){
        .columns = summary_columns, .measure = summarise, .takes_rows = true});
}
