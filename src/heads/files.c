/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/files.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "heads/extent.h"
#include "heads/head_storage.h"
#include "heads/results.h"
#include "heads/set_temperature.h"
#include "heads/shared_keys.h"
#include "heads/stored.h"
#include "heads/stray_rows.h"

typedef struct {
    lln_arrays *arrays;
    lln_bundle *bundles;
    lln_bundle_shape *shapes; /* [count] */
    size_t count;             /* number of bundles */
    char *layout;             /* NULL: the default of lln_axes */
    lln_lengths lengths;
    lln_shape_rules rules;
    lln_logit_rule rule;
    lln_head_place *heads;
    char *name;     /* name of the file */
    char **sources; /* [batch]: a name for each batch entry */
    size_t batch;   /* batch entries of the bundle that has most */
    char *note, *extent;
    lln_stray_rows *stray;   /* NULL: the arrays are not attention weights */
    lln_shared_keys *shared; /* NULL: heads share no features of keys */
} state;

static lln_length length_of(const state *s, const lln_head_place *head)
{
    const lln_layout *layout = s->shapes[head->bundle].layout;
    return lln_lengths_at(&s->lengths, head->at.batch,
                          layout[LLN_QUERIES].size[LLN_AXIS_TOKEN],
                          layout[LLN_KEYS].size[LLN_AXIS_TOKEN]);
}

static void close_views(const state *s, const lln_head_place *head,
                        size_t first)
{
    for (size_t role = first; role < s->rules.roles; role++)
        lln_arrays_drop(s->arrays, s->bundles[head->bundle].number[role]);
}

static lln_status open_view(const state *s, const lln_head_place *head,
                            size_t role, lln_view *view)
{
    size_t number = s->bundles[head->bundle].number[role];
    lln_length length = length_of(s, head);
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
static lln_status open_views(const state *s, const lln_head_place *head,
                             lln_view *views)
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
static bool same_keys(const state *s, const lln_head_place *a,
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
static lln_precision logit_precision(const state *s,
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

static long key_head_of(const state *s, const lln_head_place *place)
{
    long named = s->bundles[place->bundle].key_head;
    if (named >= 0 || place->head < 0)
        return named;
    return (long)(place->at.head / s->shapes[place->bundle].group);
}

static void describe_place(const state *s, const lln_head_place *place,
                           size_t index, lln_head *head)
{
    const lln_layout *layout = s->shapes[place->bundle].layout;
    const size_t *of = layout[LLN_QUERIES].size;
    size_t d = of[LLN_AXIS_FEATURE], dv = 0;
    if (s->rules.roles > LLN_VALUES)
        dv = layout[LLN_VALUES].size[LLN_AXIS_FEATURE];
    lln_length length = length_of(s, place);
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

static lln_status check_shared(const state *s, const lln_head_place *place)
{
    lln_head head;
    if (!s->shared)
        return LLN_OK;
    describe_place(s, place, 0, &head);
    return lln_shared_keys_check(s->shared, &s->shapes[place->bundle], &head);
}

static lln_status add_shared(const state *s, const lln_head_place *place,
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
static lln_status check_head(const state *s, const lln_head_place *head,
                             bool shares)
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
static lln_status open_stored(const state *s, const lln_head_place *head,
                              lln_stored **stored)
{
    return lln_stored_open(
        s->arrays, s->bundles[head->bundle].number[LLN_QUERIES],
        &s->shapes[head->bundle].axes, head->at, length_of(s, head), stored);
}

static lln_status check_stored(const state *s, const lln_head_place *head)
{
    lln_stored *stored;
    LLN_TRY(open_stored(s, head, &stored));
    lln_status status = lln_stray_rows_examine(s->stray, head->index, stored);
    lln_stored_close(stored);
    return status;
}

/* Checks the values of all heads, array by array. */
static lln_status check_numbers(const state *s, size_t count)
{
    lln_status status = LLN_OK;
    lln_head_place *head = lln_array_alloc(count, sizeof *head);
    if (!head)
        return LLN_ENOMEM;
    memcpy(head, s->heads, count * sizeof *head);
    qsort(head, count, sizeof *head, by_bundle);
    for (size_t i = 0; i < count && status == LLN_OK; i++)
        status =
            s->stray
                ? check_stored(s, &head[i])
                : check_head(s, &head[i],
                             i > 0 && same_keys(s, &head[i - 1], &head[i]));
    free(head);
    return status;
}

static void describe_head(const lln_heads *heads, size_t index, lln_head *head)
{
    const state *s = heads->state;
    describe_place(s, &s->heads[index], index, head);
    if (s->stray)
        lln_stray_rows_describe(s->stray, index, head);
}

static lln_status fill_head(const state *s, const lln_head_place *place,
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

static lln_status load_stored(const state *s, size_t index, lln_head *loaded,
                              lln_head *head)
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

static lln_status load_head(const lln_heads *heads, size_t index, double tau,
                            lln_precision precision, lln_head *head)
{
    const state *s = heads->state;
    const lln_head_place *place = &s->heads[index];
    lln_matrix_output to[LLN_ROLES];
    lln_head loaded;
    describe_head(heads, index, &loaded);
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

static lln_status list_results(const lln_heads *heads, lln_result **results,
                               size_t *count)
{
    const state *s = heads->state;
    if (s->rules.roles <= LLN_VALUES)
        return lln_fail(LLN_EINVAL, "no values were read");
    size_t axes =
        lln_arrays_shape(s->arrays, s->bundles[0].number[LLN_QUERIES]).axes;
    return lln_results_list(lln_axes_letters(&s->shapes[0].axes, axes),
                            s->arrays, s->bundles, s->shapes, s->count,
                            s->heads, heads->count, results, count);
}

static void rest_files(const lln_heads *heads)
{
    const state *s = heads->state;
    lln_arrays_rest(s->arrays);
}

static void close_files(lln_heads *heads)
{
    state *s = heads->state;
    free(s->name);
    for (size_t b = 0; s->sources && b < s->batch; b++)
        free(s->sources[b]);
    free(s->sources);
    free(s->heads);
    free(s->shapes);
    free(s->bundles);
    lln_lengths_free(&s->lengths);
    lln_arrays_free(s->arrays);
    free(s->layout);
    free(s->note);
    free(s->extent);
    lln_stray_rows_free(s->stray);
    lln_shared_keys_free(s->shared);
    free(s);
}

/* Names each batch entry: FILE, or FILE[b] if there is a batch axis. */
static lln_status name_sources(state *s, const char *name)
{
    s->name = strdup(name);
    if (!s->name)
        return lln_fail(LLN_ENOMEM, "out of memory");
    bool batch = s->shapes[0].layout[LLN_QUERIES].present[LLN_AXIS_BATCH];
    for (size_t i = 0; i < s->count; i++) {
        size_t size = s->shapes[i].layout[LLN_QUERIES].size[LLN_AXIS_BATCH];
        s->batch = size > s->batch ? size : s->batch;
    }
    s->sources = lln_array_alloc(s->batch, sizeof *s->sources);
    for (size_t b = 0; s->sources && b < s->batch; b++) {
        int length = batch ? asprintf(&s->sources[b], "%s[%zu]", name, b)
                           : asprintf(&s->sources[b], "%s", name);
        if (length < 0) {
            s->sources[b] = NULL;
            return lln_fail(LLN_ENOMEM, "out of memory");
        }
    }
    return s->sources ? LLN_OK : LLN_ENOMEM;
}

static lln_status read_shapes(state *s)
{
    s->shapes = lln_array_alloc(s->count, sizeof *s->shapes);
    if (!s->shapes)
        return LLN_ENOMEM;
    for (size_t i = 0; i < s->count; i++)
        LLN_TRY(lln_bundle_shape_read(&s->rules, s->arrays, &s->bundles[i],
                                      &s->shapes[i]));
    return LLN_OK;
}

static size_t most_queries(const state *s, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        size_t queries = length_of(s, &s->heads[i]).queries;
        most = queries > most ? queries : most;
    }
    return most;
}

/* Sets the layout and the heads that are side by side, where they are not given
 * and follow from the model. */
static lln_status use_model(const lln_files *files, state *s, lln_split *split)
{
    bool layers = s->bundles[0].layer >= 0;
    lln_tensor queries =
        lln_arrays_shape(s->arrays, s->bundles[0].number[LLN_QUERIES]);
    if (files->split_heads || files->model.heads == 0)
        return LLN_OK;
    if (!s->layout && split->fused == LLN_FUSED_NONE) {
        const char *found = lln_model_layout(&files->model, layers, &queries);
        s->layout = found ? strdup(found) : NULL;
        if (found && !s->layout)
            return lln_fail(LLN_ENOMEM, "out of memory");
    }
    lln_model_split(&files->model, s->layout, &queries, split);
    return LLN_OK;
}

/* Adds how lengths were read to the extent, if that is in doubt. */
static lln_status add_lengths(state *s)
{
    char read[LLN_LENGTHS_TEXT], *extent;
    lln_lengths_explain(&s->lengths, read);
    if (*read == '\0')
        return LLN_OK;
    if (asprintf(&extent, "%s; %s", s->extent, read) < 0)
        return lln_fail(LLN_ENOMEM, "out of memory");
    free(s->extent);
    s->extent = extent;
    return LLN_OK;
}

static lln_status open_state(const lln_files *files, const char *name, state *s,
                             size_t *count, size_t *bytes)
{
    s->rule = files->rule;
    s->arrays = lln_arrays_alloc();
    s->layout = files->layout ? strdup(files->layout) : NULL;
    if (!s->arrays || (files->layout && !s->layout))
        return lln_fail(LLN_ENOMEM, "out of memory");
    if (files->lengths)
        LLN_TRY(lln_lengths_copy(files->lengths, &s->lengths));
    lln_split split = {.fused = LLN_FUSED_NONE};
    if (files->split_heads)
        LLN_TRY(lln_split_read(files->split_heads, &split));
    size_t roles;
    LLN_TRY(lln_bundles_open(files, s->arrays, &s->bundles, &s->count, &roles,
                             &split.fused, &s->note));
    LLN_TRY(use_model(files, s, &split));
    s->rules = (lln_shape_rules){
        .layout = s->layout,
        .split = split,
        .roles = roles,
        .stored = files->stored,
        .narrow = files->shared_keys != NULL,
        .mask = files->rule.mask,
        .lengths = &s->lengths,
    };
    LLN_TRY(read_shapes(s));
    if (files->shared_keys)
        LLN_TRY(lln_shared_keys_open(files->shared_keys, &s->shared));
    LLN_TRY(lln_head_places_list(files, name, s->bundles, s->shapes, s->count,
                                 &s->heads, count));
    LLN_TRY(name_sources(s, files->name ? files->name : name));
    LLN_TRY(lln_extent_describe(name, s->bundles, s->shapes, s->count,
                                files->stored ? 1 : roles, &s->extent));
    LLN_TRY(add_lengths(s));
    LLN_TRY(lln_head_places_bytes(s->arrays, s->bundles, s->count, roles,
                                  s->heads, *count, bytes));
    if (files->stored)
        LLN_TRY(lln_stray_rows_alloc(*count, &s->stray));
    return files->unchecked ? LLN_OK : check_numbers(s, *count);
}

lln_status lln_files_open(const lln_files *files, lln_heads *heads)
{
    state *s = calloc(1, sizeof *s);
    if (!s)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_heads opened = {.describe = describe_head,
                        .load = load_head,
                        .results = list_results,
                        .rest = rest_files,
                        .close = close_files,
                        .state = s};
    char *name = NULL, *key = NULL;
    lln_status status =
        lln_files_split(files->file ? files->file : files->q, &name, &key);
    if (status == LLN_OK)
        status = open_state(files, name, s, &opened.count, &opened.bytes);
    free(name);
    free(key);
    opened.note = s->note;
    opened.extent = s->extent;
    opened.doubt = s->stray ? lln_stray_rows_text(s->stray) : NULL;
    if (status != LLN_OK) {
        lln_heads_close(&opened);
        return status;
    }
    opened.rows = most_queries(s, opened.count);
    *heads = opened;
    return LLN_OK;
}
