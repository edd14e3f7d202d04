/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/rotation.h"

#include <math.h>

#include "heads/by_layer.h"
#include "heads/rope_text.h"

enum {
    FEWEST = 64, /* keys */
    MOST = 4     /* key heads that are looked at: loading takes time */
};

double lln_rotation_mean(lln_matrix k, size_t even, size_t odd)
{
    double x = 0, y = 0, squares = 0;
    for (size_t j = 0; j < k.rows; j++) {
        double e = lln_matrix_get(k, j, even), o = lln_matrix_get(k, j, odd);
        x += e;
        y += o;
        squares += e * e + o * o;
    }
    return hypot(x, y) / sqrt((double)k.rows * squares);
}

static double mean_of_pair(const lln_rope *rope, size_t dims, lln_matrix k,
                           size_t pair)
{
    bool half = rope->pairing == LLN_ROPE_HALF;
    bool whole = rope->scaling.kind == LLN_ROPE_PROPORTIONAL;
    size_t first = rope->last ? k.columns - dims : 0;
    size_t even = first + (half ? pair : 2 * pair);
    size_t distance = (whole ? k.columns : dims) / 2;
    return lln_rotation_mean(k, even, even + (half ? distance : 1));
}

bool lln_rotation_is_seen(const lln_rope *rope, size_t dims, lln_matrix k)
{
    bool seen = false;
    lln_rope as = *rope;
    for (int i = 0; i < 2; i++) {
        as.pairing = i == 0 ? LLN_ROPE_HALF : LLN_ROPE_PAIRS;
        seen = seen || (mean_of_pair(&as, dims, k, 0) < 0.05 &&
                        mean_of_pair(&as, dims, k, dims / 2 - 1) > 0.3);
    }
    return seen && k.rows >= FEWEST;
}

/* The rope of a layer; none if there is none that fits. */
static lln_rope rope_of(const lln_by_layer *values, const lln_head *head,
                        size_t *dims)
{
    lln_rope rope = {.pairing = LLN_ROPE_NONE};
    const char *text = lln_by_layer_find(values, head->layer);
    if (!text || lln_rope_read(text, &rope) != LLN_OK ||
        lln_rope_dims(&rope, head->q.columns, dims) != LLN_OK)
        rope.pairing = LLN_ROPE_NONE;
    return rope;
}

/* Counts a head whose keys are not those of the head before. */
static lln_status count_head(const lln_heads *heads, size_t index,
                             const lln_rope *rope, size_t dims,
                             lln_rotation *found)
{
    lln_head head;
    LLN_TRY(heads->load(heads, index, NAN, LLN_FLOAT32, &head));
    found->turned += lln_rotation_is_seen(rope, dims, head.k);
    found->keys++;
    lln_head_free(&head);
    return LLN_OK;
}

static lln_status look(const lln_by_layer *values, const lln_heads *heads,
                       lln_rotation *found)
{
    size_t model = 0, batch = 0;
    long before = -1;
    for (size_t i = 0; i < heads->count && found->keys < MOST; i++) {
        lln_head head;
        size_t dims = 0;
        heads->describe(heads, i, &head);
        bool first = found->keys == 0;
        if (head.q.rows == 0 || head.k.rows == 0 ||
            (!first && (head.layer != found->layer || head.model != model ||
                        head.at.batch != batch)))
            continue;
        lln_rope rope = rope_of(values, &head, &dims);
        bool shared = !first && head.key_head >= 0 && head.key_head == before;
        if (rope.pairing == LLN_ROPE_NONE || shared)
            continue;
        found->layer = head.layer;
        model = head.model;
        batch = head.at.batch;
        before = head.key_head;
        LLN_TRY(count_head(heads, i, &rope, dims, found));
    }
    return LLN_OK;
}

lln_status lln_rotation_look(const char *rope, const lln_heads *heads,
                             lln_rotation *found)
{
    lln_by_layer values;
    *found = (lln_rotation){.layer = -1};
    lln_status status = lln_by_layer_read(rope, &values);
    if (status == LLN_OK)
        status = look(&values, heads, found);
    lln_by_layer_free(&values);
    return status;
}
