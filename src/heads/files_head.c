/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/files_head.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/failure.h"
#include "core/memory.h"
#include "heads/head_storage.h"
#include "heads/set_temperature.h"
#include "heads/stored.h"

enum {
    BLOCK = 1 << 20,        /* entries of heads that are checked together */
    PARALLEL_BLOCK = 131072 /* entries for which a thread is worth starting */
};

lln_length lln_files_length(const lln_files_state *s,
                            const lln_head_place *head)
{
    const lln_layout *layout = s->shapes[head->bundle].layout;
    return lln_lengths_at(&s->lengths, head->at.batch,
                          layout[LLN_QUERIES].size[LLN_AXIS_TOKEN],
                          layout[LLN_KEYS].size[LLN_AXIS_TOKEN]);
}

static void close_views(const lln_files_state *s, const lln_head_place *head,
                        size_t first)
{
    for (size_t role = first; role < s->rules.roles; role++)
        lln_arrays_drop(s->arrays, s->bundles[head->bundle].number[role]);
}

static lln_status open_view(const lln_files_state *s,
                            const lln_head_place *head, size_t role,
                            lln_view *view)
{
    size_t number = s->bundles[head->bundle].number[role];
    lln_length length = lln_files_length(s, head);
    lln_place at = head->at;
    lln_tensor tensor;
    if (role != LLN_QUERIES)
        at.head /= s->shapes[head->bundle].group;
    LLN_TRY(lln_arrays_hold(s->arrays, number, &tensor));
    lln_status status =
        lln_view_open(lln_arrays_name(s->arrays, number), &tensor,
                      &s->shapes[head->bundle].axes, (lln_role)role, at, view);
    if (status == LLN_OK)
        lln_view_cut(
            view, role == LLN_QUERIES ? length.first_query : length.first_key,
            role == LLN_QUERIES ? length.queries : length.keys);
    else
        lln_arrays_drop(s->arrays, number);
    return status;
}

/* Opens views of the matrices of a head without padding: views [roles], to be
 * closed by close_views. Keys are opened before queries, so that keys that the
 * previous head used too are still in memory. */
static lln_status open_views(const lln_files_state *s,
                             const lln_head_place *head, lln_view *views)
{
    for (size_t role = s->rules.roles; role-- > 0;) {
        lln_status status = open_view(s, head, role, &views[role]);
        if (status != LLN_OK) {
            close_views(s, head, role + 1);
            return status;
        }
    }
    return LLN_OK;
}

/* Whether two heads use the same keys. */
static bool same_keys(const lln_files_state *s, const lln_head_place *a,
                      const lln_head_place *b)
{
    size_t group = s->shapes[a->bundle].group;
    return s->bundles[a->bundle].number[LLN_KEYS] ==
               s->bundles[b->bundle].number[LLN_KEYS] &&
           a->at.batch == b->at.batch && a->at.layer == b->at.layer &&
           a->at.head / group == b->at.head / group;
}

/* Orders heads by bundle, so that heads with the same key head are
 * neighbours. */
static int by_bundle(const void *first, const void *second)
{
    const lln_head_place *a = first, *b = second;
    if (a->bundle != b->bundle)
        return a->bundle < b->bundle ? -1 : 1;
    return lln_place_compare(a->at, b->at);
}

/* The precision of queries and keys: arrays of float64 keep it, whatever was
 * requested. */
static lln_precision logit_precision(const lln_files_state *s,
                                     const lln_head_place *place,
                                     lln_precision precision)
{
    const size_t *number = s->bundles[place->bundle].number;
    for (size_t role = LLN_QUERIES; role <= LLN_KEYS; role++)
        if (lln_arrays_shape(s->arrays, number[role]).dtype == LLN_DTYPE_F64)
            return LLN_FLOAT64;
    const lln_head named = {.layer = place->layer, .head = place->head};
    bool wide = s->shared && lln_shared_keys_are_double(s->shared, &named);
    return wide ? LLN_FLOAT64 : precision;
}

static long key_head_of(const lln_files_state *s, const lln_head_place *place)
{
    long named = s->bundles[place->bundle].key_head;
    if (named >= 0 || place->head < 0)
        return named;
    return (long)(place->at.head / s->shapes[place->bundle].group);
}

static void describe_place(const lln_files_state *s,
                           const lln_head_place *place, size_t index,
                           lln_head *head)
{
    const lln_layout *layout = s->shapes[place->bundle].layout;
    const size_t *of = layout[LLN_QUERIES].size;
    size_t d = of[LLN_AXIS_FEATURE], dv = 0;
    if (s->rules.roles > LLN_VALUES)
        dv = layout[LLN_VALUES].size[LLN_AXIS_FEATURE];
    lln_length length = lln_files_length(s, place);
    lln_precision logits = logit_precision(s, place, LLN_FLOAT32);
    *head = (lln_head){
        .source = s->sources[place->at.batch],
        .file = s->name,
        .layer = place->layer,
        .head = place->head,
        .key_head = key_head_of(s, place),
        .step = -1,
        .number = index,
        .at = place->at,
        .of = {of[LLN_AXIS_BATCH], of[LLN_AXIS_LAYER], of[LLN_AXIS_HEAD]},
        .first = length.first_query,
        .first_key = length.first_key,
        .queries = of[LLN_AXIS_TOKEN],
        .keys = layout[LLN_KEYS].size[LLN_AXIS_TOKEN],
        .q = {logits, length.queries, d, NULL},
        .k = {logits, length.keys, d, NULL},
        .v = {LLN_FLOAT32, dv > 0 ? length.keys : 0, dv, NULL},
        .rule = lln_rule_for(s->rule, d),
    };
}

static lln_status check_shared(const lln_files_state *s,
                               const lln_head_place *place)
{
    lln_head head;
    if (!s->shared)
        return LLN_OK;
    describe_place(s, place, 0, &head);
    return lln_shared_keys_check(s->shared, &s->shapes[place->bundle], &head);
}

static lln_status add_shared(const lln_files_state *s,
                             const lln_head_place *place,
                             const lln_matrix_output *k)
{
    lln_head head;
    if (!s->shared)
        return LLN_OK;
    describe_place(s, place, 0, &head);
    return lln_shared_keys_add(s->shared, &s->shapes[place->bundle], &head, k);
}

/* Checks the values of a head. `shares`: its keys and values are those of the
 * head before it and were checked then. */
static lln_status check_head(const lln_files_state *s,
                             const lln_head_place *head, bool shares)
{
    lln_view views[LLN_ROLES];
    lln_status status = open_views(s, head, views);
    if (status != LLN_OK)
        return status;
    size_t roles = shares ? LLN_QUERIES + 1 : s->rules.roles;
    for (size_t role = 0; role < roles && status == LLN_OK; role++)
        status = lln_view_check(&views[role]);
    close_views(s, head, LLN_QUERIES);
    return status == LLN_OK && !shares ? check_shared(s, head) : status;
}

/* The attention weights of a head. */
static lln_status open_stored(const lln_files_state *s,
                              const lln_head_place *head, lln_stored **stored)
{
    return lln_stored_open(s->arrays,
                           s->bundles[head->bundle].number[LLN_QUERIES],
                           &s->shapes[head->bundle].axes, head->at,
                           lln_files_length(s, head), stored);
}

static lln_status check_stored(const lln_files_state *s,
                               const lln_head_place *head)
{
    lln_stored *stored;
    LLN_TRY(open_stored(s, head, &stored));
    lln_status status = lln_stray_rows_examine(s->stray, head->index, stored);
    lln_stored_close(stored);
    return status;
}

/* Whether head i uses the keys of the head before it. */
static bool shares_keys(const lln_files_state *s, const lln_head_place *heads,
                        size_t i)
{
    return i > 0 && same_keys(s, &heads[i - 1], &heads[i]);
}

/* Entries of the arrays of a head, with padding. */
static size_t count_entries(const lln_files_state *s,
                            const lln_head_place *head)
{
    const lln_layout *layout = s->shapes[head->bundle].layout;
    size_t entries = 0;
    for (size_t role = 0; role < s->rules.roles; role++)
        entries += layout[role].size[LLN_AXIS_TOKEN] *
                   layout[role].size[LLN_AXIS_FEATURE];
    return entries;
}

/* The end of the heads from `first` on that are checked together: of the same
 * bundle, and with at most BLOCK entries unless it is a single head. A large
 * array that passes by is thus never in memory as a whole. */
static size_t block_end(const lln_files_state *s, const lln_head_place *heads,
                        size_t first, size_t count)
{
    size_t end = first + 1, entries = count_entries(s, &heads[first]);
    size_t most = entries > 0 ? BLOCK / entries : BLOCK;
    while (end < count && end - first < most &&
           heads[end].bundle == heads[first].bundle)
        end++;
    return end;
}

/* Checks heads [first, end) of a bundle. Their arrays are held meanwhile, so
 * that they are read once. */
static lln_status check_block(const lln_files_state *s,
                              const lln_head_place *heads, size_t first,
                              size_t end)
{
    lln_view held[LLN_ROLES];
    lln_failure failure = LLN_NO_FAILURE;
    size_t entries = (end - first) * count_entries(s, &heads[first]);
    lln_arrays_prepare(s->arrays, s->bundles[heads[first].bundle].number,
                       s->rules.roles);
    LLN_TRY(open_views(s, &heads[first], held));
#pragma omp parallel for schedule(dynamic, 1) if (end - first > 1 &&           \
                                                  entries >= PARALLEL_BLOCK)
    for (size_t i = first; i < end; i++)
        if (i < failure.item)
            lln_failure_note(
                &failure, i,
                check_head(s, &heads[i], shares_keys(s, heads, i)));
    close_views(s, &heads[first], LLN_QUERIES);
    return lln_failure_report(&failure);
}

static lln_status check_heads(const lln_files_state *s,
                              const lln_head_place *heads, size_t count)
{
    for (size_t first = 0, end; first < count; first = end) {
        end = block_end(s, heads, first, count);
        LLN_TRY(check_block(s, heads, first, end));
    }
    return LLN_OK;
}

static lln_status check_all_stored(const lln_files_state *s,
                                   const lln_head_place *heads, size_t count)
{
    for (size_t i = 0; i < count; i++)
        LLN_TRY(check_stored(s, &heads[i]));
    return LLN_OK;
}

lln_status lln_files_check(const lln_files_state *s, size_t count)
{
    lln_head_place *heads = lln_array_alloc(count, sizeof *heads);
    if (!heads)
        return LLN_ENOMEM;
    memcpy(heads, s->heads, count * sizeof *heads);
    qsort(heads, count, sizeof *heads, by_bundle);
    lln_status status = s->stray ? check_all_stored(s, heads, count)
                                 : check_heads(s, heads, count);
    free(heads);
    return status;
}

void lln_files_describe(const lln_heads *heads, size_t index, lln_head *head)
{
    const lln_files_state *s = heads->state;
    describe_place(s, &s->heads[index], index, head);
    if (s->stray)
        lln_stray_rows_describe(s->stray, index, head);
}

static lln_status fill_head(const lln_files_state *s,
                            const lln_head_place *place,
                            const lln_matrix_output *to)
{
    lln_view views[LLN_ROLES];
    lln_status status = open_views(s, place, views);
    if (status != LLN_OK)
        return status;
    for (size_t role = 0; role < s->rules.roles && status == LLN_OK; role++)
        status = lln_view_copy(&views[role], to[role].precision, to[role].data);
    close_views(s, place, LLN_QUERIES);
    return status == LLN_OK ? add_shared(s, place, &to[LLN_KEYS]) : status;
}

static lln_status load_stored(const lln_files_state *s, size_t index,
                              lln_head *loaded, lln_head *head)
{
    LLN_TRY(open_stored(s, &s->heads[index], &loaded->stored));
    lln_status status = lln_stray_rows_survey(s->stray, index, loaded->stored);
    loaded->rule.mask.causal = loaded->stored->survey.causal;
    if (status == LLN_OK)
        *head = *loaded;
    else
        lln_head_free(loaded);
    return status;
}

lln_status lln_files_load(const lln_heads *heads, size_t index, double tau,
                          lln_precision precision, lln_head *head)
{
    const lln_files_state *s = heads->state;
    const lln_head_place *place = &s->heads[index];
    lln_matrix_output to[LLN_ROLES];
    lln_head loaded;
    lln_files_describe(heads, index, &loaded);
    if (loaded.q.rows == 0 || loaded.k.rows == 0)
        return lln_fail(LLN_EUNDEFINED, "length 0: nothing to measure");
    if (s->stray)
        return load_stored(s, index, &loaded, head);
    LLN_TRY(lln_head_allocate(logit_precision(s, place, precision), precision,
                              &loaded, to));
    lln_status status = fill_head(s, place, to);
    if (status == LLN_OK && !isnan(tau))
        status = lln_temperature_set(tau, &loaded, to);
    if (status == LLN_OK)
        *head = loaded;
    else
        lln_head_free(&loaded);
    return status;
}
