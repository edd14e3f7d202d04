/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/patterns.h"

#include <math.h>
#include <stdlib.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/threads.h"
#include "measure/row_sample.h"

struct lln_patterns {
    const lln_attention *attention;
    lln_pattern_sources sources;
    size_t count;
    lln_pattern_mass *rows; /* [count x LLN_PATTERNS] */
    double *given;          /* [threads x m], NULL: no numbers are given */
    lln_failure failure;
};

/* Sums over the keys of a pattern that a row sees. */
typedef struct {
    double mass, weight; /* of P_ij W_ij and of W_ij */
    size_t keys;
} key_sums;

static const lln_pattern_mass no_value = {NAN, NAN, NAN};

bool lln_pattern_has_positions(const lln_head *head)
{
    return head->q.rows == head->k.rows || lln_mask_hides(head->rule.mask);
}

/* Adds key j of row i of the panel if the row sees it. */
static void add_key(const lln_panel *panel, size_t i, size_t j, key_sums *sums)
{
    if (!lln_panel_sees(panel, i, j))
        return;
    sums->mass += lln_panel_entry(panel, i, j);
    sums->weight++;
    sums->keys++;
}

static key_sums add_duplicates(const lln_occurrences *tokens,
                               const lln_panel *panel, size_t i)
{
    key_sums sums = {0, 0, 0};
    size_t query = panel->queries[i];
    for (size_t k = tokens->first[query]; k < tokens->end[query]; k++)
        if (tokens->order[k] != query)
            add_key(panel, i, tokens->order[k], &sums);
    return sums;
}

/* The keys after earlier occurrences. */
static key_sums add_induction(const lln_occurrences *tokens,
                              const lln_panel *panel, size_t i)
{
    key_sums sums = {0, 0, 0};
    size_t query = panel->queries[i];
    for (size_t k = tokens->first[query]; tokens->order[k] < query; k++)
        add_key(panel, i, tokens->order[k] + 1, &sums);
    return sums;
}

static key_sums add_previous(const lln_attention *attention,
                             const lln_panel *panel, size_t i)
{
    key_sums sums = {0, 0, 0};
    size_t position = lln_mask_position(attention->mask, attention->n,
                                        attention->m, panel->queries[i]);
    if (position > 0)
        add_key(panel, i, position - 1, &sums);
    return sums;
}

/* given [end - first]: the numbers of the keys of the row. */
static key_sums add_given(const lln_panel *panel, size_t i, const double *given)
{
    key_sums sums = {0, 0, 0};
    size_t first = panel->first[i];
    for (size_t j = first; j < panel->end[i]; j++) {
        double weight = given[j - first];
        if (weight == 0 || !lln_panel_sees(panel, i, j))
            continue;
        sums.mass += weight * lln_panel_entry(panel, i, j);
        sums.weight += weight;
        sums.keys++;
    }
    return sums;
}

static lln_pattern_mass finish(key_sums sums, size_t keys)
{
    if (keys == 0)
        return no_value;
    if (sums.keys == 0)
        return (lln_pattern_mass){NAN, 0, NAN};
    return (lln_pattern_mass){sums.mass, 1, sums.weight / (double)keys};
}

static void visit_given(lln_patterns *patterns, int thread,
                        const lln_panel *panel, size_t i, lln_pattern_mass *out)
{
    size_t first = panel->first[i];
    double *numbers = patterns->given + (size_t)thread * patterns->attention->m;
    lln_status status =
        lln_pattern_row(patterns->sources.given, panel->queries[i], first,
                        panel->end[i] - first, numbers);
    if (status == LLN_OK)
        *out = finish(add_given(panel, i, numbers), panel->keys[i]);
    else
        lln_failure_note(&patterns->failure, panel->index + i, status);
}

void lln_patterns_visit(void *context, int thread, const lln_panel *panel)
{
    lln_patterns *patterns = context;
    const lln_pattern_sources *sources = &patterns->sources;
    for (size_t i = 0; i < panel->rows; i++) {
        size_t keys = panel->keys[i];
        lln_pattern_mass *out =
            patterns->rows + (panel->index + i) * LLN_PATTERNS;
        if (sources->tokens) {
            out[LLN_PATTERN_DUPLICATE] =
                finish(add_duplicates(sources->tokens, panel, i), keys);
            out[LLN_PATTERN_INDUCTION] =
                finish(add_induction(sources->tokens, panel, i), keys);
        }
        if (sources->has_positions)
            out[LLN_PATTERN_PREVIOUS] =
                finish(add_previous(patterns->attention, panel, i), keys);
        if (sources->given)
            visit_given(patterns, thread, panel, i, &out[LLN_PATTERN_GIVEN]);
    }
}

lln_status lln_patterns_open(const lln_attention *attention, size_t count,
                             const lln_pattern_sources *sources,
                             lln_patterns **patterns)
{
    size_t threads = (size_t)lln_threads_count();
    lln_patterns *opened = lln_array_alloc(1, sizeof *opened);
    *patterns = NULL;
    if (!opened)
        return LLN_ENOMEM;
    *opened =
        (lln_patterns){attention, *sources, count, NULL, NULL, LLN_NO_FAILURE};
    opened->rows =
        lln_array_alloc_raw(count * LLN_PATTERNS, sizeof *opened->rows);
    if (sources->given)
        opened->given =
            lln_array_alloc_raw(threads * attention->m, sizeof *opened->given);
    if (!opened->rows || (sources->given && !opened->given)) {
        lln_patterns_free(opened);
        return LLN_ENOMEM;
    }
    for (size_t i = 0; i < count * LLN_PATTERNS; i++)
        opened->rows[i] = no_value;
    *patterns = opened;
    return LLN_OK;
}

void lln_patterns_free(lln_patterns *patterns)
{
    if (!patterns)
        return;
    free(patterns->rows);
    free(patterns->given);
    free(patterns);
}

lln_status lln_patterns_finish(const lln_patterns *patterns,
                               const lln_pattern_mass **rows)
{
    *rows = patterns->rows;
    return lln_failure_report(&patterns->failure);
}

void lln_patterns_mean(const lln_pattern_mass *rows, size_t count, size_t n,
                       lln_pattern_mass *out, lln_pattern_mass *error)
{
    enum { STRIDE = LLN_PATTERNS * sizeof *rows / sizeof(double) };
    for (size_t p = 0; p < LLN_PATTERNS; p++) {
        lln_pattern_mass unused = {0, 0, 0}, *of = error ? &error[p] : &unused;
        lln_values_mean(&rows[p].mass, STRIDE, count, n, &out[p].mass,
                        &of->mass);
        lln_values_mean(&rows[p].rows, STRIDE, count, n, &out[p].rows,
                        &of->rows);
        lln_values_mean(&rows[p].uniform, STRIDE, count, n, &out[p].uniform,
                        &of->uniform);
    }
}

lln_status lln_patterns_measure(lln_attention *attention, const size_t *queries,
                                size_t count,
                                const lln_pattern_sources *sources,
                                lln_pattern_mass *out, lln_pattern_mass *error)
{
    lln_patterns *patterns;
    const lln_pattern_mass *rows;
    count = queries ? count : attention->n;
    LLN_TRY(lln_patterns_open(attention, count, sources, &patterns));
    lln_status status = lln_panels_visit(attention, queries, count, 0,
                                         lln_patterns_visit, patterns);
    if (status == LLN_OK)
        status = lln_patterns_finish(patterns, &rows);
    if (status == LLN_OK)
        lln_patterns_mean(rows, count, attention->n, out, error);
    lln_patterns_free(patterns);
    return status;
}
