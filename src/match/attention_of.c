/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "match/attention_of.h"

#include <stdlib.h>

#include "core/memory.h"
#include "kernel/table/table.h"
#include "match/match.h"

/* An attention with what it points to. */
typedef struct {
    lln_attention attention; /* first: lln_attention_free frees the whole */
    lln_head head;
    lln_kernel_choice choice;
} owner;

static lln_status check_finite(const char *name, lln_matrix a)
{
    if (a.rows == 0 || !a.data)
        return lln_fail(LLN_EINVAL, "no %s", name);
    if (a.columns == 0)
        return lln_fail(LLN_EINVAL, "%s without features", name);
    size_t bad = lln_matrix_find_nonfinite(a);
    if (bad == a.rows * a.columns)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "%s: row %zu, column %zu: %g, expected a finite number",
                    name, bad / a.columns, bad % a.columns,
                    lln_matrix_get(a, bad / a.columns, bad % a.columns));
}

static lln_status check_head(const lln_head *head)
{
    LLN_TRY(check_finite("queries", head->q));
    LLN_TRY(check_finite("keys", head->k));
    if (head->rule.mask.causal && head->q.rows > head->k.rows)
        return lln_fail(LLN_EINVAL,
                        "a causal mask with %zu queries and %zu keys; expected "
                        "no more queries than keys",
                        head->q.rows, head->k.rows);
    return LLN_OK;
}

static lln_status open_owner(const char *kernel, owner *o)
{
    LLN_TRY(check_head(&o->head));
    if (!kernel)
        return lln_fail(LLN_EINVAL, "no kernel");
    LLN_TRY(lln_kernel_parse(kernel, &o->choice));
    LLN_TRY(lln_match_complete(&o->head, &o->choice));
    return lln_kernel_open(&o->choice, &o->head, &o->attention);
}

lln_status lln_attention_of(const char *kernel, lln_matrix q, lln_matrix k,
                            bool causal, lln_attention **attention)
{
    owner *o = lln_array_alloc(1, sizeof *o);
    *attention = NULL;
    if (!o)
        return LLN_ENOMEM;
    o->head = lln_head_of(q, k, (lln_matrix){0});
    o->head.rule.mask.causal = causal;
    lln_status status = open_owner(kernel, o);
    if (status == LLN_OK)
        *attention = &o->attention;
    else
        free(o);
    return status;
}

void lln_attention_free(lln_attention *attention)
{
    if (attention)
        lln_attention_close(attention);
    free(attention);
}
