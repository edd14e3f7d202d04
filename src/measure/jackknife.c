/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/jackknife.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"

/* Whether queries are tokens at positions among the keys. */
static bool is_aligned(size_t n, size_t m, const lln_logit_rule *rule)
{
    bool hidden = rule->bias && rule->bias->hides && n <= m;
    return n == m || hidden || lln_mask_hides(rule->mask);
}

lln_status lln_jackknife_open_tokens(size_t n, size_t m,
                                     const lln_logit_rule *rule, size_t count,
                                     lln_jackknife *groups)
{
    bool apart = !is_aligned(n, m, rule);
    count = lln_size_smaller(count, apart ? lln_size_smaller(n, m) : m);
    *groups = (lln_jackknife){
        .count = count, .n = n, .m = m, .mask = rule->mask, .apart = apart};
    groups->first = lln_array_alloc(count + 1, sizeof(size_t));
    if (!groups->first)
        return LLN_ENOMEM;
    for (size_t t = 0; t <= count; t++) /* the first j with j g >= t m */
        groups->first[t] = (t * m + count - 1) / count;
    return LLN_OK;
}

lln_status lln_jackknife_open(const lln_attention *attention, size_t count,
                              lln_jackknife *groups)
{
    *groups = (lln_jackknife){0};
    if (attention->kind != LLN_ATTENTION_TILES)
        return lln_fail(LLN_EINVAL, "the jackknife needs scores of a query and "
                                    "a key that depend on no other token");
    lln_logit_rule rule = attention->tiles.rule;
    rule.mask = attention->mask;
    return lln_jackknife_open_tokens(attention->n, attention->m, &rule, count,
                                     groups);
}

void lln_jackknife_free(lln_jackknife *groups)
{
    free(groups->first);
    *groups = (lln_jackknife){0};
}

size_t lln_jackknife_query(const lln_jackknife *groups, size_t query)
{
    size_t n = groups->n, m = groups->m;
    if (groups->apart)
        return query * groups->count / n;
    return lln_jackknife_key(groups,
                             lln_mask_position(groups->mask, n, m, query));
}

size_t lln_jackknife_key(const lln_jackknife *groups, size_t key)
{
    return key * groups->count / groups->m;
}

double lln_jackknife_error(const double *first, size_t stride, size_t count)
{
    double sum = 0, squares = 0, g = (double)count;
    if (count < 2)
        return NAN;
    for (size_t t = 0; t < count; t++)
        sum += first[t * stride] - first[0];
    double mean = first[0] + sum / g;
    for (size_t t = 0; t < count; t++) {
        double x = first[t * stride] - mean;
        squares += x * x;
    }
    return sqrt((g - 1) / g * squares);
}

lln_status lln_jackknife_explain(const lln_jackknife *groups, double value,
                                 double error)
{
    if (isnan(value) || !isnan(error))
        return LLN_OK;
    if (groups->count < 2)
        return lln_fail(LLN_EUNDEFINED,
                        "no standard errors: there is only one %s",
                        groups->n > 1   ? "key"
                        : groups->m > 1 ? "query"
                                        : "token");
    return lln_fail(LLN_EUNDEFINED,
                    "no standard errors: without one of the "
                    "%zu groups of tokens, nothing is left",
                    groups->count);
}
