/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/bundles.h"

#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "heads/candidates.h"
#include "heads/choice.h"
#include "heads/layout.h"

/* The arrays of a role. */
typedef struct {
    lln_container *file;
    const char *pattern; /* NULL: the array `only` of the file */
    size_t only;
    lln_named *found;
    size_t count;
    size_t next; /* the first of `found` that is not yet in a bundle */
} role_arrays;

typedef struct {
    lln_arrays *arrays;
    size_t roles; /* 3 with values, else 2 */
    role_arrays role[LLN_ROLES];
    lln_bundle *bundles;
    size_t count;
} search;

/* The only array has the number of its layer in its name, unless the layout has
 * an axis of layers. */
static lln_status find_role(const lln_files *files, role_arrays *r)
{
    bool axis = files->layout && strchr(files->layout, 'l');
    if (r->pattern)
        return lln_pattern_find(r->file, r->pattern, &r->found, &r->count);
    r->found = lln_array_alloc(1, sizeof *r->found);
    if (!r->found)
        return LLN_ENOMEM;
    const char *key = lln_container_entry_at(r->file, r->only).key;
    long layer = axis ? -1 : lln_candidates_layer(key);
    r->found[0] = (lln_named){layer, -1, r->only};
    r->count = 1;
    return LLN_OK;
}

/* Removes the arrays of a role whose layers are in layers [count] but not
 * chosen. */
static void keep_chosen(role_arrays *r, const size_t *layers,
                        const bool *chosen, size_t count)
{
    size_t kept = 0, at = 0;
    for (size_t i = 0; i < r->count && r->found[0].layer >= 0; i++) {
        size_t layer = (size_t)r->found[i].layer;
        while (at < count && layers[at] < layer)
            at++;
        if (at == count || layers[at] != layer || chosen[at])
            r->found[kept++] = r->found[i];
    }
    r->count = kept > 0 ? kept : r->count;
}

/* Removes arrays of layers that are not selected or are not to be read; these
 * arrays may be missing for other roles. */
static lln_status select_layers(search *s, const lln_files *files)
{
    const role_arrays *q = &s->role[LLN_QUERIES];
    const lln_model_arrays *model = &files->model;
    const char *text = files->layers;
    if ((!text && !model->without) || q->found[0].layer < 0)
        return LLN_OK;
    size_t count = 0;
    size_t *layers = lln_array_alloc(q->count, sizeof *layers);
    bool *chosen = lln_array_alloc(q->count, sizeof *chosen);
    for (size_t i = 0; layers && i < q->count; i++) {
        layers[count] = (size_t)q->found[i].layer;
        count += count == 0 || layers[count - 1] != layers[count];
    }
    lln_status status = LLN_ENOMEM;
    if (layers && chosen)
        status = lln_selection_read(text, "layers", lln_container_name(q->file),
                                    layers, count, chosen);
    for (size_t i = 0; model->without && i < count && status == LLN_OK; i++)
        if (layers[i] < model->layers && model->without[layers[i]])
            chosen[i] = false;
    for (size_t role = 0; role < s->roles && status == LLN_OK; role++)
        keep_chosen(&s->role[role], layers, chosen, count);
    free(layers);
    free(chosen);
    return status;
}

/* Number of arrays of the next layer: more than one if the keys in the file
 * number the heads. */
static size_t next_group(const role_arrays *r)
{
    size_t end = r->next;
    while (end < r->count && r->found[end].layer == r->found[r->next].layer)
        end++;
    return end - r->next;
}

/* "x.npz: no keys like 'layers.{layer}.k' for the queries 'layers.3.q'" */
static lln_status no_partner(const search *s, lln_role has, lln_role lacks)
{
    const role_arrays *r = &s->role[has], *other = &s->role[lacks];
    const char *key =
        lln_container_entry_at(r->file, r->found[r->next].index).key;
    if (!key[0])
        key = lln_container_name(r->file);
    return lln_fail(LLN_EFORMAT, "%s: no %s%s%s%s for the %s '%s'",
                    lln_container_name(other->file), lln_role_name(lacks),
                    other->pattern ? " like '" : "",
                    other->pattern ? other->pattern : "",
                    other->pattern ? "'" : "", lln_role_name(has), key);
}

/* LLN_EFORMAT unless the next arrays of a role have the layer of the next
 * queries, and their number divides that of the queries. A single array of
 * queries and a single array of the role always go together. */
static lln_status check_group(const search *s, lln_role role)
{
    const role_arrays *q = &s->role[LLN_QUERIES], *r = &s->role[role];
    if (r->next == r->count)
        return no_partner(s, LLN_QUERIES, role);
    if (q->next == q->count)
        return no_partner(s, role, LLN_QUERIES);
    if (q->count == 1 && r->count == 1)
        return LLN_OK;
    long own = q->found[q->next].layer, other = r->found[r->next].layer;
    if (own != other)
        return own < other ? no_partner(s, LLN_QUERIES, role)
                           : no_partner(s, role, LLN_QUERIES);
    if (next_group(q) % next_group(r) == 0)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "%s: %zu arrays of %s match '%s'; expected a number that "
                    "divides the %zu arrays of queries",
                    lln_container_name(r->file), next_group(r),
                    lln_role_name(role), r->pattern, next_group(q));
}

/* Adds the array of a role that query `head` of the next layer uses. */
static lln_status add_array(search *s, lln_role role, size_t head,
                            lln_bundle *bundle)
{
    role_arrays *r = &s->role[role];
    size_t share = next_group(&s->role[LLN_QUERIES]) / next_group(r);
    size_t index = r->found[r->next + head / share].index;
    lln_tensor tensor;
    if (lln_container_entry_at(r->file, index).unreadable)
        return lln_container_read(r->file, index,
                                  &tensor); /* the message says why */
    return lln_arrays_add(s->arrays, r->file, index, &bundle->number[role]);
}

/* The number of the key head that query `head` of the next layer uses: from its
 * key in the file, or, if query heads use a key head together, its index. */
static long key_head_of(const search *s, size_t head)
{
    const role_arrays *k = &s->role[LLN_KEYS];
    size_t queries = next_group(&s->role[LLN_QUERIES]), keys = next_group(k);
    size_t at = head / (queries / keys);
    long named = k->found[k->next + at].head;
    return named < 0 && queries > keys ? (long)at : named;
}

/* Makes the bundles of the next layer. */
static lln_status pair_layer(search *s)
{
    role_arrays *q = &s->role[LLN_QUERIES];
    for (size_t role = LLN_KEYS; role < s->roles; role++)
        LLN_TRY(check_group(s, (lln_role)role));
    for (size_t head = 0; head < next_group(q); head++) {
        const lln_named *named = &q->found[q->next + head];
        lln_bundle *bundle = &s->bundles[s->count++];
        *bundle = (lln_bundle){.layer = named->layer,
                               .head = named->head,
                               .key_head = key_head_of(s, head)};
        for (size_t role = 0; role < s->roles; role++)
            LLN_TRY(add_array(s, (lln_role)role, head, bundle));
    }
    size_t groups[LLN_ROLES];
    for (size_t role = 0; role < s->roles; role++)
        groups[role] = next_group(&s->role[role]);
    for (size_t role = 0; role < s->roles; role++)
        s->role[role].next += groups[role];
    return LLN_OK;
}

static bool arrays_left(const search *s)
{
    for (size_t role = 0; role < s->roles; role++)
        if (s->role[role].next < s->role[role].count)
            return true;
    return false;
}

static lln_status match_arrays(search *s, const lln_files *files,
                               lln_choice *choice)
{
    for (size_t role = 0; role < choice->roles; role++) {
        s->role[role].file = choice->file[role];
        s->role[role].pattern = choice->pattern[role];
        s->role[role].only = choice->only[role];
        lln_status status = find_role(files, &s->role[role]);
        if (status == LLN_OK && !choice->stored)
            status = lln_candidates_check(s->role[role].file,
                                          s->role[role].found[0].index);
        if (status != LLN_OK && role == LLN_VALUES)
            status = lln_choice_lacks_values(files, status, choice);
        LLN_TRY(status);
    }
    s->roles = choice->roles;
    s->bundles =
        lln_array_alloc(s->role[LLN_QUERIES].count, sizeof *s->bundles);
    if (!s->bundles)
        return LLN_ENOMEM;
    LLN_TRY(select_layers(s, files));
    while (arrays_left(s))
        LLN_TRY(pair_layer(s));
    return LLN_OK;
}

lln_status lln_bundles_open(const lln_files *files, lln_arrays *arrays,
                            lln_bundle **bundles, size_t *count, size_t *roles,
                            lln_fused *fused, char **note)
{
    search s = {.arrays = arrays};
    lln_choice choice;
    *note = NULL;
    lln_status status = lln_choice_open(files, arrays, &choice);
    if (status == LLN_OK)
        status = match_arrays(&s, files, &choice);
    bool by_name =
        choice.by_name || (choice.values_by_name && choice.roles > LLN_VALUES);
    if (status == LLN_OK && by_name)
        status = lln_choice_note(&choice, note);
    *fused = choice.fused;
    *roles = choice.roles;
    lln_choice_close(&choice);
    for (size_t role = 0; role < LLN_ROLES; role++)
        free(s.role[role].found);
    if (status != LLN_OK)
        free(s.bundles);
    *bundles = status == LLN_OK ? s.bundles : NULL;
    *count = s.count;
    return status == LLN_EUNDEFINED ? LLN_EFORMAT : status;
}
