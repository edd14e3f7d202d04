/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/summary.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/memory.h"
#include "measure/entropy.h"
#include "measure/where.h"

static lln_status fill_head(const lln_attention *attention,
                            lln_where_sums *sums, const lln_row *rows,
                            size_t count, lln_head_summary *out)
{
    lln_entropy entropy;
    lln_where where;
    LLN_TRY(lln_where_finish(sums, &where, NULL));
    lln_entropy_summarise(attention, rows, count, &entropy, NULL);
    out->normalized = entropy.normalized;
    out->max_logit = entropy.max_logit;
    out->sink = where.sink_mass;
    out->uniform = where.sink_mass_uniform;
    out->local = where.local_mass;
    out->distant = where.distant_mass;
    return LLN_OK;
}

lln_status lln_head_summary_measure(lln_attention *attention,
                                    const size_t *queries, size_t count,
                                    size_t local_keys, lln_head_summary *out)
{
    const lln_where_rule rule = {.local = local_keys};
    lln_row *rows;
    lln_where_sums *sums;
    LLN_TRY(lln_rows_alloc(attention, queries, &count, &rows));
    lln_status status =
        lln_where_open(attention, queries, count, &rule, 0, &sums);
    const lln_panel_visitor visitor = {lln_where_visit, sums};
    if (status == LLN_OK)
        status = lln_panels_measure(attention, queries, count, LLN_ROW_ENTROPY,
                                    &visitor, 1, rows);
    if (status == LLN_OK)
        status = fill_head(attention, sums, rows, count, out);
    lln_where_close(sums);
    free(rows);
    return status;
}

/* A head and its entropy, for sorting. */
typedef struct {
    double value;
    size_t head;
} ranked;

/* Ascending; of equal values the later head first, so that the list backwards
 * has the first one first. */
static int compare_ranked(const void *first, const void *second)
{
    const ranked *a = first, *b = second;
    if (a->value != b->value)
        return a->value < b->value ? -1 : 1;
    return (a->head < b->head) - (a->head > b->head);
}

static double quantile(const ranked *values, size_t count, double part)
{
    if (count == 0)
        return NAN;
    double at = part * (double)(count - 1);
    size_t low = (size_t)at, high = low + 1 < count ? low + 1 : low;
    return values[low].value +
           (at - (double)low) * (values[high].value - values[low].value);
}

/* Lists the heads with the lowest values: runs of equal values are sorted
 * backwards. */
static void list_lowest(const ranked *values, size_t count,
                        size_t heads[LLN_SUMMARY_EXTREMES])
{
    size_t listed = 0;
    for (size_t i = 0, end; i < count && listed < LLN_SUMMARY_EXTREMES;
         i = end) {
        end = i + 1;
        while (end < count && values[end].value == values[i].value)
            end++;
        for (size_t j = end; j > i && listed < LLN_SUMMARY_EXTREMES; j--)
            heads[listed++] = values[j - 1].head;
    }
}

static void find_entropies(const lln_head_summary *heads, size_t count,
                           ranked *values, lln_summary *out)
{
    size_t defined = 0;
    for (size_t i = 0; i < count; i++)
        if (!isnan(heads[i].normalized))
            values[defined++] = (ranked){heads[i].normalized, i};
    qsort(values, defined, sizeof *values, compare_ranked);
    out->defined = defined;
    out->least = quantile(values, defined, 0);
    out->tenth = quantile(values, defined, 0.1);
    out->median = quantile(values, defined, 0.5);
    out->nine_tenths = quantile(values, defined, 0.9);
    out->most = quantile(values, defined, 1);
    list_lowest(values, defined, out->lowest);
    for (size_t i = 0; i < LLN_SUMMARY_EXTREMES && i < defined; i++)
        out->highest[i] = values[defined - 1 - i].head;
}

static void add_value(double value, double threshold, size_t head,
                      lln_summary_count *count)
{
    if (isnan(value))
        return;
    count->defined++;
    count->above += value > threshold;
    if (isnan(count->largest) || value > count->largest) {
        count->largest = value;
        count->head = head;
    }
}

static size_t count_layers(const lln_head_summary *heads, size_t count)
{
    size_t layers = 0;
    for (size_t i = 0; i < count; i++) {
        bool known = isnan(heads[i].layer);
        for (size_t j = 0; j < i && !known; j++)
            known = heads[j].layer == heads[i].layer;
        layers += !known;
    }
    return layers;
}

lln_status lln_summary_find(const lln_head_summary *heads, size_t count,
                            const lln_summary_thresholds *thresholds,
                            lln_summary *out)
{
    const lln_summary_count none = {.largest = NAN};
    double uniform = 0;
    ranked *values = lln_array_alloc(count, sizeof *values);
    if (!values)
        return LLN_ENOMEM;
    *out = (lln_summary){.heads = count,
                         .layers = count_layers(heads, count),
                         .sink = none,
                         .local = none,
                         .distant = none,
                         .logit = none,
                         .storage = none};
    find_entropies(heads, count, values, out);
    free(values);
    size_t uniforms = 0;
    for (size_t i = 0; i < count; i++) {
        const lln_head_summary *head = &heads[i];
        add_value(head->sink, thresholds->sink, i, &out->sink);
        add_value(head->local, thresholds->local, i, &out->local);
        add_value(head->distant, thresholds->distant, i, &out->distant);
        add_value(head->max_logit, thresholds->logit, i, &out->logit);
        add_value(head->max_logit, LLN_FLOAT16_MAX, i, &out->storage);
        uniforms += !isnan(head->uniform);
        uniform += isnan(head->uniform) ? 0 : head->uniform;
    }
    out->uniform = uniforms > 0 ? uniform / (double)uniforms : NAN;
    return LLN_OK;
}
