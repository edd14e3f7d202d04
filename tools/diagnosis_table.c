/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "diagnosis_table.h"

#include "against_columns.h"
#include "measure/diagnosis.h"
#include "options.h"

enum { PASS_SIGMA = 1 };

/* The rows of --diagnose: of a head with --each, else of a model. */
#define HEAD(field, name, pass)                                                \
    RECORD_REAL(lln_head_diagnosis, field, name, COLUMNS_DEFAULT, pass)
#define MODEL(field, name, pass)                                               \
    RECORD_REAL(lln_diagnosis, field, name, COLUMNS_DEFAULT, pass)

static const record_column head_columns[] = {
    HEAD(entropy, "entropy_nats", 0),
    HEAD(over_log_n, "entropy_over_log_n", 0),
    HEAD(over_ceiling, "entropy_over_ceiling", 0),
    HEAD(normalized, "entropy_normalized", 0),
    HEAD(floor, "entropy_floor_nats", 0),
    HEAD(max_logit, "max_logit", 0),
    HEAD(centered_sigma1, "centered_sigma1", PASS_SIGMA),
    {0},
};

static const record_column model_columns[] = {
    MODEL(entropy, "entropy_nats", 0),
    MODEL(over_log_n, "entropy_over_log_n", 0),
    MODEL(over_ceiling, "entropy_over_ceiling", 0),
    MODEL(normalized, "entropy_normalized", 0),
    MODEL(floor, "entropy_floor_nats", 0),
    MODEL(max_logit, "max_logit", 0),
    MODEL(centered_sigma1, "centered_sigma1", PASS_SIGMA),
    MODEL(centered_sigma1_max, "centered_sigma1_max", PASS_SIGMA),
    MODEL(least, "entropy_head_min_nats", 0),
    MODEL(largest, "entropy_head_max_nats", 0),
    MODEL(of_ceiling[0], "share_ceiling_0_25", 0),
    MODEL(of_ceiling[1], "share_ceiling_0_5", 0),
    MODEL(of_ceiling[2], "share_ceiling_0_75", 0),
    MODEL(of_ceiling[3], "share_ceiling_1", 0),
    MODEL(of_largest[0], "share_largest_0_25", 0),
    MODEL(of_largest[1], "share_largest_0_5", 0),
    MODEL(of_largest[2], "share_largest_0_75", 0),
    MODEL(of_largest[3], "share_largest_1", 0),
    RECORD_INTEGER(lln_diagnosis, undefined, "heads_undefined", COLUMNS_DEFAULT,
                   0),
    {0},
};

static lln_status measure_diagnosis(const run_case *c, const void *context,
                                    run_block *block)
{
    (void)context;
    lln_attention attention;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_head_diagnosis_measure(
        &attention, c->passes & PASS_SIGMA, run_block_record(block, 0));
    lln_attention_close(&attention);
    return status;
}

static lln_status summarise_model(const run_block *heads, const void *context,
                                  run_block *block)
{
    (void)context;
    return lln_diagnosis_summarise(run_block_record(heads, 0), heads->rows,
                                   run_block_record(block, 0));
}

int diagnosis_table_write(void)
{
    const record_type heads = {head_columns, sizeof(lln_head_diagnosis)};
    const record_type models = {model_columns, sizeof(lln_diagnosis)};
    run_plan plan = {
        .name = "--diagnose", .table = heads, .measure = measure_diagnosis};
    if (!run_shared.each) {
        plan.table = models;
        plan.measured = heads;
        plan.reduce = summarise_model;
    }
    return against_run(&plan);
}
