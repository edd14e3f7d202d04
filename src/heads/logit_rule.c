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
    return rule->mask.window > 0 || rule->mask.right > 0;
}

static bool asks_top(const lln_logit_rule *rule)
{
    return rule->mask.top;
}

static bool asks_prefix(const lln_logit_rule *rule)
{
    return rule->mask.prefix > 0;
}

static bool asks_chunk(const lln_logit_rule *rule)
{
    return rule->mask.chunk > 0;
}

static bool asks_softcap(const lln_logit_rule *rule)
{
    return rule->softcap > 0;
}

static bool asks_bias(const lln_logit_rule *rule)
{
    return rule->bias && (rule->bias->by_distance || rule->bias->position ||
                          rule->bias->numbers);
}

static bool asks_mask(const lln_logit_rule *rule)
{
    return rule->bias && rule->bias->mask;
}

static bool asks_sink(const lln_logit_rule *rule)
{
    return rule->has_sink;
}

static bool asks_documents(const lln_logit_rule *rule)
{
    return rule->mask.documents != NULL;
}

const lln_rule_part lln_rule_parts[] = {
    {LLN_HONOURS_FULL, asks_full, "needs", "a causal mask", "causal", false},
    {LLN_HONOURS_CAUSAL, asks_causal, "does not support", "a causal mask",
     "causal", false},
    {LLN_HONOURS_WINDOW, asks_window, "does not support", "a window", "window",
     false},
    {LLN_HONOURS_RUNS, asks_top, "does not support",
     "a causal mask from the first key", "causal=top", false},
    {LLN_HONOURS_RUNS, asks_prefix, "does not support", "a prefix", "prefix",
     false},
    {LLN_HONOURS_RUNS, asks_chunk, "does not support", "chunks", "chunk",
     false},
    {LLN_HONOURS_RUNS, asks_documents, "does not support", "documents",
     "documents", false},
    {LLN_HONOURS_LOGITS, asks_softcap, "does not support",
     "a cap of the logits", "softcap", true},
    {LLN_HONOURS_LOGITS, asks_bias, "does not support", "a bias of the logits",
     "bias", true},
    {LLN_HONOURS_LOGITS, asks_mask, "does not support", "a mask from a file",
     "mask", true},
    {LLN_HONOURS_SINK, asks_sink, "does not support", "a sink", "sink", true},
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

lln_logit_rule lln_rule_without(lln_logit_rule rule, unsigned honours)
{
    if (!(honours & LLN_HONOURS_LOGITS)) {
        rule.softcap = 0;
        rule.bias = NULL;
    }
    if (!(honours & LLN_HONOURS_SINK))
        rule.has_sink = false;
    return rule;
}

lln_logit_rule lln_rule_for(lln_logit_rule rule, size_t d)
{
    if (isnan(rule.scale))
        rule.scale = 1 / sqrt((double)d);
    return rule;
}

bool lln_rule_same_but_scale(const lln_logit_rule *a, const lln_logit_rule *b)
{
    const lln_mask *x = &a->mask, *y = &b->mask;
    return x->causal == y->causal && x->top == y->top &&
           x->window == y->window && x->right == y->right &&
           x->prefix == y->prefix && x->chunk == y->chunk &&
           x->block == y->block && x->documents == y->documents &&
           a->softcap == b->softcap && a->bias == b->bias &&
           a->has_sink == b->has_sink && (!a->has_sink || a->sink == b->sink);
}

bool lln_rule_is_plain(const lln_logit_rule *rule)
{
    return lln_rule_has_closed_variance(rule) && !rule->has_sink &&
           !lln_mask_hides(rule->mask);
}

bool lln_rule_has_closed_variance(const lln_logit_rule *rule)
{
    return rule->mask.block == 0 && rule->softcap == 0 && !rule->bias;
}

bool lln_mask_hides(lln_mask mask)
{
    return mask.causal || mask.window > 0 || mask.right > 0 || mask.chunk > 0 ||
           mask.block > 0 || mask.documents;
}

bool lln_mask_is_causal_alone(lln_mask mask)
{
    lln_mask causal = {.causal = true};
    lln_logit_rule a = {.mask = mask}, b = {.mask = causal};
    return lln_rule_same_but_scale(&a, &b);
}

bool lln_mask_is_triangular(lln_mask mask)
{
    return mask.causal && mask.prefix <= 1;
}

/* Takes out of the run what is not in first .. end - 1. */
static void keep_run(size_t from, size_t to, size_t *first, size_t *end)
{
    *first = *first > from ? *first : from;
    *end = *end < to ? *end : to;
}

/* Limits the run of keys to the block of a position. */
static void keep_block(size_t block, size_t position, size_t *first,
                       size_t *end)
{
    size_t start = position / block * block;
    keep_run(start, *end - start < block ? *end : start + block, first, end);
}

static void keep_window(lln_mask mask, size_t position, size_t *first,
                        size_t *end)
{
    size_t right = mask.right || mask.causal ? mask.right : mask.window;
    if (right > 0 && right < *end - position)
        *end = position + right;
    if (mask.window > 0 && mask.window <= position)
        *first = position - mask.window + 1;
}

size_t lln_mask_position(lln_mask mask, size_t n, size_t m, size_t i)
{
    return mask.top ? i : i + m - n;
}

void lln_mask_keys(lln_mask mask, size_t n, size_t m, size_t i, size_t *first,
                   size_t *end)
{
    *first = 0;
    *end = m;
    if (!lln_mask_hides(mask))
        return;
    size_t position = lln_mask_position(mask, n, m, i);
    if (mask.causal && position + 1 > mask.prefix)
        *end = position + 1;
    else if (mask.causal)
        *end = mask.prefix < m ? mask.prefix : m;
    keep_window(mask, position, first, end);
    if (mask.chunk > 0)
        keep_block(mask.chunk, position, first, end);
    if (mask.block > 0)
        keep_block(mask.block, position, first, end);
    if (mask.documents)
        keep_run(mask.documents->first[position], mask.documents->end[position],
                 first, end);
}
