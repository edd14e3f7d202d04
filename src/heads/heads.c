/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/heads.h"

#include <math.h>
#include <stdlib.h>

void lln_head_free(lln_head *head)
{
    free(head->storage);
    *head = (lln_head){0};
}

void lln_head_keep_variance(lln_head *head, lln_variance_kept *kept)
{
    *kept = (lln_variance_kept){.q = head->q.data,
                                .k = head->k.data,
                                .n = head->q.rows,
                                .m = head->k.rows,
                                .mask = head->mask,
                                .mean = NAN};
    head->kept = kept;
}

bool lln_mask_hides(lln_mask mask)
{
    return mask.causal || mask.window > 0 || mask.block > 0;
}

/* Takes out of the run what lies outside the block of a position. */
static void keep_block(size_t block, size_t position, size_t *first,
                       size_t *end)
{
    size_t start = position / block * block;
    *first = *first > start ? *first : start;
    *end = *end - start < block ? *end : start + block;
}

void lln_mask_keys(lln_mask mask, size_t n, size_t m, size_t i, size_t *first,
                   size_t *end)
{
    *first = 0;
    *end = m;
    if (!lln_mask_hides(mask))
        return;
    size_t position = i + (m - n);
    if (mask.causal)
        *end = position + 1;
    else if (mask.window > 0 && mask.window < m - position)
        *end = position + mask.window;
    if (mask.window > 0 && mask.window <= position)
        *first = position - mask.window + 1;
    if (mask.block > 0)
        keep_block(mask.block, position, first, end);
}

void lln_heads_close(lln_heads *heads)
{
    if (heads->close)
        heads->close(heads);
    *heads = (lln_heads){0};
}
