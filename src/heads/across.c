/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/across.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/memory.h"

enum {
    KEPT = 2,  /* layers that nobody uses */
    BLOCK = 64 /* rows of float64 at a time */
};

typedef struct kept_layer {
    lln_layer_moments moments;
    size_t model, batch;
    long layer;
    size_t n, m; /* tokens */
    lln_rope_pairing pairing;
    size_t users;
    struct kept_layer *next; /* found earlier */
} kept_layer;

struct lln_across {
    const lln_heads *heads;
    lln_turns_cache *turns;
    pthread_mutex_t lock; /* of the list */
    kept_layer *first;
};

lln_across *lln_across_alloc(const lln_heads *heads, lln_turns_cache *turns)
{
    lln_across *across = calloc(1, sizeof *across);
    if (!across)
        return NULL;
    across->heads = heads;
    across->turns = turns;
    pthread_mutex_init(&across->lock, NULL);
    return across;
}

static void free_layer(kept_layer *layer)
{
    free(layer->moments.queries);
    free(layer->moments.keys);
    free(layer);
}

void lln_across_free(lln_across *across)
{
    if (!across)
        return;
    while (across->first) {
        kept_layer *next = across->first->next;
        free_layer(across->first);
        across->first = next;
    }
    pthread_mutex_destroy(&across->lock);
    free(across);
}

static bool is_of_layer(const kept_layer *layer, const lln_head *head)
{
    return head->model == layer->model && head->at.batch == layer->batch &&
           head->layer == layer->layer;
}

/* The hint on pairings maps the same layer with each of the two. */
static bool is_wanted(const kept_layer *layer, const lln_layer_map *map,
                      const lln_head *head)
{
    return is_of_layer(layer, head) && map->rope.pairing == layer->pairing;
}

/* Adds queries or keys of a loaded head to the moments of their tokens. */
static lln_status add_role(const lln_across *across, const lln_layer_map *map,
                           const lln_head *head, lln_role role,
                           lln_moments *tokens)
{
    lln_map_target target;
    lln_matrix a = role == LLN_QUERIES ? head->q : head->k;
    double *x = lln_array_alloc_raw(BLOCK * a.columns, sizeof *x);
    lln_status status =
        x ? lln_map_target_open(map, head, role, across->turns, &target)
          : LLN_ENOMEM;
    for (size_t i = 0; i < a.rows && status == LLN_OK; i += BLOCK) {
        size_t rows = lln_size_smaller(BLOCK, a.rows - i);
        lln_matrix_convert(lln_matrix_rows(a, i, rows), LLN_FLOAT64, x);
        lln_layer_map_begin(&target, i, rows, x);
        lln_qk_norm_add(x, rows, a.columns, tokens + i);
    }
    if (x)
        lln_map_target_close(&target);
    free(x);
    return status;
}

/* Adds the queries, and the keys unless they were added with the head before,
 * of a loaded head. */
static lln_status add_head(const lln_across *across, const lln_layer_map *map,
                           const lln_head *head, bool keys, kept_layer *layer)
{
    if (head->q.rows != layer->n || head->k.rows != layer->m)
        return lln_fail(LLN_EFORMAT,
                        "--qk-norm across-heads: heads of layer %ld have "
                        "different numbers of tokens",
                        head->layer);
    LLN_TRY(add_role(across, map, head, LLN_QUERIES, layer->moments.queries));
    return keys ? add_role(across, map, head, LLN_KEYS, layer->moments.keys)
                : LLN_OK;
}

static lln_status add_heads(const lln_across *across, const lln_layer_map *map,
                            kept_layer *layer)
{
    const lln_heads *heads = across->heads;
    long before = -1;
    for (size_t i = 0; i < heads->count; i++) {
        lln_head head;
        heads->describe(heads, i, &head);
        if (!is_of_layer(layer, &head))
            continue;
        bool keys = head.key_head < 0 || head.key_head != before;
        before = head.key_head;
        /* Numbers of float64 keep their digits. */
        LLN_TRY(heads->load(heads, i, NAN, LLN_FLOAT32, &head));
        lln_status status = add_head(across, map, &head, keys, layer);
        lln_head_free(&head);
        LLN_TRY(status);
    }
    return LLN_OK;
}

static lln_status make_layer(const lln_across *across, const lln_layer_map *map,
                             const lln_head *head, kept_layer **made)
{
    kept_layer *layer = calloc(1, sizeof *layer);
    if (!layer)
        return lln_fail(LLN_ENOMEM, "out of memory");
    *layer = (kept_layer){
        .moments.queries = lln_array_alloc(head->q.rows, sizeof(lln_moments)),
        .moments.keys = lln_array_alloc(head->k.rows, sizeof(lln_moments)),
        .model = head->model,
        .batch = head->at.batch,
        .layer = head->layer,
        .n = head->q.rows,
        .m = head->k.rows,
        .pairing = map->rope.pairing,
    };
    lln_status status = LLN_ENOMEM;
    if (layer->moments.queries && layer->moments.keys)
        status = add_heads(across, map, layer);
    if (status == LLN_OK)
        *made = layer;
    else
        free_layer(layer);
    return status;
}

/* Frees layers that nobody uses, but for the first KEPT. */
static void drop_old(lln_across *across)
{
    size_t idle = 0;
    kept_layer **link = &across->first;
    while (*link) {
        kept_layer *here = *link;
        idle += here->users == 0;
        if (here->users == 0 && idle > KEPT) {
            *link = here->next;
            free_layer(here);
        } else {
            link = &here->next;
        }
    }
}

static lln_status find_layer(lln_across *across, const lln_layer_map *map,
                             const lln_head *head, kept_layer **found)
{
    kept_layer *layer = across->first;
    while (layer && !is_wanted(layer, map, head))
        layer = layer->next;
    if (!layer) {
        drop_old(across);
        LLN_TRY(make_layer(across, map, head, &layer));
        layer->next = across->first;
        across->first = layer;
    }
    layer->users++;
    *found = layer;
    return LLN_OK;
}

/* Other threads wait while a layer is made: they mostly need the same one. */
lln_status lln_across_take(lln_across *across, const lln_layer_map *map,
                           const lln_head *head,
                           const lln_layer_moments **moments)
{
    kept_layer *layer = NULL;
    pthread_mutex_lock(&across->lock);
    lln_status status = find_layer(across, map, head, &layer);
    pthread_mutex_unlock(&across->lock);
    if (status == LLN_OK)
        *moments = &layer->moments;
    return status;
}

void lln_across_give(lln_across *across, const lln_layer_moments *moments)
{
    pthread_mutex_lock(&across->lock);
    kept_layer *layer = across->first;
    while (layer && &layer->moments != moments)
        layer = layer->next;
    if (layer)
        layer->users--;
    pthread_mutex_unlock(&across->lock);
}
