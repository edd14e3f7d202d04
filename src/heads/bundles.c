/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/bundles.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"

/* Where the arrays of a role are. */
typedef struct {
    lln_container *file;
    char *pattern; /* NULL: the only array of the file */
    lln_named *found;
    size_t count;
    size_t next; /* of found that has not been paired */
} role_arrays;

typedef struct {
    lln_arrays *arrays;
    size_t roles; /* 3 with values, else 2 */
    role_arrays role[LLN_ROLES];
    bool by_name; /* queries were chosen so */
    lln_bundle *bundles;
    size_t count;
} search;

static const char option_letter[] = "qkv";

lln_status lln_files_split(const char *text, char **path, char **key)
{
    *path = strdup(text);
    *key = NULL;
    if (!*path)
        return lln_fail(LLN_ENOMEM, "out of memory");
    if (access(text, F_OK) == 0)
        return LLN_OK;
    for (char *colon = strchr(*path, ':'); colon; colon = strchr(colon, ':')) {
        *colon = '\0';
        if (strcmp(*path, "-") == 0 || access(*path, F_OK) == 0) {
            *key = strdup(colon + 1);
            return *key ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
        }
        *colon++ = ':';
    }
    return LLN_OK;
}

/* Opens the file of a role and sets the pattern, if there is one. */
static lln_status open_role(search *s, lln_role role, const char *text,
                            const char *pattern)
{
    char *path, *key, letter = option_letter[role];
    role_arrays *r = &s->role[role];
    lln_status status = lln_files_split(text, &path, &key);
    if (status == LLN_OK)
        status = lln_arrays_file(s->arrays, path, &r->file);
    if (status == LLN_OK && key && pattern)
        status = lln_fail(LLN_EINVAL, "--key-%c: --%c %s names a key too",
                          letter, letter, text);
    if (status == LLN_OK && (key || pattern)) {
        status = lln_pattern_check(key ? key : pattern);
        if (status != LLN_OK && !key) {
            char option[] = {'-', '-', 'k', 'e', 'y', '-', letter, '\0'};
            (void)lln_fail_in(status, option);
        }
        r->pattern = key ? key : strdup(pattern);
        if (!r->pattern)
            status = lln_fail(LLN_ENOMEM, "out of memory");
    }
    free(path);
    if (!r->pattern)
        free(key);
    return status;
}

/* An array that cannot be read is not to be named elsewhere first. */
static lln_status refuse_single(lln_container *file)
{
    lln_tensor tensor;
    if (lln_container_entry_at(file, 0).unreadable)
        return lln_container_read(file, 0, &tensor); /* says why */
    return lln_fail(LLN_EFORMAT,
                    "%s: one array; name those of queries and keys with "
                    "--q and --k",
                    lln_container_name(file));
}

static lln_status open_files(search *s, const lln_files *files)
{
    const char *texts[] = {files->q, files->k, files->v};
    const char *patterns[] = {files->key_q, files->key_k, files->key_v};
    s->roles = files->v || (files->file && files->values) ? LLN_VALUES + 1
                                                          : LLN_VALUES;
    for (size_t role = 0; role < s->roles; role++)
        LLN_TRY(open_role(s, (lln_role)role,
                          files->file ? files->file : texts[role],
                          patterns[role]));
    bool single = files->file && lln_container_count(s->role[0].file) == 1;
    return single ? refuse_single(s->role[0].file) : LLN_OK;
}

/* Whether the arrays of a role are chosen without looking at names. */
static bool is_settled(const role_arrays *r)
{
    return r->pattern || lln_container_count(r->file) == 1;
}

static lln_status choose_queries(search *s)
{
    role_arrays *q = &s->role[LLN_QUERIES], *k = &s->role[LLN_KEYS];
    if (is_settled(q))
        return LLN_OK;
    s->by_name = true;
    return lln_name_queries(q->file, is_settled(k) ? NULL : k->file,
                            &q->pattern);
}

/* The pattern of keys or values from that of the queries. */
static lln_status choose_partner(search *s, lln_role role)
{
    role_arrays *r = &s->role[role];
    const role_arrays *q = &s->role[LLN_QUERIES];
    if (is_settled(r))
        return LLN_OK;
    const char *name =
        q->pattern ? q->pattern : lln_container_entry_at(q->file, 0).key;
    s->by_name = true;
    LLN_TRY(lln_name_partner(name, role, &r->pattern));
    if (r->pattern)
        return LLN_OK;
    return lln_fail(LLN_EFORMAT,
                    "%s: which arrays are the %s? '%s' has no word such as q; "
                    "choose with --key-%c",
                    lln_container_name(r->file), lln_role_name(role), name,
                    option_letter[role]);
}

static lln_status find_role(role_arrays *r)
{
    if (r->pattern)
        return lln_pattern_find(r->file, r->pattern, &r->found, &r->count);
    r->found = lln_array_alloc(1, sizeof *r->found);
    if (!r->found)
        return LLN_ENOMEM;
    r->found[0] = (lln_named){-1, -1, 0};
    r->count = 1;
    return LLN_OK;
}

/* The arrays of a role other than queries. */
static lln_status find_partner(search *s, lln_role role)
{
    LLN_TRY(choose_partner(s, role));
    return find_role(&s->role[role]);
}

/* Those of values that nobody named may be missing; the message says how to
 * name them. */
static lln_status find_values(search *s, const lln_files *files)
{
    char reason[LLN_MESSAGE];
    bool by_name = s->by_name;
    lln_status status = find_partner(s, LLN_VALUES);
    if (status != LLN_EFORMAT || files->v || files->key_v)
        return status;
    if (files->values_optional) {
        s->by_name = by_name;
        s->roles = LLN_VALUES;
        return LLN_OK;
    }
    snprintf(reason, sizeof reason, "%s", lln_error_message());
    return lln_fail(
        status, "%s%s, or with --v", reason,
        s->role[LLN_VALUES].pattern ? "; name the values with --key-v" : "");
}

/* Arrays of the layer that comes next, whose heads are in the keys. */
static size_t next_group(const role_arrays *r)
{
    size_t end = r->next;
    while (end < r->count && r->found[end].layer == r->found[r->next].layer)
        end++;
    return end - r->next;
}

/* "x.npz: no keys to go with 'layers.3.q'" */
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

/* LLN_EFORMAT unless keys or values come next with the layer of the queries,
 * in a number that divides theirs. An array and an array go together. */
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
                    "%s: %zu arrays of %s like '%s'; expected a divisor of "
                    "the %zu of queries",
                    lln_container_name(r->file), next_group(r),
                    lln_role_name(role), r->pattern, next_group(q));
}

/* Adds the array of a role to the bundle of query `head` of the next group. */
static lln_status add_array(search *s, lln_role role, size_t head,
                            lln_bundle *bundle)
{
    role_arrays *r = &s->role[role];
    size_t share = next_group(&s->role[LLN_QUERIES]) / next_group(r);
    size_t index = r->found[r->next + head / share].index;
    lln_tensor tensor;
    if (lln_container_entry_at(r->file, index).unreadable)
        return lln_container_read(r->file, index, &tensor); /* says why */
    return lln_arrays_add(s->arrays, r->file, index, &bundle->number[role]);
}

/* Puts the next layer in bundles. */
static lln_status pair_layer(search *s)
{
    role_arrays *q = &s->role[LLN_QUERIES];
    for (size_t role = LLN_KEYS; role < s->roles; role++)
        LLN_TRY(check_group(s, (lln_role)role));
    for (size_t head = 0; head < next_group(q); head++) {
        const lln_named *named = &q->found[q->next + head];
        lln_bundle *bundle = &s->bundles[s->count++];
        *bundle = (lln_bundle){.layer = named->layer, .head = named->head};
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

/* "x.npz: queries 'q', keys 'k'": what the names decided. */
static lln_status write_note(const search *s, char **note)
{
    size_t size;
    FILE *text = open_memstream(note, &size);
    if (!text)
        return lln_fail(LLN_ENOMEM, "out of memory");
    fprintf(text, "%s: ", lln_container_name(s->role[LLN_QUERIES].file));
    for (size_t role = 0; role < s->roles; role++)
        if (s->role[role].pattern)
            fprintf(text, "%s%s '%s'", role == 0 ? "" : ", ",
                    lln_role_name((lln_role)role), s->role[role].pattern);
    return fclose(text) == 0 ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}

static lln_status match_arrays(search *s, const lln_files *files, char **note)
{
    LLN_TRY(open_files(s, files));
    LLN_TRY(choose_queries(s));
    LLN_TRY(find_role(&s->role[LLN_QUERIES]));
    LLN_TRY(find_partner(s, LLN_KEYS));
    if (s->roles > LLN_VALUES)
        LLN_TRY(find_values(s, files));
    s->bundles =
        lln_array_alloc(s->role[LLN_QUERIES].count, sizeof *s->bundles);
    if (!s->bundles)
        return LLN_ENOMEM;
    while (arrays_left(s))
        LLN_TRY(pair_layer(s));
    return s->by_name ? write_note(s, note) : LLN_OK;
}

lln_status lln_bundles_open(const lln_files *files, lln_arrays *arrays,
                            lln_bundle **bundles, size_t *count, size_t *roles,
                            char **note)
{
    search s = {.arrays = arrays};
    *note = NULL;
    lln_status status = match_arrays(&s, files, note);
    for (size_t role = 0; role < LLN_ROLES; role++) {
        free(s.role[role].pattern);
        free(s.role[role].found);
    }
    if (status != LLN_OK)
        free(s.bundles);
    *bundles = status == LLN_OK ? s.bundles : NULL;
    *count = s.count;
    *roles = s.roles;
    return status;
}
