/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/rule_rows.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"

enum { PART = 512 }; /* keys at a time */

/* What was found in a row. */
typedef struct {
    bool sees, hides;
    double largest, top; /* the largest size, and the largest number */
    size_t bad; /* the first key with no number; the number of keys: none */
} row_found;

/* Looks at the keys first .. end - 1 of query i. */
static void look(const lln_head *head, const lln_logit_bias *bias, size_t i,
                 size_t first, size_t end, row_found *found)
{
    double part[PART];
    size_t p =
        lln_mask_position(head->rule.mask, head->q.rows, head->k.rows, i);
    for (size_t at = first; at < end; at += PART) {
        size_t count = lln_size_smaller(end - at, PART);
        memset(part, 0, count * sizeof *part);
        lln_logit_bias_add(bias, i, p, at, count, part);
        for (size_t j = 0; j < count; j++) {
            bool hidden = part[j] == -INFINITY;
            if (!hidden && !isfinite(part[j]) && found->bad == head->k.rows)
                found->bad = at + j;
            found->hides = found->hides || hidden;
            found->sees = found->sees || !hidden;
            if (!hidden)
                found->largest = fmax(found->largest, fabs(part[j]));
            found->top = fmax(found->top, part[j]);
        }
    }
}

static lln_status check_row(const lln_head *head, size_t i,
                            const row_found *found)
{
    const char *what = head->rule.bias->mask ? "--mask" : "--arrays bias=";
    if (found->bad < head->k.rows)
        return lln_fail(LLN_EFORMAT,
                        "%s: %s: row %zu, column %zu: expected a number or "
                        "-inf",
                        head->source, what, i, found->bad);
    if (found->sees || head->rule.has_sink)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "%s: %s: all keys of row %zu are hidden; expected at "
                    "least one that is not, or a sink (--sink)",
                    head->source, what, i);
}

lln_status lln_rule_rows_check(const lln_head *head, lln_logit_bias *bias)
{
    size_t n = head->q.rows, m = head->k.rows, first, end;
    const lln_logit_bias grids = {.numbers = bias->numbers, .mask = bias->mask};
    row_found all = {.hides = false};
    double level = 0;
    bias->level = bias->largest;
    if (!bias->numbers && !bias->mask)
        return LLN_OK;
    for (size_t i = 0; i < n; i++) {
        row_found found = {.largest = all.largest, .top = -INFINITY, .bad = m};
        LLN_TRY(lln_threads_check_stop());
        lln_mask_keys(head->rule.mask, n, m, i, &first, &end);
        look(head, &grids, i, first, end, &found);
        LLN_TRY(check_row(head, i, &found));
        all.largest = found.largest;
        level = fmax(level, found.sees ? fabs(found.top) : 0);
        all.hides = all.hides || found.hides;
    }
    bias->largest += all.largest;
    bias->level += level;
    bias->hides = all.hides;
    return LLN_OK;
}
