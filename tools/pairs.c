/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pairs.h"

#include <stdlib.h>
#include <string.h>

#include "against.h"
#include "core/memory.h"
#include "kernel/table/table.h"
#include "measure/pair.h"
#include "message.h"
#include "options.h"
#include "run.h"
#include "tensor/writer.h"

enum { PASS_DISTANCES = 1, PASS_TOP = 2, PASS_OUTPUT = 4 };

typedef struct {
    long layer_b, head_b;
    const char *source_b;
    lln_pair pair;
} pair_record;

#define PAIR(field, name, pass)                                                \
    RECORD_REAL(pair_record, pair.field, name, COLUMNS_DEFAULT, pass)

static record_column columns[] = {
    RECORD_INTEGER(pair_record, layer_b, "layer_b", COLUMNS_DEFAULT, 0),
    RECORD_INTEGER(pair_record, head_b, "head_b", COLUMNS_DEFAULT, 0),
    RECORD_TEXT(pair_record, source_b, "source_b", COLUMNS_DEFAULT, 0),
    PAIR(js, "js_nats", PASS_DISTANCES),
    PAIR(variation, "total_variation", PASS_DISTANCES),
    PAIR(hellinger, "hellinger", PASS_DISTANCES),
    PAIR(row_cosine, "row_cosine", PASS_DISTANCES),
    PAIR(matrix_cosine, "matrix_cosine", PASS_DISTANCES),
    PAIR(kl, "kl_nats", PASS_DISTANCES),
    PAIR(kl_reverse, "kl_reverse_nats", PASS_DISTANCES),
    PAIR(top_overlap, "top_overlap", PASS_TOP),
    PAIR(transfer_recall, "transfer_recall", PASS_TOP),
    PAIR(transfer_recall_relative, "transfer_recall_relative", PASS_TOP),
    PAIR(relative_error, "relative_error", PASS_OUTPUT),
    PAIR(cosine, "cosine", PASS_OUTPUT),
    {0},
};

static void name_other(const lln_head *other, void *record)
{
    pair_record *out = record;
    out->layer_b = other->layer < 0 ? LLN_CELL_NONE : other->layer;
    out->head_b = other->head < 0 ? LLN_CELL_NONE : other->head;
    out->source_b = other->source;
}

/* What the printed columns need. */
static lln_pair_options choose_options(const run_case *c, const lln_head *with,
                                       size_t top)
{
    lln_matrix v = c->head->v, other = with->v;
    lln_pair_options options = {.queries = c->rows,
                                .count = c->row_count,
                                .distances = c->passes & PASS_DISTANCES};
    if (c->passes & PASS_TOP)
        options.top = top;
    if ((c->passes & PASS_OUTPUT) && v.data && other.data &&
        v.columns == other.columns) {
        options.values = v;
        options.other_values = other;
    }
    return options;
}

static lln_status measure_pair(const run_case *c, const void *context,
                               run_block *block)
{
    const size_t *top = context;
    pair_record *out = run_block_record(block, c->row);
    pair_record *error = run_block_errors(block, c->row);
    lln_pair_options options = choose_options(c, c->other->head, *top);
    lln_attention p, r;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &p));
    lln_status status = lln_kernel_open(c->other->kernel, c->other->head, &r);
    if (status == LLN_OK) {
        status = lln_pair_measure(&p, &r, &options, &out->pair,
                                  run_shared.rows > 0 ? &error->pair : NULL);
        lln_attention_close(&r);
    }
    lln_attention_close(&p);
    return status;
}

/* Memory of measure_group. */
typedef struct {
    lln_attention *attention; /* [count], opened */
    lln_pair_side *sides;     /* [count] */
    lln_pair *pairs, *errors; /* of all pairs */
} pair_table;

static bool pair_table_alloc(size_t count, size_t pairs, pair_table *table)
{
    table->attention = lln_array_alloc(count, sizeof *table->attention);
    table->sides = lln_array_alloc(count, sizeof *table->sides);
    table->pairs = lln_array_alloc(pairs, sizeof *table->pairs);
    table->errors = lln_array_alloc(pairs, sizeof *table->errors);
    return table->attention && table->sides && table->pairs && table->errors;
}

static void pair_table_free(size_t count, pair_table *table)
{
    for (size_t i = 0; table->attention && i < count; i++)
        lln_attention_close(&table->attention[i]);
    free(table->attention);
    free(table->sides);
    free(table->pairs);
    free(table->errors);
}

static lln_status compare_heads(const run_case *cases, size_t count,
                                const lln_pair_list lists[2], size_t top,
                                pair_table *table)
{
    lln_pair_options options = choose_options(&cases[0], cases[0].head, top);
    for (size_t i = 0; i < count; i++) {
        const run_case *c = &cases[i];
        LLN_TRY(lln_kernel_open(c->kernel, c->head, &table->attention[i]));
        table->sides[i].attention = &table->attention[i];
        table->sides[i].values = options.values;
        if (options.values.data)
            table->sides[i].values = c->head->v;
    }
    return lln_pairs_measure(table->sides, count, lists, &options, table->pairs,
                             run_shared.rows > 0 ? table->errors : NULL);
}

/* The same as measure_pair for pairs of some heads. */
static lln_status measure_group(const run_case *cases, size_t count,
                                const lln_pair_list lists[2],
                                const void *context, void *records,
                                void *errors)
{
    const size_t *top = context;
    size_t pairs = lists[0].count * lists[1].count;
    pair_table table = {0};
    pair_record *out = records, *error = errors;
    lln_status status = pair_table_alloc(count, pairs, &table)
                            ? compare_heads(cases, count, lists, *top, &table)
                            : LLN_ENOMEM;
    for (size_t i = 0; status == LLN_OK && i < pairs; i++) {
        out[i].pair = table.pairs[i];
        if (run_shared.rows > 0)
            error[i].pair = table.errors[i];
    }
    pair_table_free(count, &table);
    return status;
}

/* Refuses names that belong to files of arrays. */
static void check_output(const char *option)
{
    lln_writer_format format;
    if (run_shared.output &&
        lln_writer_find_format(run_shared.output, &format) == LLN_OK)
        cli_usage("--output: %s: %s writes a table; expected a name that does "
                  "not end in .npy, .npz or .safetensors",
                  run_shared.output, option);
}

/* Leaves columns that are the same in all rows, or as in the identity, to
 * --columns. Only the other head, or the other layer, tells pairs apart. */
static void hide_columns(void)
{
    bool against = run_shared.against != NULL;
    bool heads = !against && strcmp(run_shared.pairs, "heads") == 0;
    for (record_column *c = columns; c->name; c++) {
        if (strcmp(c->name, "source_b") == 0 ? !against
                                             : against && c->pass == 0)
            c->group = NULL;
        c->follows =
            against || strcmp(c->name, heads ? "head_b" : "layer_b") != 0;
    }
}

int pairs_write(size_t top)
{
    const char *name = run_shared.against ? "--against" : "--pairs";
    bool many = run_shared.pairs != NULL;
    check_output(name);
    hide_columns();
    return run_plan_write(
        &(run_plan){.name = name,
                    .table = {columns, sizeof(pair_record)},
                    .measure = measure_pair,
                    .measure_group = many ? measure_group : NULL,
                    .name_other = name_other,
                    .context = &top,
                    .has_many_rows = many,
                    .rows_depend_on_head = many,
                    .rows_are_never_averaged = many,
                    .stores_errors = run_shared.rows > 0,
                    .needs_same_shape = true,
                    .measures_sampled_rows = true});
}
