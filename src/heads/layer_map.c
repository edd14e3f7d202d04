/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/layer_map.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/text.h"
#include "heads/clip.h"
#include "heads/rope_text.h"

enum { NAME = 40 }; /* bytes of the name of an array */

/* Reads an array, if there is one of that name. */
static lln_status read_array(const lln_maps *maps, lln_map_array_kind kind,
                             const lln_head *head, lln_layer_map *map)
{
    size_t index;
    if (!lln_map_array_find(maps->arrays, lln_map_array_names[kind], &index))
        return LLN_OK;
    return lln_map_array_read(maps->arrays, index, head, 0, &map->array[kind]);
}

static lln_status open_norm(const lln_maps *maps, const lln_head *head,
                            lln_layer_map *map)
{
    const char *text = lln_by_layer_find(&maps->norm, head->layer);
    if (text)
        LLN_TRY(lln_qk_norm_read(text, &map->norm));
    if (map->norm.kind == LLN_NORM_NONE)
        return LLN_OK;
    for (int kind = LLN_MAP_Q_NORM; kind <= LLN_MAP_K_NORM_BIAS; kind++)
        LLN_TRY(read_array(maps, (lln_map_array_kind)kind, head, map));
    return LLN_OK;
}

/* Takes the divisors that options list, unless an array gave them. */
static lln_status take_divisors(const lln_maps *maps, lln_map_array_kind kind,
                                lln_layer_map *map)
{
    const double *from = maps->divisors[kind == LLN_MAP_ROPE_LONG];
    lln_map_array *array = &map->array[kind];
    if (array->numbers || !from)
        return LLN_OK;
    array->numbers =
        lln_array_alloc(maps->divisor_count, sizeof *array->numbers);
    if (!array->numbers)
        return LLN_ENOMEM;
    array->count = maps->divisor_count;
    memcpy(array->numbers, from, array->count * sizeof *from);
    return LLN_OK;
}

/* LLN_EINVAL unless a list has a number for each turned pair. */
static lln_status check_pairs(const lln_layer_map *map, lln_map_array_kind kind)
{
    size_t count = map->array[kind].count, pairs = map->dims / 2;
    if (count == 0 || count == pairs)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "--rope: %s has %zu numbers; expected %zu, one for each "
                    "pair of the %zu rotated features (dims=)",
                    lln_map_array_names[kind], count, pairs, map->dims);
}

static lln_status open_rope(const lln_maps *maps, const lln_head *head,
                            lln_layer_map *map)
{
    const char *text = lln_by_layer_find(&maps->rope, head->layer);
    if (text)
        LLN_TRY(lln_rope_read(text, &map->rope));
    if (map->rope.pairing == LLN_ROPE_NONE)
        return LLN_OK;
    lln_status status = lln_rope_dims(&map->rope, head->q.columns, &map->dims);
    if (status != LLN_OK)
        return lln_fail_in(status, "--rope");
    bool longrope = map->rope.scaling.kind == LLN_ROPE_LONGROPE;
    for (int kind = LLN_MAP_ROPE_SHORT; kind <= LLN_MAP_ROPE_FREQS; kind++) {
        if (kind == LLN_MAP_ROPE_FREQS || longrope)
            LLN_TRY(read_array(maps, (lln_map_array_kind)kind, head, map));
        if (kind != LLN_MAP_ROPE_FREQS && longrope)
            LLN_TRY(take_divisors(maps, (lln_map_array_kind)kind, map));
        LLN_TRY(check_pairs(map, (lln_map_array_kind)kind));
    }
    size_t columns = maps->positions.numbers ? maps->positions.columns : 1;
    if (columns == 1 || columns == map->rope.section_count)
        return LLN_OK;
    return lln_fail(LLN_EINVAL,
                    "%s: %zu columns of positions; --rope has %zu sections",
                    maps->positions.name, columns, map->rope.section_count);
}

/* text: FILE[:KEY] */
static lln_status read_factors(const char *text, const lln_head *head,
                               lln_layer_map *map)
{
    lln_kernel_arrays *arrays = NULL;
    char *setting = NULL;
    if (asprintf(&setting, "query_scale=%s", text) < 0)
        return lln_fail(LLN_ENOMEM, "out of memory");
    lln_status status = lln_kernel_arrays_open(setting, NULL, &arrays);
    if (status == LLN_OK)
        status =
            lln_map_array_read(arrays, 0, head, head->of.head, &map->factors);
    lln_kernel_arrays_free(arrays);
    free(setting);
    if (status == LLN_EIO) {
        char reason[1024];
        snprintf(reason, sizeof reason, "%s", lln_error_message());
        return lln_fail(LLN_EINVAL,
                        "--query-scale: %s; expected llama4, ministral, ssmax, "
                        "none or a file",
                        reason);
    }
    return status == LLN_OK ? LLN_OK : lln_fail_in(status, "--query-scale");
}

static lln_status open_scale(const lln_maps *maps, const lln_head *head,
                             lln_layer_map *map)
{
    const char *text = lln_by_layer_find(&maps->query_scale, head->layer);
    if (text)
        LLN_TRY(lln_query_scale_read(text, &map->scale));
    if (map->scale.kind == LLN_SCALE_FILE)
        return read_factors(text, head, map);
    if (map->scale.kind == LLN_SCALE_SSMAX && isnan(map->scale.scale))
        return read_array(maps, LLN_MAP_SSMAX, head, map);
    return LLN_OK;
}

lln_status lln_layer_map_open(const lln_maps *maps, const lln_head *head,
                              lln_layer_map *map)
{
    const char *clip = lln_by_layer_find(&maps->clip, head->layer);
    *map = (lln_layer_map){.clip = INFINITY, .positions = &maps->positions};
    if (clip)
        LLN_TRY(lln_clip_read(clip, &map->clip));
    LLN_TRY(open_norm(maps, head, map));
    LLN_TRY(open_rope(maps, head, map));
    return open_scale(maps, head, map);
}

void lln_layer_map_close(lln_layer_map *map)
{
    for (int kind = 0; kind < LLN_MAP_ARRAYS; kind++)
        free(map->array[kind].numbers);
    free(map->factors.numbers);
    *map = (lln_layer_map){.clip = INFINITY};
}

/* The number of a head among those of its role: that of the query head, or of
 * the key head that it uses. */
static size_t head_number(const lln_head *head, lln_role role)
{
    long number = role == LLN_QUERIES ? head->head : head->key_head;
    return number < 0 ? 0 : (size_t)number;
}

/* Whether an array may have `count` heads of a role: those of queries are
 * known if the file has an axis for them, those of keys divide them. */
static bool is_head_count(const lln_head *head, lln_role role, size_t count)
{
    size_t heads = head->of.head;
    if (head->head < 0 || heads < 2)
        return head->head < 0 ? count == 1 : head_number(head, role) < count;
    if (role == LLN_QUERIES)
        return count == heads;
    return heads % count == 0 &&
           head->at.head / (heads / count) == head_number(head, role);
}

/* LLN_EINVAL unless the array has numbers for one head of `width`, if one
 * will do, or for all heads of the role. */
static lln_status check_heads(const char *name, const lln_map_array *array,
                              const lln_head *head, lln_role role, size_t width,
                              bool one)
{
    size_t count = array->count / width;
    if (array->count == 0 || (one && array->count == width) ||
        (array->count % width == 0 && is_head_count(head, role, count)))
        return LLN_OK;
    char layer[40] = "", all[40] = "";
    if (head->layer >= 0)
        snprintf(layer, sizeof layer, " of layer %ld", head->layer);
    if (one)
        snprintf(all, sizeof all, "%zu, or ", width);
    return lln_fail(
        LLN_EINVAL,
        "%s: %zu numbers do not fit %s %zu%s; expected %s%zu for each %s head",
        name, array->count, role == LLN_QUERIES ? "head" : "key head",
        head_number(head, role), layer, all, width,
        role == LLN_QUERIES ? "query" : "key");
}

static lln_status check_norm(const lln_layer_map *map, const lln_head *head)
{
    for (int kind = LLN_MAP_Q_NORM; kind <= LLN_MAP_K_NORM_BIAS; kind++) {
        char name[NAME];
        lln_role role = kind == LLN_MAP_Q_NORM || kind == LLN_MAP_Q_NORM_BIAS
                            ? LLN_QUERIES
                            : LLN_KEYS;
        snprintf(name, sizeof name, "--arrays %s", lln_map_array_names[kind]);
        LLN_TRY(check_heads(name, &map->array[kind], head, role,
                            head->q.columns, true));
    }
    return LLN_OK;
}

static lln_status check_scale(const lln_layer_map *map, const lln_head *head)
{
    if (map->scale.kind == LLN_SCALE_FILE)
        return check_heads("--query-scale", &map->factors, head, LLN_QUERIES,
                           head->queries, true);
    return check_heads("--arrays ssmax", &map->array[LLN_MAP_SSMAX], head,
                       LLN_QUERIES, 1, false);
}

/* The frequencies of a head into f [dims / 2]. */
static lln_status find_frequencies(const lln_layer_map *map,
                                   const lln_head *head, double *f,
                                   double *attention)
{
    const lln_rope_inputs inputs = {
        .theta = map->rope.theta,
        .dims = map->dims,
        .d = head->q.columns,
        .length = lln_positions_length(map->positions, head->at.batch,
                                       head->first_key, head->k.rows),
        .short_divisors = map->array[LLN_MAP_ROPE_SHORT].numbers,
        .long_divisors = map->array[LLN_MAP_ROPE_LONG].numbers,
        .list = map->array[LLN_MAP_ROPE_FREQS].numbers,
    };
    lln_status status =
        lln_rope_frequencies(&map->rope.scaling, &inputs, f, attention);
    return status == LLN_OK ? LLN_OK : lln_fail_in(status, "--rope");
}

static lln_status check_rope(const lln_layer_map *map, const lln_head *head)
{
    double attention;
    double *f = lln_array_alloc(map->dims / 2, sizeof *f);
    if (!f)
        return LLN_ENOMEM;
    lln_status status = find_frequencies(map, head, f, &attention);
    free(f);
    return status;
}

lln_status lln_layer_map_check(const lln_layer_map *map, const lln_head *head)
{
    bool rope = map->rope.pairing != LLN_ROPE_NONE;
    bool places = rope || (map->scale.kind != LLN_SCALE_NONE &&
                           map->scale.kind != LLN_SCALE_FILE);
    if (places && head->q.rows > head->k.rows)
        return lln_fail(
            LLN_EFORMAT,
            "--%s: %s: %zu queries and %zu key%s; expected at least "
            "as many keys as queries, which have the positions of "
            "the last keys",
            rope ? "rope" : "query-scale", head->file, head->q.rows,
            head->k.rows, lln_text_plural(head->k.rows));
    if (places)
        LLN_TRY(lln_positions_check(map->positions, head->file, head->of.batch,
                                    head->keys));
    if (rope && head->k.rows > 0)
        LLN_TRY(check_rope(map, head));
    LLN_TRY(check_norm(map, head));
    return check_scale(map, head);
}

/* Keys before the first one of the role: that of query 0. */
static size_t first_place(const lln_map_target *t)
{
    return t->role == LLN_QUERIES ? t->head->k.rows - t->head->q.rows : 0;
}

static lln_status take_turns(lln_map_target *t)
{
    const lln_layer_map *map = t->map;
    const lln_head *head = t->head;
    double *f = lln_array_alloc(map->dims / 2, sizeof *f);
    if (!f)
        return LLN_ENOMEM;
    lln_turns_key key = {
        .rope = &map->rope,
        .f = f,
        .pairs = map->dims / 2,
        .positions = map->positions,
        .entry = map->positions->entries > 1 ? head->at.batch : 0,
        .padding = head->first_key,
        .count = head->k.rows,
    };
    lln_status status = find_frequencies(map, head, f, &key.attention);
    if (status == LLN_OK)
        status = lln_turns_take(t->cache, &key, &t->turns);
    free(f);
    return status;
}

lln_status lln_map_target_open(const lln_layer_map *map, const lln_head *head,
                               lln_role role, lln_turns_cache *cache,
                               lln_map_target *target)
{
    *target = (lln_map_target){map, head, role, cache, NULL};
    return map->rope.pairing == LLN_ROPE_NONE ? LLN_OK : take_turns(target);
}

void lln_map_target_close(lln_map_target *target)
{
    if (target->turns)
        lln_turns_give(target->cache, target->turns);
    target->turns = NULL;
}

static void turn(const lln_map_target *t, size_t first, size_t rows, double *x)
{
    if (t->turns)
        lln_rope_turn(&t->map->rope, t->turns, first_place(t) + first,
                      t->map->dims, x, rows, t->head->q.columns);
}

/* The numbers of an array for the head of the target; NULL: there are none. */
static const double *numbers_for(const lln_map_target *t,
                                 lln_map_array_kind kind)
{
    const lln_map_array *array = &t->map->array[kind];
    size_t d = t->head->q.columns;
    if (!array->numbers || array->count == d)
        return array->numbers;
    return array->numbers + head_number(t->head, t->role) * d;
}

static void normalise(const lln_map_target *t, const lln_moments *tokens,
                      size_t rows, double *x)
{
    bool queries = t->role == LLN_QUERIES;
    const lln_norm_weights weights = {
        numbers_for(t, queries ? LLN_MAP_Q_NORM : LLN_MAP_K_NORM),
        numbers_for(t, queries ? LLN_MAP_Q_NORM_BIAS : LLN_MAP_K_NORM_BIAS)};
    if (t->map->norm.kind != LLN_NORM_NONE)
        lln_qk_norm_apply(&t->map->norm, &weights, tokens, x, rows,
                          t->head->q.columns);
}

/* The factor of query i. */
static double factor_of(const lln_map_target *t, size_t i)
{
    const lln_layer_map *map = t->map;
    const lln_head *head = t->head;
    size_t at = first_place(t) + i, number = head_number(head, LLN_QUERIES);
    if (map->scale.kind == LLN_SCALE_FILE) {
        size_t first =
            map->factors.count > head->queries ? number * head->queries : 0;
        return map->factors.numbers[first + head->first + i];
    }
    lln_query_scale scale = map->scale;
    if (map->array[LLN_MAP_SSMAX].numbers)
        scale.scale = map->array[LLN_MAP_SSMAX].numbers[number];
    double position =
        lln_position_at(map->positions, head->at.batch, head->first_key, at, 0);
    return lln_query_scale_at(&scale, at, position);
}

static void scale_queries(const lln_map_target *t, size_t first, size_t rows,
                          double *x)
{
    size_t d = t->head->q.columns;
    if (t->map->scale.kind == LLN_SCALE_NONE || t->role != LLN_QUERIES)
        return;
    for (size_t i = 0; i < rows; i++, x += d) {
        double factor = factor_of(t, first + i);
        for (size_t c = 0; c < d; c++)
            x[c] *= factor;
    }
}

void lln_layer_map_begin(const lln_map_target *target, size_t first,
                         size_t rows, double *x)
{
    lln_clip(target->map->clip, x, rows * target->head->q.columns);
    if (target->map->norm.after_rope)
        turn(target, first, rows, x);
}

void lln_layer_map_end(const lln_map_target *target, const lln_moments *tokens,
                       size_t first, size_t rows, double *x)
{
    normalise(target, tokens ? tokens + first : NULL, rows, x);
    if (!target->map->norm.after_rope)
        turn(target, first, rows, x);
    scale_queries(target, first, rows, x);
}
