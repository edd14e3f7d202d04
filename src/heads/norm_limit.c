/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/norm_limit.h"

#include <math.h>
#include <string.h>

#include "core/memory.h"
#include "heads/layer_map.h"

enum { HEADS = 4, ROWS = 32 }; /* that are looked at: loading takes time */

static double largest_weight(const lln_qk_norm *norm, const lln_map_array *a)
{
    double largest = a->numbers ? 0 : 1;
    for (size_t i = 0; i < a->count; i++)
        largest = fmax(largest, fabs((norm->plus_one ? 1 : 0) + a->numbers[i]));
    return largest;
}

static double limit_of(const lln_layer_map *map, const lln_head *head)
{
    double squares =
        map->norm.kind == LLN_NORM_L2 ? 1 : (double)head->q.columns;
    double heads = map->norm.across_heads ? (double)head->of.head : 1;
    return fabs(head->rule.scale) * squares * heads *
           largest_weight(&map->norm, &map->array[LLN_MAP_Q_NORM]) *
           largest_weight(&map->norm, &map->array[LLN_MAP_K_NORM]);
}

/* The largest |scale q.k| of the last rows. */
static double largest_logit(const lln_head *head)
{
    double largest = 0;
    size_t rows = lln_size_smaller(ROWS, head->q.rows), d = head->q.columns;
    for (size_t i = head->q.rows - rows; i < head->q.rows; i++)
        for (size_t j = 0; j < head->k.rows; j++) {
            double sum = 0;
            for (size_t c = 0; c < d; c++)
                sum += lln_matrix_get(head->q, i, c) *
                       lln_matrix_get(head->k, j, c);
            largest = fmax(largest, fabs(sum));
        }
    return largest * fabs(head->rule.scale);
}

/* Compares the logits of a head with the limit of its layer. */
static lln_status compare(const lln_heads *heads, size_t index, double limit,
                          lln_norm_limit *found)
{
    lln_head head;
    lln_status status = heads->load(heads, index, NAN, LLN_FLOAT32, &head);
    if (status == LLN_EUNDEFINED)
        return LLN_OK;
    LLN_TRY(status);
    double logit = largest_logit(&head);
    if (logit * found->limit > found->logit * limit)
        *found = (lln_norm_limit){logit, limit, head.layer, logit > 2 * limit};
    lln_head_free(&head);
    return LLN_OK;
}

static lln_status look_at_head(const lln_maps *maps,
                               const lln_by_layer *applied,
                               const lln_heads *heads, size_t index,
                               lln_norm_limit *found)
{
    lln_head head;
    lln_layer_map map;
    heads->describe(heads, index, &head);
    const char *norm = lln_by_layer_find(applied, head.layer);
    if (head.q.rows == 0 || (norm && strcmp(norm, "none") != 0))
        return LLN_OK;
    lln_status status = lln_layer_map_open(maps, &head, &map);
    bool bounded = status == LLN_OK && map.norm.kind != LLN_NORM_NONE &&
                   !map.array[LLN_MAP_Q_NORM_BIAS].numbers;
    double limit = bounded ? limit_of(&map, &head) : 0;
    lln_layer_map_close(&map);
    LLN_TRY(status);
    return limit > 0 ? compare(heads, index, limit, found) : LLN_OK;
}

lln_status lln_norm_limit_look(const lln_map_options *left_out,
                               const char *applied, const lln_heads *heads,
                               lln_norm_limit *found)
{
    lln_maps maps;
    lln_by_layer norms;
    size_t most = lln_size_smaller(HEADS, heads->count);
    lln_map_options options = *left_out;
    options.rope = "half"; /* which a norm after it needs; it is not applied */
    *found = (lln_norm_limit){.limit = 1, .layer = -1};
    lln_status status = lln_maps_open(&options, &maps);
    if (status == LLN_OK)
        status = lln_by_layer_read(applied, &norms);
    else
        norms = (lln_by_layer){.count = 0};
    for (size_t i = 0; i < most && status == LLN_OK; i++)
        status = look_at_head(&maps, &norms, heads,
                              (2 * i + 1) * heads->count / (2 * most), found);
    lln_by_layer_free(&norms);
    lln_maps_close(&maps);
    return status;
}
