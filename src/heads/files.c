/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "heads/extent.h"
#include "heads/files_head.h"
#include "heads/model_arrays.h"
#include "heads/results.h"

static lln_status list_results(const lln_heads *heads, lln_result **results,
                               size_t *count)
{
    const lln_files_state *s = heads->state;
    size_t axes =
        lln_arrays_shape(s->arrays, s->bundles[0].number[LLN_QUERIES]).axes;
    return lln_results_list(lln_axes_letters(&s->shapes[0].axes, axes),
                            s->arrays, s->bundles, s->shapes, s->count,
                            s->heads, heads->count, results, count);
}

static void rest_files(const lln_heads *heads)
{
    const lln_files_state *s = heads->state;
    lln_arrays_rest(s->arrays);
}

static void close_files(lln_heads *heads)
{
    lln_files_state *s = heads->state;
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
static lln_status name_sources(lln_files_state *s, const char *name)
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

static lln_status read_shapes(lln_files_state *s)
{
    s->shapes = lln_array_alloc(s->count, sizeof *s->shapes);
    if (!s->shapes)
        return LLN_ENOMEM;
    for (size_t i = 0; i < s->count; i++)
        LLN_TRY(lln_bundle_shape_read(&s->rules, s->arrays, &s->bundles[i],
                                      &s->shapes[i]));
    return LLN_OK;
}

static size_t most_queries(const lln_files_state *s, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        size_t queries = lln_files_length(s, &s->heads[i]).queries;
        most = queries > most ? queries : most;
    }
    return most;
}

/* Sets the layout and the heads that are side by side, where they are not given
 * and follow from the model. */
static lln_status use_model(const lln_files *files, lln_files_state *s,
                            lln_split *split)
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
static lln_status add_lengths(lln_files_state *s)
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

static lln_status open_state(const lln_files *files, const char *name,
                             lln_files_state *s, size_t *count, size_t *bytes)
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
    return files->unchecked ? LLN_OK : lln_files_check(s, *count);
}

lln_status lln_files_open(const lln_files *files, lln_heads *heads)
{
    lln_files_state *s = calloc(1, sizeof *s);
    if (!s)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_heads opened = {.describe = lln_files_describe,
                        .load = lln_files_load,
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
