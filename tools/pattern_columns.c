/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pattern_columns.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
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
    if (pattern_token_ids)
        COLUMNS_SHOW(columns, PATTERN_PREVIOUS_GROUP);
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

struct pattern_pass {
    lln_patterns *patterns;
    size_t count, n; /* rows; of the head */
    lln_occurrences tokens;
    lln_pattern_grid grid;
};

static lln_status open_sources(const lln_head *head, pattern_pass *pass,
                               lln_pattern_sources *sources)
{
    sources->has_positions = lln_pattern_has_positions(head);
    if (pattern_token_ids) {
        LLN_TRY(lln_token_ids_check(&ids, head));
        LLN_TRY(lln_occurrences_open(lln_token_ids_of(&ids, head), head->k.rows,
                                     &pass->tokens));
        sources->tokens = &pass->tokens;
    }
    if (pattern_file) {
        LLN_TRY(lln_pattern_file_find(given, head, &pass->grid));
        sources->given = &pass->grid;
    }
    return LLN_OK;
}

lln_status pattern_columns_open(const run_case *c,
                                const lln_attention *attention, size_t count,
                                pattern_pass **pass)
{
    lln_pattern_sources sources = {.tokens = NULL};
    *pass = NULL;
    if (!(c->passes & PASS_PATTERNS))
        return LLN_OK;
    pattern_pass *opened = lln_array_alloc(1, sizeof *opened);
    if (!opened)
        return LLN_ENOMEM;
    opened->count = count;
    opened->n = attention->n;
    lln_status status = open_sources(c->head, opened, &sources);
    if (status == LLN_OK)
        status =
            lln_patterns_open(attention, count, &sources, &opened->patterns);
    if (status != LLN_OK) {
        pattern_columns_close(opened);
        return status;
    }
    *pass = opened;
    return LLN_OK;
}

lln_panel_visitor pattern_columns_visitor(const pattern_pass *pass)
{
    return (lln_panel_visitor){lln_patterns_visit, pass->patterns};
}

void pattern_columns_close(pattern_pass *pass)
{
    if (!pass)
        return;
    lln_patterns_free(pass->patterns);
    lln_occurrences_free(&pass->tokens);
    free(pass);
}

lln_status pattern_columns_fill(const pattern_pass *pass, pattern_record *out,
                                pattern_record *error)
{
    const lln_pattern_mass *rows;
    if (!pass)
        return LLN_OK;
    LLN_TRY(lln_patterns_finish(pass->patterns, &rows));
    lln_patterns_mean(rows, pass->count, pass->n, out->of,
                      error ? error->of : NULL);
    return LLN_OK;
}

lln_status pattern_columns_fill_row(const pattern_pass *pass, size_t index,
                                    pattern_record *out)
{
    const lln_pattern_mass *rows;
    if (!pass)
        return LLN_OK;
    LLN_TRY(lln_patterns_finish(pass->patterns, &rows));
    memcpy(out->of, rows + index * LLN_PATTERNS, sizeof out->of);
    return LLN_OK;
}
