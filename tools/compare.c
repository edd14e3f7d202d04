/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "compare.h"

#include <stdlib.h>
#include <string.h>

#include "attend.h"
#include "core/memory.h"
#include "cost.h"
#include "measure/fidelity.h"
#include "message.h"
#include "options.h"
#include "run.h"
#include "tensor/writer.h"

/* seconds and peak_bytes stand among the figures of lln_fidelity. */
enum { SECONDS = 4, PEAK_BYTES = 5, FIGURES = 13 };

static const lln_column columns[] = {
    {"relative_error", LLN_CELL_REAL},
    {"cosine", LLN_CELL_REAL},
    {"kl_nats", LLN_CELL_REAL},
    {"row_sum_min", LLN_CELL_REAL},
    [SECONDS] = {"seconds", LLN_CELL_REAL},
    [PEAK_BYTES] = {"peak_bytes", LLN_CELL_REAL},
    {"lost_mass", LLN_CELL_REAL},
    {"row_sum_error", LLN_CELL_REAL},
    {"row_sum_error_largest", LLN_CELL_REAL},
    {"total_variation", LLN_CELL_REAL},
    {"top_overlap", LLN_CELL_REAL},
    {"rank_correlation", LLN_CELL_REAL},
    {"matrix_error", LLN_CELL_REAL},
    [FIGURES] = {"reference", LLN_CELL_TEXT},
    {0},
};

/* What --compare and --top ask for. */
typedef struct {
    const char *reference;
    size_t top;
} comparison;

/* In the order of the columns, but for seconds and peak_bytes. */
static void list_fidelity(const lln_fidelity *fidelity, double values[FIGURES])
{
    values[0] = fidelity->relative_error;
    values[1] = fidelity->cosine;
    values[2] = fidelity->divergence;
    values[3] = fidelity->row_sum_min;
    values[6] = fidelity->lost_mass;
    values[7] = fidelity->row_sum_error;
    values[8] = fidelity->row_sum_error_largest;
    values[9] = fidelity->variation;
    values[10] = fidelity->top_overlap;
    values[11] = fidelity->rank_correlation;
    values[12] = fidelity->matrix_error;
}

static lln_status compare(const run_case *c, size_t top, lln_fidelity *out,
                          lln_fidelity *error)
{
    lln_attention attention, reference;
    lln_fidelity_options options = {c->head->v, c->rows, c->row_count, top};
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_kernel_open(c->reference, c->head, &reference);
    if (status == LLN_OK) {
        status =
            lln_fidelity_measure(&attention, &reference, &options, out, error);
        lln_attention_close(&reference);
    }
    lln_attention_close(&attention);
    return status;
}

/* Of the output from queries, keys and values. */
static lln_status count_cost(const run_case *c, cost *spent)
{
    const lln_head *head = c->head;
    size_t count = head->q.rows * head->v.columns;
    size_t size = lln_precision_size(head->v.precision);
    void *out = lln_array_alloc_raw(count, size);
    if (!out)
        return LLN_ENOMEM;
    memset(out, 0, count * size); /* the output counts for no kernel */
    cost_start(spent);
    lln_status status = attend_multiply(c, out);
    cost_stop(spent);
    free(out);
    return status;
}

/* The comparison comes first: it wakes threads and fills the buffers of the
 * matrix product, which no kernel is to pay for. */
static lln_status measure_fidelity(const run_case *c, const void *context,
                                   run_block *block)
{
    const comparison *wanted = context;
    lln_fidelity fidelity, error;
    double values[FIGURES];
    cost spent;
    LLN_TRY(compare(c, wanted->top, &fidelity, &error));
    LLN_TRY(count_cost(c, &spent));
    list_fidelity(&fidelity, values);
    values[SECONDS] = spent.seconds;
    values[PEAK_BYTES] = spent.peak_bytes;
    for (size_t i = 0; i < FIGURES; i++)
        block->cells[i].real = values[i];
    block->cells[FIGURES].text = wanted->reference;
    if (run_shared.rows == 0)
        return LLN_OK;
    double errors[FIGURES];
    memcpy(errors, block->errors, sizeof errors);
    list_fidelity(&error, errors);
    memcpy(block->errors, errors, sizeof errors);
    return LLN_OK;
}

/* A table is none of the files whose names say that they hold arrays. */
static void check_output(void)
{
    lln_writer_format format;
    if (run_shared.output &&
        lln_writer_find_format(run_shared.output, &format) == LLN_OK)
        cli_usage("--output: %s: a name for arrays; --compare writes a table",
                  run_shared.output);
}

int compare_write(const char *reference, size_t top)
{
    check_output();
    const comparison wanted = {reference, top};
    return run_plan_write(&(run_plan){.columns = columns,
                                      .measure = measure_fidelity,
                                      .context = &wanted,
                                      .reference = reference,
                                      .measures_sampled_rows = true,
                                      .measures_time = true});
}
