/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/mapped.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "heads/across.h"
#include "heads/clip.h"
#include "heads/head_storage.h"
#include "heads/set_temperature.h"

/* Maps of the heads that have a layer and arrays in common. */
typedef struct {
    long layer;
    size_t at, of; /* along the axis of layers */
    size_t d;      /* features */
    lln_layer_map map;
} layer_maps;

typedef struct {
    lln_heads inner, whole; /* whole.count = 0: inner is */
    lln_maps maps;
    layer_maps *layers; /* [layer_count] */
    size_t layer_count;
    size_t *layer_of; /* [inner.count] */
    lln_turns_cache *turns;
    lln_across *across; /* NULL: no norm is across heads */
} state;

static void describe_mapped(const lln_heads *heads, size_t index,
                            lln_head *head)
{
    const state *s = heads->state;
    s->inner.describe(&s->inner, index, head);
}

static lln_status map_role(const state *s, const lln_layer_map *map,
                           const lln_head *head, lln_role role,
                           const lln_moments *tokens)
{
    lln_matrix a = role == LLN_QUERIES ? head->q : head->k;
    const lln_map_target target = {map, head, role, s->turns,
                                   lln_head_writable(head, a).data};
    LLN_TRY(lln_layer_map_begin(&target));
    return lln_layer_map_end(&target, tokens);
}

/* Maps a head of float64 in place. */
static lln_status map_head(const state *s, const lln_layer_map *map,
                           const lln_head *head)
{
    bool across = map->norm.across_heads && map->norm.kind != LLN_NORM_NONE;
    const lln_layer_moments *moments = NULL;
    if (head->v.data)
        lln_clip(map->clip, lln_head_writable(head, head->v).data,
                 head->v.rows * head->v.columns);
    if (across)
        LLN_TRY(lln_across_take(s->across, map, head, &moments));
    lln_status status =
        map_role(s, map, head, LLN_QUERIES, moments ? moments->queries : NULL);
    if (status == LLN_OK)
        status =
            map_role(s, map, head, LLN_KEYS, moments ? moments->keys : NULL);
    if (moments)
        lln_across_give(s->across, moments);
    return status;
}

/* LLN_EUNDEFINED: a number of the matrix is not finite. */
static lln_status check_finite(const char *what, lln_matrix a)
{
    size_t bad = lln_matrix_find_nonfinite(a);
    if (bad == a.rows * a.columns)
        return LLN_OK;
    size_t i = bad / a.columns, j = bad % a.columns;
    return lln_fail(LLN_EUNDEFINED,
                    "row %zu, feature %zu of the %s is %g after clamping, "
                    "norm, rotary embedding and scale",
                    i, j, what, lln_matrix_get(a, i, j));
}

/* Rounds the head to these precisions; `to` [LLN_ROLES] are then its views for
 * writing. */
static lln_status round_head(lln_precision logits, lln_precision values,
                             lln_head *head, lln_matrix_output *to)
{
    lln_head rounded = *head;
    const lln_matrix from[] = {head->q, head->k, head->v};
    rounded.storage = NULL;
    LLN_TRY(lln_head_allocate(logits, values, &rounded, to));
    for (int role = 0; role < LLN_ROLES; role++)
        if (from[role].data)
            lln_matrix_convert(from[role], to[role].precision, to[role].data);
    lln_head_free(head);
    *head = rounded;
    LLN_TRY(check_finite("queries", head->q));
    LLN_TRY(check_finite("keys", head->k));
    return head->v.data ? check_finite("values", head->v) : LLN_OK;
}

static lln_status load_mapped(const lln_heads *heads, size_t index, double tau,
                              lln_precision precision, lln_head *head)
{
    const state *s = heads->state;
    lln_head described, loaded;
    lln_matrix_output to[LLN_ROLES];
    s->inner.describe(&s->inner, index, &described);
    bool wide = described.q.precision == LLN_FLOAT64;
    LLN_TRY(s->inner.load(&s->inner, index, NAN, LLN_FLOAT64, &loaded));
    lln_status status =
        map_head(s, &s->layers[s->layer_of[index]].map, &loaded);
    if (status == LLN_OK)
        status =
            round_head(wide ? LLN_FLOAT64 : precision, precision, &loaded, to);
    if (status == LLN_OK && !isnan(tau))
        status = lln_temperature_set(tau, &loaded, to);
    if (status == LLN_OK)
        *head = loaded;
    else
        lln_head_free(&loaded);
    return status;
}

static lln_status list_mapped(const lln_heads *heads,
                              struct lln_result **results, size_t *count)
{
    const state *s = heads->state;
    return s->inner.results(&s->inner, results, count);
}

static void rest_mapped(const lln_heads *heads)
{
    const state *s = heads->state;
    s->inner.rest(&s->inner);
    if (s->whole.count > 0)
        s->whole.rest(&s->whole);
}

static void close_mapped(lln_heads *heads)
{
    state *s = heads->state;
    for (size_t i = 0; i < s->layer_count; i++)
        lln_layer_map_close(&s->layers[i].map);
    free(s->layers);
    free(s->layer_of);
    lln_across_free(s->across);
    lln_turns_cache_free(s->turns);
    lln_maps_close(&s->maps);
    lln_heads_close(&s->whole);
    lln_heads_close(&s->inner);
    free(s);
}

static bool is_same_layer(const layer_maps *layer, const lln_head *head)
{
    return layer->layer == head->layer && layer->at == head->at.layer &&
           layer->of == head->of.layer && layer->d == head->q.columns;
}

/* The maps of a head's layer, opened if they are not yet. The one found last is
 * looked at first. */
static lln_status find_layer(state *s, const lln_head *head, size_t *index)
{
    for (*index = s->layer_count; *index > 0; --*index)
        if (is_same_layer(&s->layers[*index - 1], head)) {
            --*index;
            return LLN_OK;
        }
    layer_maps *grown =
        lln_array_grow(s->layers, s->layer_count, sizeof *grown);
    if (!grown)
        return LLN_ENOMEM;
    s->layers = grown;
    *index = s->layer_count++;
    layer_maps *layer = &s->layers[*index];
    *layer = (layer_maps){.layer = head->layer,
                          .at = head->at.layer,
                          .of = head->of.layer,
                          .d = head->q.columns};
    return lln_layer_map_open(&s->maps, head, &layer->map);
}

static lln_status open_layers(state *s)
{
    s->layer_of = lln_array_alloc(s->inner.count, sizeof *s->layer_of);
    if (!s->layer_of)
        return LLN_ENOMEM;
    for (size_t i = 0; i < s->inner.count; i++) {
        lln_head head;
        s->inner.describe(&s->inner, i, &head);
        LLN_TRY(find_layer(s, &head, &s->layer_of[i]));
        LLN_TRY(lln_layer_map_check(&s->layers[s->layer_of[i]].map, &head));
    }
    return LLN_OK;
}

static lln_status open_state(const lln_map_options *options, state *s)
{
    LLN_TRY(lln_maps_open(options, &s->maps));
    s->turns = lln_turns_cache_alloc();
    if (!s->turns)
        return lln_fail(LLN_ENOMEM, "out of memory");
    if (s->maps.across_heads) {
        s->across = lln_across_alloc(s->whole.count > 0 ? &s->whole : &s->inner,
                                     s->turns);
        if (!s->across)
            return lln_fail(LLN_ENOMEM, "out of memory");
    }
    return open_layers(s);
}

lln_status lln_mapped_open(const lln_map_options *options, lln_heads *inner,
                           lln_heads *whole, lln_heads *mapped)
{
    state *s = calloc(1, sizeof *s);
    if (!s) {
        lln_heads_close(inner);
        if (whole)
            lln_heads_close(whole);
        return lln_fail(LLN_ENOMEM, "out of memory");
    }
    s->inner = *inner;
    *inner = (lln_heads){.count = 0};
    if (whole) {
        s->whole = *whole;
        *whole = (lln_heads){.count = 0};
    }
    lln_heads opened = s->inner;
    opened.describe = describe_mapped;
    opened.load = load_mapped;
    opened.results = list_mapped;
    opened.rest = rest_mapped;
    opened.close = close_mapped;
    opened.state = s;
    lln_status status = open_state(options, s);
    if (status == LLN_OK)
        *mapped = opened;
    else
        lln_heads_close(&opened);
    return status;
}
