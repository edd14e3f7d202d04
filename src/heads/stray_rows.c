/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/stray_rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { PLACE = 400, TEXT = 800 };

typedef struct {
    lln_stored_survey survey;
    bool known;
} entry;

struct lln_stray_rows {
    entry *entries;      /* [heads] */
    size_t rows, strays; /* that do not sum to 1, and heads that have some */
    size_t head;         /* the first such head */
    lln_stored_survey first; /* of it */
    char place[PLACE];       /* of its row */
    char text[TEXT];
};

lln_status lln_stray_rows_alloc(size_t heads, lln_stray_rows **rows)
{
    *rows = lln_array_alloc(1, sizeof **rows);
    if (!*rows)
        return LLN_ENOMEM;
    (*rows)->entries = lln_array_alloc(heads, sizeof *(*rows)->entries);
    return (*rows)->entries ? LLN_OK : LLN_ENOMEM;
}

void lln_stray_rows_free(lln_stray_rows *rows)
{
    if (rows)
        free(rows->entries);
    free(rows);
}

lln_status lln_stray_rows_examine(lln_stray_rows *rows, size_t head,
                                  lln_stored *stored)
{
    LLN_TRY(lln_stored_examine(stored));
    const lln_stored_survey *survey = &stored->survey;
    rows->entries[head] = (entry){*survey, true};
    if (survey->stray == 0)
        return LLN_OK;
    if (rows->rows == 0 || head < rows->head) {
        rows->head = head;
        rows->first = *survey;
        lln_view_place(&stored->view, survey->first, rows->place, PLACE);
    }
    rows->rows += survey->stray;
    rows->strays++;
    return LLN_OK;
}

lln_status lln_stray_rows_survey(const lln_stray_rows *rows, size_t head,
                                 lln_stored *stored)
{
    if (!rows->entries[head].known)
        return lln_stored_examine(stored);
    stored->survey = rows->entries[head].survey;
    return LLN_OK;
}

void lln_stray_rows_describe(const lln_stray_rows *rows, size_t head,
                             lln_head *described)
{
    described->q.precision = described->k.precision = LLN_FLOAT64;
    described->q.columns = described->k.columns = 0;
    described->key_head = -1;
    described->rule.scale = 1;
    described->rule.mask.causal = rows->entries[head].survey.causal;
}

/* What may have happened to the first row. */
static void append_reason(const lln_stored_survey *first, char *text)
{
    size_t used = strlen(text);
    if (first->padding > 0)
        snprintf(text + used, TEXT - used,
                 " (keys left out by --lengths have %.4g)", first->padding);
    else
        snprintf(text + used, TEXT - used, " (%s?)",
                 first->sum == 0  ? "padding"
                 : first->sum < 1 ? "a sink, dropout, padding or excluded keys"
                                  : "dropout");
}

const char *lln_stray_rows_text(lln_stray_rows *rows)
{
    if (rows->rows == 0)
        return NULL;
    snprintf(rows->text, TEXT, "%s sums to %.7g; expected 1", rows->place,
             rows->first.sum);
    append_reason(&rows->first, rows->text);
    size_t used = strlen(rows->text);
    if (rows->rows > 1)
        snprintf(rows->text + used, TEXT - used,
                 "; %zu more row%s in %zu head%s do not sum to 1",
                 rows->rows - 1, rows->rows > 2 ? "s" : "", rows->strays,
                 rows->strays > 1 ? "s" : "");
    return rows->text;
}
