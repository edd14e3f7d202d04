/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/mapped.h"

#include <math.h>
#include <stdlib.h>

#include "core/memory.h"
#include "heads/across.h"
#include "heads/clip.h"
#include "heads/head_storage.h"
#include "heads/set_temperature.h"

enum { BLOCK = 64 }; /* rows of float64 at a time, for each thread */

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

/* Maps rows of a matrix in place by way of x [BLOCK x d]; false: some number
 * is not finite. */
static bool map_rows(const lln_map_target *target, const lln_moments *tokens,
                     lln_matrix_output a, size_t first, double *x)
{
    size_t rows = lln_size_smaller(BLOCK, a.rows - first);
    lln_matrix whole = lln_matrix_written(a);
    lln_matrix block = lln_matrix_rows(whole, first, rows);
    lln_matrix_convert(block, LLN_FLOAT64, x);
    lln_layer_map_begin(target, first, rows, x);
    lln_layer_map_end(target, tokens, first, rows, x);
    lln_matrix_store((lln_matrix){LLN_FLOAT64, rows, a.columns, x}, a, first);
    return lln_matrix_find_nonfinite(block) == rows * a.columns;
}

/* LLN_EUNDEFINED, and names the first number that is not finite. */
static lln_status report_nonfinite(lln_role role, lln_matrix a)
{
    size_t bad = lln_matrix_find_nonfinite(a);
    size_t i = bad / a.columns, j = bad % a.columns;
    return lln_fail(LLN_EUNDEFINED,
                    "row %zu, feature %zu of the %s is %g after clamping, "
                    "norm, rotary embedding and scale",
                    i, j, role == LLN_QUERIES ? "queries" : "keys",
                    lln_matrix_get(a, i, j));
}

static lln_status map_matrix(const lln_map_target *target,
                             const lln_moments *tokens, lln_matrix_output a)
{
    int bad = 0, failed = 0;
#pragma omp parallel reduction(| : bad, failed)
    {
        double *x = lln_array_alloc_raw(BLOCK * a.columns, sizeof *x);
        failed = !x;
#pragma omp for
        for (size_t first = 0; first < a.rows; first += BLOCK)
            if (x && !map_rows(target, tokens, a, first, x))
                bad = 1;
        free(x);
    }
    if (failed)
        return lln_fail(LLN_ENOMEM, "out of memory");
    return bad ? report_nonfinite(target->role, lln_matrix_written(a)) : LLN_OK;
}

static lln_status map_role(const state *s, const lln_layer_map *map,
                           const lln_head *head, lln_role role,
                           const lln_moments *tokens)
{
    lln_map_target target;
    lln_matrix a = role == LLN_QUERIES ? head->q : head->k;
    lln_status status = lln_map_target_open(map, head, role, s->turns, &target);
    if (status == LLN_OK)
        status = map_matrix(&target, tokens, lln_head_writable(head, a));
    lln_map_target_close(&target);
    return status;
}

static void clip_values(double limit, lln_matrix_output v)
{
    size_t count = v.rows * v.columns;
    float *f32 = v.data;
    if (isinf(limit))
        return;
    if (v.precision == LLN_FLOAT64)
        lln_clip(limit, v.data, count);
    for (size_t i = 0; i < count && v.precision == LLN_FLOAT32; i++) {
        double x = f32[i];
        lln_clip(limit, &x, 1);
        f32[i] = (float)x;
    }
}

/* Maps a head in place. */
static lln_status map_head(const state *s, const lln_layer_map *map,
                           const lln_head *head)
{
    bool across = map->norm.across_heads && map->norm.kind != LLN_NORM_NONE;
    const lln_layer_moments *moments = NULL;
    if (head->v.data)
        clip_values(map->clip, lln_head_writable(head, head->v));
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

/* What is loaded has the precision of the result: it holds all digits of the
 * file, but for values. */
static lln_status load_mapped(const lln_heads *heads, size_t index, double tau,
                              lln_precision precision, lln_head *head)
{
    const state *s = heads->state;
    lln_head loaded;
    LLN_TRY(s->inner.load(&s->inner, index, NAN, precision, &loaded));
    lln_status status =
        map_head(s, &s->layers[s->layer_of[index]].map, &loaded);
    if (status == LLN_OK && !isnan(tau)) {
        const lln_matrix_output to[LLN_ROLES] = {
            lln_head_writable(&loaded, loaded.q),
            lln_head_writable(&loaded, loaded.k),
            lln_head_writable(&loaded, loaded.v)};
        status = lln_temperature_set(tau, &loaded, to);
    }
    if (status == LLN_OK)
        *head = loaded;
    else
        lln_head_free(&loaded);
    return status;
}

lln_status lln_mapped_load_other(const lln_heads *mapped, size_t index,
                                 lln_precision precision,
                                 lln_rope_pairing *pairing, lln_head *head)
{
    const state *s = mapped->state;
    lln_layer_map other = s->layers[s->layer_of[index]].map;
    lln_head loaded;
    *pairing = LLN_ROPE_NONE;
    if (other.rope.pairing == LLN_ROPE_NONE)
        return LLN_OK;
    *pairing =
        other.rope.pairing == LLN_ROPE_HALF ? LLN_ROPE_PAIRS : LLN_ROPE_HALF;
    other.rope.pairing = *pairing;
    LLN_TRY(s->inner.load(&s->inner, index, NAN, precision, &loaded));
    lln_status status = map_head(s, &other, &loaded);
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
