/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/head_rule.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

#include "core/memory.h"
#include "core/text.h"
#include "heads/bias_numbers.h"
#include "heads/logit_grid.h"

enum { NAME = 1100 }; /* bytes of the name of an array in a message */

/* What is at hand. */
typedef struct {
    const lln_rules *rules;
    const lln_head *head;
    size_t heads; /* of the model */
    lln_rule_pool *pool;
    lln_rule_values values;
    lln_head_rule *out;
} work;

static bool has_array(const work *w, lln_rule_array_kind kind, size_t *index)
{
    return lln_map_array_find(w->rules->arrays, lln_rule_array_names[kind],
                              index);
}

static lln_status bad_count(const work *w, lln_rule_array_kind kind,
                            size_t count, const char *expected)
{
    char layer[40] = "";
    if (w->head->layer >= 0)
        snprintf(layer, sizeof layer, " of layer %ld", w->head->layer);
    return lln_fail(LLN_EINVAL,
                    "--arrays %s=: %zu numbers do not fit head %ld%s; expected "
                    "%s",
                    lln_rule_array_names[kind], count,
                    w->head->head < 0 ? 0 : w->head->head, layer, expected);
}

/* The number of an array with one for each head of the model. */
static lln_status read_number(const work *w, lln_rule_array_kind kind,
                              size_t index, double *number)
{
    const lln_map_array *array;
    size_t at;
    LLN_TRY(lln_rule_pool_array(w->pool, kind, w->rules->arrays, index, w->head,
                                0, &array));
    if (!lln_grid_head(w->head, array->count, &at))
        return bad_count(w, kind, array->count, "one for each query head");
    *number = array->numbers[at];
    return LLN_OK;
}

static lln_status set_sink(const work *w)
{
    size_t index;
    lln_logit_rule *rule = &w->out->rule;
    rule->has_sink = w->values.has_sink;
    rule->sink = w->values.sink;
    if (!has_array(w, LLN_RULE_ARRAY_SINK, &index))
        return LLN_OK;
    const char *text =
        lln_by_layer_find(&w->rules->value[LLN_RULE_SINK], w->head->layer);
    rule->has_sink = !text; /* none of this layer */
    if (text)
        return LLN_OK;
    LLN_TRY(read_number(w, LLN_RULE_ARRAY_SINK, index, &rule->sink));
    rule->has_sink = rule->sink > -INFINITY; /* softmax without it */
    rule->sink = rule->has_sink ? rule->sink : 0;
    return LLN_OK;
}

/* Distances j - p of a query at key p and key j: from -zero on. */
static size_t zero_of(const work *w)
{
    size_t n = w->head->q.rows, m = w->head->k.rows;
    return (w->rules->top ? n : m) - 1;
}

static lln_status keep_distances(const work *w, double *numbers, size_t count)
{
    lln_logit_bias *bias = &w->out->bias;
    for (size_t i = 0; i < count; i++)
        bias->largest = fmax(bias->largest, fabs(numbers[i]));
    bias->zero = zero_of(w);
    return lln_rule_pool_keep(w->pool, numbers, count, &bias->by_distance);
}

/* A row of an array [heads, n + m - 1], or of one for all. */
static lln_status set_toeplitz(const work *w, const lln_map_array *array)
{
    size_t n = lln_grid_queries(w->head), m = lln_grid_keys(w->head);
    size_t width = n + m - 1, at = 0;
    size_t count = w->head->q.rows + w->head->k.rows - 1;
    bool one = array->count == width;
    char expected[120];
    snprintf(expected, sizeof expected,
             "queries + keys - 1 = %zu, or %zu for each query head", width,
             width);
    if (array->count % width != 0 ||
        (!one && !lln_grid_head(w->head, array->count / width, &at)))
        return bad_count(w, LLN_RULE_ARRAY_BIAS, array->count, expected);
    double *numbers = lln_array_alloc(count, sizeof *numbers);
    if (!numbers)
        return LLN_ENOMEM;
    /* Distance 1 - n of the queries and keys that are no padding. */
    size_t first =
        at * width + n + w->head->first_key - w->head->first - w->head->q.rows;
    for (size_t i = 0; i < count; i++)
        numbers[i] = array->numbers[first + i];
    return keep_distances(w, numbers, count);
}

/* A column of a table [buckets, heads]. */
static lln_status set_t5(const work *w, const lln_map_array *array)
{
    const lln_bias_text *text = &w->values.bias;
    size_t count = w->head->q.rows + w->head->k.rows - 1;
    size_t heads = array->count / text->buckets, at;
    if (array->count % text->buckets != 0 ||
        (array->width != heads && array->width != array->count) ||
        !lln_grid_head(w->head, heads, &at))
        return bad_count(w, LLN_RULE_ARRAY_BIAS, array->count,
                         "a table [buckets, query heads]");
    double *numbers = lln_array_alloc(count, sizeof *numbers);
    if (!numbers)
        return LLN_ENOMEM;
    long zero = (long)zero_of(w);
    for (size_t i = 0; i < count; i++) {
        size_t bucket = lln_t5_bucket(text, (long)i - zero);
        numbers[i] = array->numbers[bucket * heads + at];
    }
    return keep_distances(w, numbers, count);
}

static lln_status find_slope(const work *w, double *slope)
{
    size_t index;
    const lln_bias_text *text = &w->values.bias;
    size_t h = w->head->head < 0 ? 0 : (size_t)w->head->head;
    if (has_array(w, LLN_RULE_ARRAY_SLOPES, &index))
        LLN_TRY(read_number(w, LLN_RULE_ARRAY_SLOPES, index, slope));
    else if (w->heads > 0)
        *slope = lln_alibi_slope(h, w->heads, text->max);
    else
        return lln_fail(LLN_EINVAL,
                        "--bias alibi with --heads, or with a head missing, "
                        "needs --arrays slopes=FILE: the number of heads of "
                        "the model is not known from arrays of one head each");
    *slope *= text->factor;
    return LLN_OK;
}

static lln_status set_alibi(const work *w)
{
    const lln_head *head = w->head;
    const lln_positions *positions = &w->rules->positions;
    size_t m = head->k.rows;
    if (head->q.rows > m)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu queries and %zu key%s; --bias alibi needs at "
                        "least as many keys as queries",
                        head->source, head->q.rows, m, lln_text_plural(m));
    LLN_TRY(find_slope(w, &w->out->bias.slope));
    LLN_TRY(lln_positions_check(positions, head->file, head->of.batch,
                                lln_grid_keys(head)));
    if (positions->numbers && positions->columns > 1)
        return lln_fail(LLN_EINVAL,
                        "%s: %zu columns of positions; --bias alibi uses one",
                        positions->name, positions->columns);
    double *numbers = lln_array_alloc(m, sizeof *numbers);
    if (!numbers)
        return LLN_ENOMEM;
    for (size_t j = 0; j < m; j++)
        numbers[j] =
            lln_position_at(positions, head->at.batch, head->first_key, j, 0);
    return lln_rule_pool_keep(w->pool, numbers, m, &w->out->bias.position);
}

/* The part of an array [n, m] or [heads, n, m], which stays in the file. */
static lln_status set_full(const work *w, size_t index)
{
    char own[NAME], name[NAME + 16];
    lln_logit_grid *grid = &w->out->numbers;
    lln_tensor *tensor = &grid->tensor;
    LLN_TRY(lln_kernel_arrays_tensor(w->rules->arrays, index, w->head, own,
                                     sizeof own, tensor));
    snprintf(name, sizeof name, "--arrays bias=: %s", own);
    lln_grid_axes axes = {name, tensor->axes, tensor->shape, tensor->strides};
    LLN_TRY(lln_grid_find(&axes, w->head, &grid->slice));
    w->out->bias.numbers = grid;
    return LLN_OK;
}

static lln_status set_bias(const work *w)
{
    size_t index = 0;
    lln_bias_kind kind = w->values.bias.kind;
    const lln_map_array *array = NULL;
    if (kind == LLN_BIAS_ALIBI)
        return set_alibi(w);
    if (kind == LLN_BIAS_NONE || !has_array(w, LLN_RULE_ARRAY_BIAS, &index))
        return LLN_OK;
    if (kind == LLN_BIAS_FULL)
        return set_full(w, index);
    size_t shared =
        kind == LLN_BIAS_T5 ? w->values.bias.buckets : w->head->of.head;
    LLN_TRY(lln_rule_pool_array(w->pool, LLN_RULE_ARRAY_BIAS, w->rules->arrays,
                                index, w->head, shared, &array));
    return kind == LLN_BIAS_TOEPLITZ ? set_toeplitz(w, array)
                                     : set_t5(w, array);
}

static lln_status set_mask(const work *w)
{
    const lln_rules *rules = w->rules;
    const lln_head *head = w->head;
    lln_mask *mask = &w->out->rule.mask;
    *mask = (lln_mask){.causal = rules->causal,
                       .top = rules->top,
                       .window = w->values.window,
                       .right = w->values.right,
                       .prefix = w->values.prefix,
                       .chunk = w->values.chunk};
    if (mask->causal && mask->right == SIZE_MAX)
        mask->right = 0;
    if (rules->documents) {
        LLN_TRY(lln_documents_check(rules->documents, head->file,
                                    head->of.batch, lln_grid_keys(head)));
        LLN_TRY(lln_rule_pool_documents(w->pool, rules->documents, head,
                                        &mask->documents));
    }
    if (lln_mask_hides(*mask) && head->q.rows > head->k.rows)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu queries and %zu key%s; a mask needs at least "
                        "as many keys as queries",
                        head->source, head->q.rows, head->k.rows,
                        lln_text_plural(head->k.rows));
    return LLN_OK;
}

static lln_status set_mask_file(const work *w)
{
    char name[NAME + 16];
    if (!w->rules->mask)
        return LLN_OK;
    LLN_TRY(lln_mask_file_find(w->rules->mask, w->head, name, sizeof name,
                               &w->out->mask));
    w->out->bias.mask = &w->out->mask;
    return LLN_OK;
}

lln_status lln_head_rule_open(const lln_rules *rules, const lln_head *head,
                              size_t heads, lln_rule_pool *pool,
                              lln_head_rule *out)
{
    work w = {rules, head, heads, pool, lln_rule_nothing, out};
    *out = (lln_head_rule){.rule.scale = NAN};
    if (head->q.rows == 0 || head->k.rows == 0) {
        out->rule = lln_rule_for(out->rule, head->q.columns);
        return LLN_OK; /* a text without tokens */
    }
    LLN_TRY(lln_rules_find(rules, head->layer, &w.values));
    out->rule.scale = w.values.scale;
    out->rule.softcap = w.values.softcap;
    out->rule = lln_rule_for(out->rule, head->q.columns);
    LLN_TRY(set_mask(&w));
    LLN_TRY(set_sink(&w));
    LLN_TRY(set_bias(&w));
    LLN_TRY(set_mask_file(&w));
    const lln_logit_bias *bias = &out->bias;
    if (bias->by_distance || bias->position || bias->numbers || bias->mask)
        out->rule.bias = bias;
    out->bias.hides = bias->numbers || bias->mask; /* until it is looked at */
    return LLN_OK;
}
