/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/logit_rule.h"

#include <math.h>

static bool asks_full(const lln_logit_rule *rule)
{
    return !rule->mask.causal;
}

static bool asks_causal(const lln_logit_rule *rule)
{
    return rule->mask.causal;
}

static bool asks_window(const lln_logit_rule *rule)
{
    return rule->mask.window > 0;
}

const lln_rule_part lln_rule_parts[] = {
    {LLN_HONOURS_FULL, asks_full, "needs", "a causal mask", "causal"},
    {LLN_HONOURS_CAUSAL, asks_causal, "does not support", "a causal mask",
     "causal"},
    {LLN_HONOURS_WINDOW, asks_window, "does not support", "a window", "window"},
    {0},
};

const lln_rule_part *lln_rule_find_refused(const lln_logit_rule *rule,
                                           unsigned honours)
{
    for (const lln_rule_part *part = lln_rule_parts; part->words; part++)
        if (!(honours & part->honours) && part->is_asked(rule))
            return part;
    return NULL;
}

lln_logit_rule lln_rule_for(lln_logit_rule rule, size_t d)
{
    if (isnan(rule.scale))
        rule.scale = 1 / sqrt((double)d);
    return rule;
}

bool lln_rule_same_but_scale(const lln_logit_rule *a, const lln_logit_rule *b)
{
    return a->mask.causal == b->mask.causal &&
           a->mask.window == b->mask.window && a->mask.block == b->mask.block;
}

bool lln_rule_is_plain(const lln_logit_rule *rule)
{
    return lln_rule_has_closed_variance(rule) && !lln_mask_hides(rule->mask);
}

bool lln_rule_has_closed_variance(const lln_logit_rule *rule)
{
    return rule->mask.block == 0;
}

bool lln_mask_hides(lln_mask mask)
{
    return mask.causal || mask.window > 0 || mask.block > 0;
}

/* Limits the run of keys to the block of a position. */
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
