/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/heads.h"

#include <math.h>
#include <stdlib.h>

#include "heads/stored.h"

int lln_place_compare(lln_place a, lln_place b)
{
    if (a.batch != b.batch)
        return a.batch < b.batch ? -1 : 1;
    if (a.layer != b.layer)
        return a.layer < b.layer ? -1 : 1;
    return (a.head > b.head) - (a.head < b.head);
}

lln_head lln_head_of(lln_matrix q, lln_matrix k, lln_matrix v)
{
    return (lln_head){.source = "memory",
                      .file = "memory",
                      .layer = -1,
                      .head = -1,
                      .key_head = -1,
                      .step = -1,
                      .of = {1, 1, 1},
                      .q = q,
                      .k = k,
                      .v = v,
                      .rule.scale = 1 / sqrt((double)q.columns)};
}

void lln_head_free(lln_head *head)
{
    lln_stored_close(head->stored);
    free(head->storage);
    *head = (lln_head){0};
}

void lln_head_keep_variance(lln_head *head, lln_variance_kept *kept)
{
    *kept = (lln_variance_kept){.q = head->q.data,
                                .k = head->k.data,
                                .n = head->q.rows,
                                .m = head->k.rows,
                                .rule = head->rule,
                                .mean = NAN};
    head->kept = kept;
}

void lln_heads_close(lln_heads *heads)
{
    if (heads->close)
        heads->close(heads);
    *heads = (lln_heads){0};
}
