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

enum { PASS_COST = 1 };

typedef struct {
    lln_fidelity fidelity;
    double seconds, peak_bytes;
    const char *reference;
} comparison_record;

#define FIDELITY(field, name)                                                  \
    RECORD_REAL(comparison_record, fidelity.field, name, COLUMNS_DEFAULT, 0)

static const record_column columns[] = {
    FIDELITY(relative_error, "relative_error"),
    FIDELITY(cosine, "cosine"),
    FIDELITY(divergence, "kl_nats"),
    FIDELITY(row_sum_min, "row_sum_min"),
    RECORD_REAL(comparison_record, seconds, "seconds", COLUMNS_DEFAULT,
                PASS_COST),
    RECORD_REAL(comparison_record, peak_bytes, "peak_bytes", COLUMNS_DEFAULT,
                PASS_COST),
    FIDELITY(lost_mass, "lost_mass"),
    FIDELITY(row_sum_error, "row_sum_error"),
    FIDELITY(row_sum_error_largest, "row_sum_error_largest"),
    FIDELITY(variation, "total_variation"),
    FIDELITY(top_overlap, "top_overlap"),
    FIDELITY(rank_correlation, "rank_correlation"),
    FIDELITY(matrix_error, "matrix_error"),
    FIDELITY(js, "js_nats"),
    FIDELITY(hellinger, "hellinger"),
    FIDELITY(row_cosine, "row_cosine"),
    FIDELITY(transfer_recall, "transfer_recall"),
    {.name = "reference",
     .type = LLN_CELL_TEXT,
     .offset = offsetof(comparison_record, reference),
     .group = COLUMNS_DEFAULT,
     .follows = true},
    {0},
};

/* The values of --compare and --top. */
typedef struct {
    const char *reference;
    size_t top;
} comparison;

/* The reference of a head, for all kernels. */
typedef struct {
    lln_attention attention;
    lln_fidelity_reference *opened;
} kept_reference;

static void forget_reference(void *kept)
{
    kept_reference *reference = kept;
    lln_fidelity_close(reference->opened);
    lln_attention_close(&reference->attention);
    free(reference);
}

/* Opens it for the first kernel. */
static lln_status find_reference(const run_case *c, size_t top,
                                 lln_fidelity_reference **opened)
{
    lln_fidelity_options options = {c->head->v, c->rows, c->row_count, top};
    kept_reference *reference = *c->kept;
    lln_status status = LLN_OK;
    if (!reference) {
        reference = lln_array_alloc(1, sizeof *reference);
        if (!reference)
            return LLN_ENOMEM;
        *c->kept = reference;
        status = lln_kernel_open(c->reference, c->reference_head,
                                 &reference->attention);
        if (status == LLN_OK)
            status = lln_fidelity_open(&reference->attention, &options,
                                       &reference->opened);
    }
    *opened = reference->opened;
    if (status == LLN_OK)
        return LLN_OK;
    forget_reference(reference);
    *c->kept = NULL;
    return status;
}

static lln_status compare(const run_case *c, size_t top, lln_fidelity *out,
                          lln_fidelity *error)
{
    lln_attention attention;
    lln_fidelity_reference *reference;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = find_reference(c, top, &reference);
    if (status == LLN_OK)
        status = lln_fidelity_compare(reference, &attention, out, error);
    lln_attention_close(&attention);
    return status;
}

/* Measures time and memory of the output O. If there are no values, keys are
 * used in their place. */
static lln_status count_cost(const run_case *c, cost *spent)
{
    lln_head head = *c->head;
    run_case with_values = *c;
    if (!head.v.data)
        head.v = head.k;
    with_values.head = &head;
    size_t count = head.q.rows * head.v.columns;
    size_t size = lln_precision_size(head.v.precision);
    void *out = lln_array_alloc_raw(count, size);
    if (!out)
        return LLN_ENOMEM;
    memset(out, 0, count * size); /* its pages are not counted for any kernel */
    cost_start(spent);
    lln_status status = attend_multiply(&with_values, out);
    cost_stop(spent);
    free(out);
    return status;
}

/* The comparison is computed first, even if its columns are not printed: it
 * wakes the threads and fills the buffers of the matrix product, a cost that no
 * kernel should be charged with. */
static lln_status measure_fidelity(const run_case *c, const void *context,
                                   run_block *block)
{
    const comparison *wanted = context;
    comparison_record *out = run_block_record(block, 0);
    comparison_record *error = run_block_errors(block, 0);
    cost spent;
    out->reference = wanted->reference;
    LLN_TRY(compare(c, wanted->top, &out->fidelity,
                    run_shared.rows > 0 ? &error->fidelity : NULL));
    if (!(c->passes & PASS_COST))
        return LLN_OK;
    LLN_TRY(count_cost(c, &spent));
    out->seconds = spent.seconds;
    out->peak_bytes = spent.peak_bytes;
    return LLN_OK;
}

/* Refuses names that belong to files of arrays. */
static void check_output(void)
{
    lln_writer_format format;
    if (run_shared.output &&
        lln_writer_find_format(run_shared.output, &format) == LLN_OK)
        cli_usage("--output: %s: --compare writes a table; expected a name "
                  "that does not end in .npy, .npz or .safetensors",
                  run_shared.output);
}

int compare_write(const char *reference, size_t top)
{
    check_output();
    const comparison wanted = {reference, top};
    return run_plan_write(
        &(run_plan){.name = "--compare",
                    .table = {columns, sizeof(comparison_record)},
                    .measure = measure_fidelity,
                    .forget = forget_reference,
                    .context = &wanted,
                    .reference = reference,
                    .measures_sampled_rows = true,
                    .measures_time = true});
}
