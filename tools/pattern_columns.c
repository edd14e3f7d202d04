/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pattern_columns.h"

#include <string.h>

#include "heads/logit_grid.h"
#include "heads/token_ids.h"
#include "message.h"
#include "options.h"
#include "output.h"

const char *pattern_token_ids, *pattern_file;

/* Read once; they live as long as the process. */
static lln_token_ids ids;
static lln_pattern_file *given;

/* The columns that need an option, by themselves, for messages. */
typedef struct {
    pattern_record record;
} alone;

static const record_column of_ids[] = {
    PATTERN_COLUMNS_OF(alone, record, LLN_PATTERN_DUPLICATE, "duplicate"),
    PATTERN_COLUMNS_OF(alone, record, LLN_PATTERN_INDUCTION, "induction"),
    {0},
};
static const record_column of_file[] = {
    PATTERN_COLUMNS_OF(alone, record, LLN_PATTERN_GIVEN, "pattern"),
    {0},
};

static bool is_among(const record_column *columns, const char *name)
{
    for (; columns->name; columns++)
        if (strcmp(columns->name, name) == 0)
            return true;
    return false;
}

void pattern_columns_choose(record_column *columns)
{
    record_column *to = columns;
    for (; columns->name; columns++) {
        bool own = columns->group && strcmp(columns->group, PATTERN_GROUP) == 0;
        bool file = is_among(of_file, columns->name);
        bool needs_ids = is_among(of_ids, columns->name);
        if ((file && !pattern_file) || (needs_ids && !pattern_token_ids))
            continue;
        *to = *columns;
        if (own && (file || pattern_token_ids))
            to->group = COLUMNS_SHOWN(PATTERN_GROUP);
        to++;
    }
    while (to < columns)
        *to++ = (record_column){0};
}

void pattern_columns_refuse(void)
{
    if (!pattern_token_ids)
        columns_elsewhere(of_ids, "token-ids");
    if (!pattern_file)
        columns_elsewhere(of_file, "pattern");
}

/* Ends the process on bad usage and on failure. */
static void check(const char *option, lln_status status)
{
    if (status == LLN_EINVAL)
        cli_usage("%s%s", option, lln_error_message());
    if (status == LLN_EFORMAT)
        cli_fail("%s%s", option, lln_error_message());
    cli_check(status);
}

static void open_files(const lln_heads *heads)
{
    lln_head head;
    if (heads->count == 0)
        return;
    heads->describe(heads, 0, &head);
    if (pattern_token_ids) {
        cli_refuse_overwrite(pattern_token_ids);
        check("--token-ids: ", lln_token_ids_possible(&head));
        check("--token-ids: ", lln_token_ids_read(pattern_token_ids,
                                                  lln_grid_keys(&head), &ids));
    }
    if (pattern_file) {
        check("", lln_pattern_file_open(pattern_file, &given));
        cli_refuse_overwrite(lln_pattern_file_name(given));
    }
}

void pattern_columns_check(const lln_heads *heads)
{
    open_files(heads);
    for (size_t i = 0; i < heads->count; i++) {
        lln_head head;
        lln_pattern_grid grid;
        heads->describe(heads, i, &head);
        if (pattern_token_ids)
            check("--token-ids: ", lln_token_ids_check(&ids, &head));
        if (pattern_file)
            check("", lln_pattern_file_find(given, &head, &grid));
    }
}

/* What the sources of a head point to. */
typedef struct {
    lln_occurrences tokens;
    lln_pattern_grid grid;
    lln_pattern_sources sources;
} head_sources;

static lln_status open_sources(const lln_head *head, head_sources *of)
{
    *of = (head_sources){.sources.has_positions =
                             lln_pattern_has_positions(head)};
    if (pattern_token_ids) {
        LLN_TRY(lln_token_ids_check(&ids, head));
        LLN_TRY(lln_occurrences_open(lln_token_ids_of(&ids, head), head->k.rows,
                                     &of->tokens));
        of->sources.tokens = &of->tokens;
    }
    if (pattern_file) {
        LLN_TRY(lln_pattern_file_find(given, head, &of->grid));
        of->sources.given = &of->grid;
    }
    return LLN_OK;
}

lln_status pattern_columns_measure(const run_case *c, lln_attention *attention,
                                   pattern_record *out, pattern_record *error)
{
    head_sources of;
    if (!(c->passes & PASS_PATTERNS))
        return LLN_OK;
    lln_status status = open_sources(c->head, &of);
    if (status == LLN_OK)
        status =
            lln_patterns_measure(attention, c->rows, c->row_count, &of.sources,
                                 out->of, error ? error->of : NULL);
    lln_occurrences_free(&of.tokens);
    return status;
}

static lln_status fill_rows(const run_case *c, lln_attention *attention,
                            lln_patterns *patterns, size_t count,
                            pattern_record *out, size_t stride)
{
    const lln_pattern_mass *rows;
    LLN_TRY(lln_panels_visit(attention, c->rows, count, 0, lln_patterns_visit,
                             patterns));
    LLN_TRY(lln_patterns_finish(patterns, &rows));
    for (size_t i = 0; i < count; i++)
        memcpy((char *)out + i * stride, rows + i * LLN_PATTERNS, sizeof *out);
    return LLN_OK;
}

lln_status pattern_columns_rows(const run_case *c, lln_attention *attention,
                                size_t count, pattern_record *out,
                                size_t stride)
{
    head_sources of;
    lln_patterns *patterns = NULL;
    if (!(c->passes & PASS_PATTERNS))
        return LLN_OK;
    lln_status status = open_sources(c->head, &of);
    if (status == LLN_OK)
        status = lln_patterns_open(attention, count, &of.sources, &patterns);
    if (status == LLN_OK)
        status = fill_rows(c, attention, patterns, count, out, stride);
    lln_patterns_free(patterns);
    lln_occurrences_free(&of.tokens);
    return status;
}
