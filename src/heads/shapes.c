/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/shapes.h"
#include "core/text.h"

#include <stdio.h>
#include <string.h>

enum { FITTING_TEXT = 64 };

static const char *const axis_names[LLN_AXIS_KINDS] = {
    "batch entries", "layers", "heads", "tokens", "features"};

typedef struct {
    const lln_shape_rules *rules;
    const lln_arrays *arrays;
    const lln_bundle *bundle;
    lln_bundle_shape *shape;
} check;

static const char *name_of(const check *c, lln_role role)
{
    return lln_arrays_name(c->arrays, c->bundle->number[role]);
}

static const char *name_after(const check *c, lln_role role, lln_role named)
{
    return lln_arrays_name_after(c->arrays, c->bundle->number[role],
                                 c->bundle->number[named]);
}

static size_t size_of(const check *c, lln_role role, int axis)
{
    return c->shape->layout[role].size[axis];
}

static lln_status same_size(const check *c, lln_role role, int axis,
                            lln_role as)
{
    size_t size = size_of(c, role, axis), wanted = size_of(c, as, axis);
    if (size == wanted)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT, "%s: %zu %s; expected %zu as in %s",
                    name_of(c, role), size, axis_names[axis], wanted,
                    name_after(c, as, role));
}

/* Keys have as many features as queries; without those that are shared, one
 * less at least. */
static lln_status check_features(const check *c)
{
    size_t q = size_of(c, LLN_QUERIES, LLN_AXIS_FEATURE);
    size_t k = size_of(c, LLN_KEYS, LLN_AXIS_FEATURE);
    if (!c->rules->narrow)
        return same_size(c, LLN_KEYS, LLN_AXIS_FEATURE, LLN_QUERIES);
    if (k < q)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "%s: %zu features; expected fewer than the %zu of %s, "
                    "because --arrays k_rope= has the others",
                    name_of(c, LLN_KEYS), k, q,
                    name_after(c, LLN_QUERIES, LLN_KEYS));
}

static lln_status check_keys(const check *c)
{
    LLN_TRY(same_size(c, LLN_KEYS, LLN_AXIS_BATCH, LLN_QUERIES));
    LLN_TRY(same_size(c, LLN_KEYS, LLN_AXIS_LAYER, LLN_QUERIES));
    LLN_TRY(check_features(c));
    size_t q = size_of(c, LLN_QUERIES, LLN_AXIS_HEAD);
    size_t k = size_of(c, LLN_KEYS, LLN_AXIS_HEAD);
    if (q % k != 0)
        return lln_fail(LLN_EFORMAT,
                        "%s: %zu heads; expected a divisor of the %zu heads "
                        "of %s",
                        name_of(c, LLN_KEYS), k, q,
                        name_after(c, LLN_QUERIES, LLN_KEYS));
    return LLN_OK;
}

static lln_status check_values(const check *c)
{
    LLN_TRY(same_size(c, LLN_VALUES, LLN_AXIS_BATCH, LLN_KEYS));
    LLN_TRY(same_size(c, LLN_VALUES, LLN_AXIS_LAYER, LLN_KEYS));
    LLN_TRY(same_size(c, LLN_VALUES, LLN_AXIS_HEAD, LLN_KEYS));
    return same_size(c, LLN_VALUES, LLN_AXIS_TOKEN, LLN_KEYS);
}

/* Under a mask there must be at least as many keys as queries. */
static lln_status check_mask(const check *c)
{
    lln_mask mask = c->rules->mask;
    size_t n = size_of(c, LLN_QUERIES, LLN_AXIS_TOKEN);
    size_t m = size_of(c, LLN_KEYS, LLN_AXIS_TOKEN);
    for (size_t b = 0; b < size_of(c, LLN_QUERIES, LLN_AXIS_BATCH); b++) {
        lln_length length = lln_lengths_at(c->rules->lengths, b, n, m);
        if (lln_mask_hides(mask) && length.keys > 0 &&
            length.queries > length.keys)
            return lln_fail(
                LLN_EFORMAT,
                "%s: %zu key%s; a %s needs at least %zu, one for "
                "each query of %s",
                name_of(c, LLN_KEYS), length.keys, lln_text_plural(length.keys),
                mask.causal ? "causal mask" : "window", length.queries,
                name_after(c, LLN_QUERIES, LLN_KEYS));
    }
    return LLN_OK;
}

/* LLN_EFORMAT if the layout has an axis whose number the key in the file
 * gives. */
static lln_status check_numbered(const check *c, const char *layout)
{
    const long numbers[] = {c->bundle->layer, c->bundle->head};
    static const char letters[] = "lh", *const names[] = {"layer", "head"};
    for (int i = 0; i < 2; i++)
        if (numbers[i] >= 0 && layout && strchr(layout, letters[i]))
            return lln_fail(LLN_EFORMAT,
                            "%s: the key gives the %s; expected a layout "
                            "without %c, found '%s'",
                            name_of(c, LLN_QUERIES), names[i], letters[i],
                            layout);
    return LLN_OK;
}

static lln_status read_axes(const check *c, lln_role role)
{
    lln_tensor tensor = lln_arrays_shape(c->arrays, c->bundle->number[role]);
    return lln_layout_read(&c->shape->axes, role, name_of(c, role), &tensor,
                           &c->shape->layout[role]);
}

/* Number of key heads side by side, from the features of a query head. */
static lln_status count_keys(const check *c, size_t *heads)
{
    lln_layout *keys = &c->shape->layout[LLN_KEYS];
    size_t d = size_of(c, LLN_QUERIES, LLN_AXIS_FEATURE);
    c->shape->axes.split.heads[LLN_KEYS] = 1;
    LLN_TRY(read_axes(c, LLN_KEYS));
    size_t width = keys->size[LLN_AXIS_FEATURE];
    *heads = width / d;
    if (width % d == 0)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "%s: %zu features; expected a multiple of %zu, the "
                    "features of one of the %zu heads of %s",
                    name_of(c, LLN_KEYS), width, d,
                    size_of(c, LLN_QUERIES, LLN_AXIS_HEAD),
                    name_after(c, LLN_QUERIES, LLN_KEYS));
}

/* Sets the numbers of key and value heads in an axis D. If one array contains
 * all roles, they equal the number of query heads, unless they were given. */
static lln_status settle_split(const check *c)
{
    lln_split *split = &c->shape->axes.split;
    size_t *heads = split->heads;
    *split = c->rules->split;
    bool fused = split->fused != LLN_FUSED_NONE;
    if (heads[LLN_KEYS] > 0 || heads[LLN_QUERIES] == 0)
        return LLN_OK;
    heads[LLN_KEYS] = heads[LLN_VALUES] = heads[LLN_QUERIES];
    bool one = c->bundle->number[LLN_QUERIES] == c->bundle->number[LLN_KEYS];
    if (fused || one || c->rules->narrow)
        return LLN_OK;
    LLN_TRY(read_axes(c, LLN_QUERIES));
    LLN_TRY(count_keys(c, &heads[LLN_KEYS]));
    heads[LLN_VALUES] = heads[LLN_KEYS];
    return LLN_OK;
}

static lln_status check_layout(const check *c, const char *layout)
{
    c->shape->axes.letters = layout;
    c->shape->axes.stored = c->rules->stored;
    LLN_TRY(settle_split(c));
    for (size_t role = 0; role < c->rules->roles; role++)
        LLN_TRY(read_axes(c, (lln_role)role));
    return check_numbered(c, layout);
}

static lln_status check_sizes(const check *c)
{
    if (!c->rules->stored)
        LLN_TRY(check_keys(c));
    if (c->rules->roles > LLN_VALUES)
        LLN_TRY(check_values(c));
    LLN_TRY(lln_lengths_check(c->rules->lengths, name_of(c, LLN_QUERIES),
                              size_of(c, LLN_QUERIES, LLN_AXIS_BATCH),
                              size_of(c, LLN_QUERIES, LLN_AXIS_TOKEN),
                              size_of(c, LLN_KEYS, LLN_AXIS_TOKEN)));
    return check_mask(c);
}

/* Whether the sizes fit if the query heads are side by side, as many as the
 * widths of queries and keys suggest. */
static bool fits_split(const check *c, const lln_tensor *q)
{
    lln_shape_rules rules = *c->rules;
    lln_tensor k = lln_arrays_shape(c->arrays, c->bundle->number[LLN_KEYS]);
    size_t wide = q->shape[q->axes - 1], narrow = k.shape[k.axes - 1];
    if (rules.split.heads[LLN_QUERIES] > 0 || q->axes > 3 || wide <= narrow)
        return false;
    rules.split.heads[LLN_QUERIES] = wide / narrow;
    check as = {&rules, c->arrays, c->bundle, c->shape};
    return check_layout(&as, NULL) == LLN_OK && check_sizes(&as) == LLN_OK;
}

/* Appends to the message of a failure the layouts that would fit. */
static lln_status suggest_layouts(const check *c, lln_status status)
{
    char fit[FITTING_TEXT] = "", reason[1024];
    lln_tensor q = lln_arrays_shape(c->arrays, c->bundle->number[LLN_QUERIES]);
    const char *const *layout = lln_layouts(q.axes);
    snprintf(reason, sizeof reason, "%s", lln_error_message());
    for (; layout && *layout; layout++)
        if (check_layout(c, *layout) == LLN_OK && check_sizes(c) == LLN_OK)
            lln_layouts_append(fit, sizeof fit, *layout, true);
    if (fit[0])
        return lln_fail(status, "%s; layout %s would fit", reason, fit);
    if (fits_split(c, &q))
        return lln_fail(status, "%s; layout %s with --split-heads may fit",
                        reason, q.axes == 2 ? "nD" : "bnD");
    return lln_fail(status, "%s", reason);
}

lln_status lln_bundle_shape_read(const lln_shape_rules *rules,
                                 const lln_arrays *arrays,
                                 const lln_bundle *bundle,
                                 lln_bundle_shape *shape)
{
    check c = {rules, arrays, bundle, shape};
    LLN_TRY(check_layout(&c, rules->layout));
    lln_status status = check_sizes(&c);
    if (status != LLN_OK && !rules->stored)
        return suggest_layouts(&c, status);
    LLN_TRY(status);
    shape->group = size_of(&c, LLN_QUERIES, LLN_AXIS_HEAD) /
                   size_of(&c, LLN_KEYS, LLN_AXIS_HEAD);
    return LLN_OK;
}
