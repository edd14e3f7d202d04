/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-entropy: how concentrated the rows of attention matrices are. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "core/memory.h"
#include "measure/diagnosis.h"
#include "message.h"
#include "model.h"
#include "options.h"
#include "run.h"

static struct {
    bool per_row, diagnose;
} options;

static const cli_option option_table[] = {
    {"per-row", 0, CLI_FLAG, NULL, "one row a query, trials not averaged",
     &options.per_row, 0, 0, false},
    {"diagnose", 0, CLI_FLAG, NULL,
     "one row a model: shares of heads by entropy, bounds; heads with --each",
     &options.diagnose, 0, 0, false},
    {0},
};

static const cli_tool tool = {
    .name = "lln-entropy",
    .summary = "entropy and concentration of attention rows",
    .options = option_table,
    .shared = run_shared_options,
};

static const lln_column summary_columns[] = {
    {"entropy_nats", LLN_CELL_REAL},
    {"entropy_normalized", LLN_CELL_REAL},
    {"entropy_min_nats", LLN_CELL_REAL},
    {"entropy_max_nats", LLN_CELL_REAL},
    {"effective_keys", LLN_CELL_REAL},
    {"top1_mass", LLN_CELL_REAL},
    {"max_logit", LLN_CELL_REAL},
    {"row_sum_min", LLN_CELL_REAL},
    {"negative_mass", LLN_CELL_REAL},
    {"entropy_theory_nats", LLN_CELL_REAL},
    {"entropy_over_log_n", LLN_CELL_REAL},
    {"entropy_over_ceiling", LLN_CELL_REAL},
    {0},
};

enum { THEORY = 9, SUMMARY = 12 }; /* columns */

static const lln_column row_columns[] = {
    {"query", LLN_CELL_INTEGER},       {"keys", LLN_CELL_INTEGER},
    {"entropy_nats", LLN_CELL_REAL},   {"entropy_normalized", LLN_CELL_REAL},
    {"effective_keys", LLN_CELL_REAL}, {"top1_mass", LLN_CELL_REAL},
    {"max_logit", LLN_CELL_REAL},      {0},
};

static const lln_column model_columns[] = {
    {"entropy_nats", LLN_CELL_REAL},
    {"entropy_over_log_n", LLN_CELL_REAL},
    {"entropy_over_ceiling", LLN_CELL_REAL},
    {"entropy_normalized", LLN_CELL_REAL},
    {"entropy_floor_nats", LLN_CELL_REAL},
    {"max_logit", LLN_CELL_REAL},
    {"centered_sigma1", LLN_CELL_REAL},
    {"centered_sigma1_max", LLN_CELL_REAL},
    {"entropy_head_min_nats", LLN_CELL_REAL},
    {"entropy_head_max_nats", LLN_CELL_REAL},
    {"share_ceiling_0_25", LLN_CELL_REAL},
    {"share_ceiling_0_5", LLN_CELL_REAL},
    {"share_ceiling_0_75", LLN_CELL_REAL},
    {"share_ceiling_1", LLN_CELL_REAL},
    {"share_largest_0_25", LLN_CELL_REAL},
    {"share_largest_0_5", LLN_CELL_REAL},
    {"share_largest_0_75", LLN_CELL_REAL},
    {"share_largest_1", LLN_CELL_REAL},
    {"heads_undefined", LLN_CELL_INTEGER},
    {0},
};

enum { HEAD = 7 }; /* the first of these are what a head has */

/* In the order of the columns. */
static void list_entropy(const lln_entropy *entropy, double values[SUMMARY])
{
    values[0] = entropy->entropy;
    values[1] = entropy->normalized;
    values[2] = entropy->min;
    values[3] = entropy->max;
    values[4] = entropy->effective_keys;
    values[5] = entropy->top1_mass;
    values[6] = entropy->max_logit;
    values[7] = entropy->row_sum_min;
    values[8] = entropy->negative_mass;
    values[THEORY] = NAN;
    values[10] = entropy->over_log_n;
    values[11] = entropy->over_ceiling;
}

static lln_status measure_entropy(const run_case *c, const void *context,
                                  run_block *block)
{
    (void)context;
    lln_attention attention;
    lln_entropy entropy, error;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_entropy_measure(&attention, c->rows, c->row_count,
                                            &entropy, &error);
    lln_attention_close(&attention);
    if (status != LLN_OK)
        return status;
    double values[SUMMARY];
    list_entropy(&entropy, values);
    for (size_t i = 0; i < SUMMARY; i++)
        block->cells[i].real = values[i];
    if (run_shared.rows > 0)
        list_entropy(&error, block->errors);
    lln_theory_softmax_values theory;
    if (model_softmax(c, &theory))
        block->cells[THEORY].real = theory.entropy;
    return LLN_OK;
}

static lln_status measure_diagnosis(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    lln_attention attention;
    lln_head_diagnosis head;
    lln_cell *cells = block->cells;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_head_diagnosis_measure(&attention, &head);
    lln_attention_close(&attention);
    if (status != LLN_OK)
        return status;
    cells[0].real = head.entropy;
    cells[1].real = head.over_log_n;
    cells[2].real = head.over_ceiling;
    cells[3].real = head.normalized;
    cells[4].real = head.floor;
    cells[5].real = head.max_logit;
    cells[6].real = head.centered_sigma1;
    return LLN_OK;
}

/* The heads of a block that `measure_diagnosis` filled; the caller owns them.
 */
static lln_head_diagnosis *take_heads(const run_block *block)
{
    lln_head_diagnosis *heads = lln_array_alloc(block->rows, sizeof *heads);
    for (size_t i = 0; heads && i < block->rows; i++) {
        const lln_cell *cells = block->cells + i * block->columns;
        heads[i] = (lln_head_diagnosis){
            .entropy = cells[0].real,
            .over_log_n = cells[1].real,
            .over_ceiling = cells[2].real,
            .normalized = cells[3].real,
            .floor = cells[4].real,
            .max_logit = cells[5].real,
            .centered_sigma1 = cells[6].real,
        };
    }
    return heads;
}

static void fill_model_cells(const lln_diagnosis *model, lln_cell *cells)
{
    cells[0].real = model->entropy;
    cells[1].real = model->over_log_n;
    cells[2].real = model->over_ceiling;
    cells[3].real = model->normalized;
    cells[4].real = model->floor;
    cells[5].real = model->max_logit;
    cells[6].real = model->centered_sigma1;
    cells[7].real = model->centered_sigma1_max;
    cells[8].real = model->least;
    cells[9].real = model->largest;
    for (size_t i = 0; i < LLN_QUARTERS; i++) {
        cells[10 + i].real = model->of_ceiling[i];
        cells[10 + LLN_QUARTERS + i].real = model->of_largest[i];
    }
    cells[10 + 2 * LLN_QUARTERS].integer = (long)model->undefined;
}

static lln_status summarise_model(const run_block *heads, const void *context,
                                  run_block *block)
{
    (void)context;
    lln_diagnosis model;
    lln_head_diagnosis *list = take_heads(heads);
    lln_status status =
        list ? lln_diagnosis_summarise(list, heads->rows, &model) : LLN_ENOMEM;
    free(list);
    if (status == LLN_OK)
        fill_model_cells(&model, block->cells);
    return status;
}

static void fill_row_cells(size_t query, const lln_entropy *entropy,
                           size_t keys, lln_cell *cells)
{
    cells[0].integer = (long)query;
    cells[1].integer = (long)keys;
    cells[2].real = entropy->entropy;
    cells[3].real = entropy->normalized;
    cells[4].real = entropy->effective_keys;
    cells[5].real = entropy->top1_mass;
    cells[6].real = entropy->max_logit;
}

static lln_status measure_queries(const run_case *c, const void *context,
                                  run_block *block)
{
    (void)context;
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
        fill_row_cells(c->rows ? c->rows[i] : i, &entropy, rows[i].keys,
                       block->cells + i * block->columns);
    }
    free(rows);
    lln_attention_close(&attention);
    return status;
}

static int write_diagnosis(void)
{
    lln_column head_columns[HEAD + 1] = {{0}};
    run_plan heads = {.columns = head_columns,
                      .measure = measure_diagnosis,
                      .uses_arpack = true};
    run_plan models = {.columns = model_columns,
                       .measured = head_columns,
                       .measure = measure_diagnosis,
                       .reduce = summarise_model,
                       .uses_arpack = true};
    memcpy(head_columns, model_columns, HEAD * sizeof *head_columns);
    return run_plan_write(run_shared.each ? &heads : &models);
}

int main(int argc, char **argv)
{
    command_parse(&tool, argc, argv);
    if (options.diagnose && options.per_row)
        cli_usage("--diagnose: --per-row prints no heads");
    if (options.diagnose)
        return write_diagnosis();
    if (options.per_row)
        return run_plan_write(&(run_plan){.columns = row_columns,
                                          .measure = measure_queries,
                                          .rows_are_never_averaged = true,
                                          .measures_sampled_rows = true});
    return run_plan_write(&(run_plan){.columns = summary_columns,
                                      .measure = measure_entropy,
                                      .measures_sampled_rows = true});
}
