/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/ruled.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "heads/head_rule.h"
#include "heads/head_storage.h"
#include "heads/rule_rows.h"
#include "heads/set_temperature.h"

typedef struct {
    lln_heads inner;
    lln_rules rules;
    lln_head_rule *heads; /* [inner.count] */
    lln_rule_pool *pool;
    bool selected;      /* of a model there may be more heads */
    size_t known_heads; /* of the model; 0: not known */
} state;

static void describe_ruled(const lln_heads *heads, size_t index, lln_head *head)
{
    const state *s = heads->state;
    s->inner.describe(&s->inner, index, head);
    head->rule = s->heads[index].rule;
}

/* Sets the temperature of a loaded head that has its rule. */
static lln_status set_temperature(double tau, const lln_head *head)
{
    const lln_matrix_output to[LLN_ROLES] = {
        [LLN_QUERIES] = lln_head_writable(head, head->q),
        [LLN_KEYS] = lln_head_writable(head, head->k),
    };
    return lln_temperature_set(tau, head, to);
}

static lln_status load_ruled(const lln_heads *heads, size_t index, double tau,
                             lln_precision precision, lln_head *head)
{
    const state *s = heads->state;
    lln_head loaded;
    double inner_tau = heads->sampled ? tau : NAN;
    LLN_TRY(s->inner.load(&s->inner, index, inner_tau, precision, &loaded));
    loaded.rule = s->heads[index].rule;
    if (!heads->sampled && !isnan(tau)) {
        lln_status status = set_temperature(tau, &loaded);
        if (status != LLN_OK) {
            lln_head_free(&loaded);
            return status;
        }
    }
    *head = loaded;
    return LLN_OK;
}

static lln_status list_ruled(const lln_heads *heads,
                             struct lln_result **results, size_t *count)
{
    const state *s = heads->state;
    return s->inner.results(&s->inner, results, count);
}

static void rest_ruled(const lln_heads *heads)
{
    const state *s = heads->state;
    s->inner.rest(&s->inner);
}

static void close_ruled(lln_heads *heads)
{
    state *s = heads->state;
    free(s->heads);
    lln_rule_pool_free(s->pool);
    lln_rules_close(&s->rules);
    lln_heads_close(&s->inner);
    free(s);
}

/* Heads of the model of a head: as many as its array has, or as its layer has
 * in arrays of their own, if none is missing; 0: nobody knows. */
static size_t count_heads(const state *s, const lln_head *head)
{
    size_t count = head->of.head, found = 0;
    if (s->known_heads > 0 && head->head >= 0)
        return s->known_heads;
    if (count > 1 || head->head < 0)
        return count;
    if (s->selected)
        return 0;
    for (size_t i = 0; i < s->inner.count; i++) {
        lln_head other;
        s->inner.describe(&s->inner, i, &other);
        if (other.model != head->model || other.layer != head->layer ||
            other.at.batch != head->at.batch)
            continue;
        found++;
        if ((size_t)other.head + 1 > count)
            count = (size_t)other.head + 1;
    }
    return found == count ? count : 0;
}

static bool same_grid(const lln_logit_grid *a, const lln_logit_grid *b)
{
    const lln_tensor *x = &a->tensor, *y = &b->tensor;
    return a->flags == b->flags && a->slice.offset == b->slice.offset &&
           a->slice.rows == b->slice.rows &&
           a->slice.columns == b->slice.columns && x->data == y->data &&
           x->file == y->file && x->place == y->place;
}

/* Whether the rows of a head are those of another one, which was checked, and
 * both have no other numbers that count as the largest. */
static bool same_rows(const lln_head_rule *a, const lln_head_rule *b)
{
    lln_logit_rule x = {.mask = a->rule.mask}, y = {.mask = b->rule.mask};
    return a->rule.bias && b->rule.bias && !a->bias.by_distance &&
           !b->bias.by_distance && a->rule.has_sink == b->rule.has_sink &&
           same_grid(&a->numbers, &b->numbers) &&
           same_grid(&a->mask, &b->mask) && lln_rule_same_but_scale(&x, &y);
}

static lln_status check_head(const state *s, size_t index, lln_head *head)
{
    lln_head_rule *rule = &s->heads[index];
    head->rule = rule->rule;
    if (index == 0 || !same_rows(rule, &s->heads[index - 1]))
        return lln_rule_rows_check(head, &rule->bias);
    rule->bias.largest = s->heads[index - 1].bias.largest;
    rule->bias.level = s->heads[index - 1].bias.level;
    rule->bias.hides = s->heads[index - 1].bias.hides;
    return LLN_OK;
}

/* The number of heads of a model is looked for once a layer. */
static lln_status open_heads(state *s, bool unchecked)
{
    size_t heads = 0, model = 0;
    long layer = -2;
    s->heads = lln_array_alloc(s->inner.count, sizeof *s->heads);
    if (!s->heads)
        return LLN_ENOMEM;
    for (size_t i = 0; i < s->inner.count; i++) {
        lln_head head;
        s->inner.describe(&s->inner, i, &head);
        if (head.layer != layer || head.model != model || head.of.head > 1)
            heads = count_heads(s, &head);
        layer = head.layer;
        model = head.model;
        LLN_TRY(
            lln_head_rule_open(&s->rules, &head, heads, s->pool, &s->heads[i]));
        if (!unchecked)
            LLN_TRY(check_head(s, i, &head));
    }
    return LLN_OK;
}

static lln_status open_state(const lln_rule_options *options, state *s)
{
    s->selected = options->selected;
    s->known_heads = options->heads;
    LLN_TRY(lln_rules_open(options, &s->rules));
    s->pool = lln_rule_pool_alloc();
    if (!s->pool)
        return lln_fail(LLN_ENOMEM, "out of memory");
    return open_heads(s, options->unchecked);
}

lln_status lln_ruled_open(const lln_rule_options *options, lln_heads *inner,
                          lln_heads *ruled)
{
    state *s = calloc(1, sizeof *s);
    if (!s) {
        lln_heads_close(inner);
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    s->inner = *inner;
    *inner = (lln_heads){.count = 0};
    lln_heads opened = s->inner;
    opened.describe = describe_ruled;
    opened.load = load_ruled;
    opened.results = list_ruled;
    opened.rest = rest_ruled;
    opened.close = close_ruled;
    opened.state = s;
    lln_status status = open_state(options, s);
    if (status == LLN_OK)
        *ruled = opened;
    else
        lln_heads_close(&opened);
    return status;
}
