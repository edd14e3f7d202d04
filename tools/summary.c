/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "summary.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "message.h"
#include "options.h"
#include "run.h"
#include "summary_lines.h"
#include "where_columns.h"

bool summary_asked;
lln_summary_thresholds summary_thresholds = {
    .local = 0.5, .distant = 0.5, .logit = LLN_FLOAT16_MAX_EXP};

/* A head, and the comparison of its layer; NULL: it was not compared. */
typedef struct {
    lln_head_summary summary;
    const lln_duplicates *layer;
    size_t number;
} head_record;

#define HEAD(field, name)                                                      \
    RECORD_REAL(head_record, summary.field, name, COLUMNS_DEFAULT, 0)

static const record_column head_columns[] = {
    HEAD(layer, "layer"),
    HEAD(head, "head"),
    HEAD(normalized, "entropy_normalized"),
    HEAD(max_logit, "max_logit"),
    HEAD(sink, "sink_mass"),
    HEAD(uniform, "sink_mass_uniform"),
    HEAD(local, "local_mass"),
    HEAD(distant, "distant_mass"),
    {0},
};

#define REAL(field, name)                                                      \
    RECORD_REAL(summary_record, field, name, COLUMNS_DEFAULT, 0)
#define INTEGER(field, name)                                                   \
    RECORD_INTEGER(summary_record, field, name, COLUMNS_DEFAULT, 0)
/* The layer and the head of a member, which is a head. */
#define PLACE(member, name)                                                    \
    REAL(member.layer, name "_layer"), REAL(member.head, name "_head")

static const record_column summary_columns[] = {
    INTEGER(found.heads, "heads"),
    INTEGER(found.layers, "layers"),
    INTEGER(undefined, "heads_undefined"),
    REAL(found.least, "entropy_normalized_min"),
    REAL(found.tenth, "entropy_normalized_q10"),
    REAL(found.median, "entropy_normalized_median"),
    REAL(found.nine_tenths, "entropy_normalized_q90"),
    REAL(found.most, "entropy_normalized_max"),
    PLACE(lowest[0], "concentrated"),
    PLACE(highest[0], "spread"),
    INTEGER(found.sink.above, "sink_heads"),
    REAL(found.sink.largest, "sink_mass_max"),
    PLACE(sink, "sink"),
    REAL(found.uniform, "sink_mass_uniform"),
    INTEGER(found.local.above, "local_heads"),
    REAL(found.local.largest, "local_mass_max"),
    PLACE(local, "local"),
    INTEGER(found.distant.above, "distant_heads"),
    REAL(found.distant.largest, "distant_mass_max"),
    PLACE(distant, "distant"),
    REAL(found.logit.largest, "max_logit"),
    PLACE(logit, "max_logit"),
    INTEGER(found.logit.above, "logit_heads"),
    INTEGER(found.storage.above, "storage_heads"),
    INTEGER(duplicates.below, "duplicate_pairs"),
    REAL(duplicates.js, "js_nats_min"),
    REAL(closest[0].layer, "duplicate_layer"),
    REAL(closest[0].head, "duplicate_head"),
    REAL(closest[1].head, "duplicate_head_b"),
    {0},
};

static lln_status measure_head(const run_case *c, const void *context,
                               run_block *block)
{
    (void)context;
    lln_attention attention;
    head_record *record = run_block_record(block, 0);
    lln_head_summary *out = &record->summary;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_head_summary_measure(
        &attention, c->rows, c->row_count, where_asked.local, out);
    if (status == LLN_OK)
        status = duplicates_add(c, &attention, &record->layer);
    lln_attention_close(&attention);
    out->layer = run_index(c->head->layer);
    out->head = run_index(c->head->head);
    record->number = c->head->number;
    return status;
}

static const lln_head_summary no_head = {.layer = NAN, .head = NAN};

/* The head that a count names; missing if there is none. */
static lln_head_summary head_of(const lln_head_summary *heads,
                                const lln_summary_count *count)
{
    return count->defined > 0 ? heads[count->head] : no_head;
}

/* The summary of a head of a layer, or one with missing numbers. */
static lln_head_summary head_with(const head_record *heads, size_t count,
                                  const lln_duplicates *layer, size_t number)
{
    for (size_t i = 0; i < count; i++)
        if (heads[i].layer == layer && heads[i].number == number)
            return heads[i].summary;
    return no_head;
}

/* Adds up the comparisons of the layers. */
static void find_duplicates(const head_record *heads, size_t count,
                            summary_record *out)
{
    lln_duplicates_found *all = &out->duplicates;
    *all = (lln_duplicates_found){.js = NAN};
    out->closest[0] = out->closest[1] = no_head;
    for (size_t i = 0; i < count; i++) {
        const lln_duplicates *layer = heads[i].layer;
        bool known = !layer;
        for (size_t j = 0; j < i && !known; j++)
            known = heads[j].layer == layer;
        if (known)
            continue;
        lln_duplicates_found found = lln_duplicates_find(layer);
        all->pairs += found.pairs;
        all->below += found.below;
        if (isnan(found.js) || found.js >= all->js)
            continue;
        all->js = found.js;
        out->closest[0] = head_with(heads, count, layer, found.head);
        out->closest[1] = head_with(heads, count, layer, found.other);
    }
}

/* The heads that the lines and columns name. */
static void name_heads(const lln_head_summary *all, summary_record *out)
{
    const lln_summary *found = &out->found;
    for (size_t i = 0; i < LLN_SUMMARY_EXTREMES; i++) {
        bool there = i < found->defined;
        out->lowest[i] = there ? all[found->lowest[i]] : no_head;
        out->highest[i] = there ? all[found->highest[i]] : no_head;
    }
    out->sink = head_of(all, &found->sink);
    out->local = head_of(all, &found->local);
    out->distant = head_of(all, &found->distant);
    out->logit = head_of(all, &found->logit);
}

static lln_status summarise(const run_block *heads, const void *context,
                            run_block *block)
{
    (void)context;
    summary_record *out = run_block_record(block, 0);
    const head_record *records = run_block_record(heads, 0);
    lln_head_summary *all = lln_array_alloc(heads->rows, sizeof *all);
    if (!all)
        return LLN_ENOMEM;
    for (size_t i = 0; i < heads->rows; i++)
        all[i] = records[i].summary;
    lln_status status =
        lln_summary_find(all, heads->rows, &summary_thresholds, &out->found);
    if (status == LLN_OK)
        name_heads(all, out);
    free(all);
    out->thresholds = summary_thresholds;
    out->local_keys = where_asked.local;
    out->undefined = out->found.heads - out->found.defined;
    find_duplicates(records, heads->rows, out);
    return status;
}

void summary_check(void)
{
    static const char *const thresholds[] = {
        "local-threshold", "distant-threshold", "logit-threshold",
        "duplicate-threshold", NULL};
    const char *name = cli_first_given(thresholds);
    if (name && !summary_asked)
        cli_usage("--%s needs --summary", name);
}

/* Lines have no columns. */
static void check_options(void)
{
    static const char *const table[] = {"columns", "no-header", "resume", NULL};
    const char *name = run_shared.format ? NULL : cli_first_given(table);
    if (name)
        cli_usage("--%s needs --format with --summary, which prints lines",
                  name);
}

int summary_write(void)
{
    check_options();
    summary_thresholds.sink = where_asked.sink_threshold;
    if (!cli_given("kernel"))
        run_shared.kernels = "softmax";
    int status = run_plan_write(
        &(run_plan){.name = "--summary",
                    .table = {summary_columns, sizeof(summary_record)},
                    .measured = {head_columns, sizeof(head_record)},
                    .measure = measure_head,
                    .reduce = summarise,
                    .show = summary_lines_write,
                    .check_heads = duplicates_open,
                    .draws_heads = true,
                    .measures_sampled_rows = true});
    duplicates_close();
    return status;
}
