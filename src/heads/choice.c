/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "heads/candidates.h"
#include "heads/words.h"

enum { AXES = 2 }; /* fewest axes of an array of queries, keys or values */

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

/* The option that names the arrays of a role. */
static const char *key_option(const lln_choice *c, lln_role role)
{
    static const char *const options[] = {"--key-q", "--key-k", "--key-v"};
    return c->stored ? "--key-attention" : options[role];
}

static lln_status fail_twice(const lln_choice *c, lln_role role,
                             const char *text)
{
    char letter[] = {option_letter[role], '\0'};
    return lln_fail(
        LLN_EINVAL, "%s cannot be used with --%s %s, which names a key",
        key_option(c, role), c->stored ? "attention" : letter, text);
}

static lln_status open_role(lln_choice *c, lln_arrays *arrays, lln_role role,
                            const char *text, const char *pattern)
{
    char *path, *key;
    lln_status status = lln_files_split(text, &path, &key);
    if (status == LLN_OK)
        status = lln_arrays_file(arrays, path, &c->file[role]);
    if (status == LLN_OK && key && pattern)
        status = fail_twice(c, role, text);
    if (status == LLN_OK && (key || pattern)) {
        status = lln_pattern_check(key ? key : pattern);
        if (status != LLN_OK && !key)
            (void)lln_fail_in(status, key_option(c, role));
        c->pattern[role] = key ? key : strdup(pattern);
        if (!c->pattern[role])
            status = lln_fail(LLN_ENOMEM, "out of memory");
    }
    free(path);
    if (!c->pattern[role])
        free(key);
    return status;
}

/* The only array of a file cannot be both queries and keys. If it cannot be
 * read, the message says so first. */
static lln_status refuse_single(lln_container *file)
{
    lln_tensor tensor;
    if (lln_container_entry_at(file, 0).unreadable)
        return lln_container_read(file, 0, &tensor); /* the message says why */
    return lln_fail(LLN_EFORMAT,
                    "%s: only one array; name the arrays of queries and keys "
                    "with --q and --k, or use --fused if it contains both",
                    lln_container_name(file));
}

static lln_status open_files(lln_choice *c, lln_arrays *arrays,
                             const lln_files *files)
{
    const char *texts[] = {files->q, files->k, files->v};
    const char *patterns[] = {files->key_q, files->key_k, files->key_v};
    c->roles = files->v || (files->file && files->values) ? LLN_VALUES + 1
                                                          : LLN_VALUES;
    for (size_t role = 0; role < c->roles; role++)
        LLN_TRY(open_role(c, arrays, (lln_role)role,
                          files->file ? files->file : texts[role],
                          patterns[role]));
    for (size_t role = 0; role < c->roles; role++) {
        bool one = lln_container_only(c->file[role], AXES, &c->only[role]);
        c->single[role] = one && (!files->file || c->together ||
                                  lln_container_count(c->file[role]) == 1);
    }
    return LLN_OK;
}

/* Whether the arrays of a role are known without looking at names. */
static bool is_settled(const lln_choice *c, lln_role role)
{
    return c->pattern[role] || c->single[role];
}

/* Derives the pattern of the queries from that of the keys, if the user gave
 * that and the derived pattern matches arrays. */
static lln_status follow_keys(lln_choice *c)
{
    lln_named *found;
    size_t count;
    char *pattern = NULL;
    if (c->pattern[LLN_KEYS])
        LLN_TRY(lln_name_of_queries(c->pattern[LLN_KEYS], &pattern));
    if (!pattern)
        return LLN_OK;
    lln_status status =
        lln_pattern_find(c->file[LLN_QUERIES], pattern, &found, &count);
    if (status == LLN_OK) {
        free(found);
        c->pattern[LLN_QUERIES] = pattern;
    } else {
        free(pattern);
    }
    return status == LLN_ENOMEM ? status : LLN_OK;
}

static lln_status choose_queries(lln_choice *c)
{
    if (is_settled(c, LLN_QUERIES))
        return LLN_OK;
    c->by_name = true;
    LLN_TRY(follow_keys(c));
    if (c->pattern[LLN_QUERIES])
        return LLN_OK;
    return lln_candidates_queries(c->file[LLN_QUERIES],
                                  is_settled(c, LLN_KEYS) ? NULL
                                                          : c->file[LLN_KEYS],
                                  &c->pattern[LLN_QUERIES]);
}

/* Finds an array that contains queries, keys and values by its name: the array
 * that --key-q names, or one of a file without separate queries. `reason` is
 * the status of looking for separate queries. */
static lln_status find_fused(lln_choice *c, const lln_files *files,
                             lln_status reason)
{
    char message[LLN_MESSAGE];
    lln_fused fused = LLN_FUSED_NONE;
    snprintf(message, sizeof message, "%s", lln_error_message());
    if (c->pattern[LLN_QUERIES]) {
        size_t length;
        (void)lln_words_fused(c->pattern[LLN_QUERIES], &length, &fused);
    } else {
        LLN_TRY(lln_candidates_fused(c->file[LLN_QUERIES],
                                     &c->pattern[LLN_QUERIES], &fused));
        c->by_name = c->pattern[LLN_QUERIES] != NULL;
    }
    if (!c->together && fused == LLN_FUSED_NONE)
        return reason == LLN_OK ? LLN_OK : lln_fail(reason, "%s", message);
    if (c->together && !is_settled(c, LLN_QUERIES))
        return lln_fail(LLN_EFORMAT,
                        "%s: no array has a name such as qkv; name the fused "
                        "arrays with --key-q",
                        lln_container_name(c->file[LLN_QUERIES]));
    c->by_name = c->by_name || !c->together;
    if (files->model.fused != LLN_FUSED_NONE)
        fused = files->model.fused;
    c->fused = c->together ? c->fused : fused;
    c->together = true;
    return LLN_OK;
}

/* All roles use the arrays of the queries. */
static lln_status share_arrays(lln_choice *c)
{
    for (size_t role = LLN_KEYS; role < c->roles; role++) {
        if (c->pattern[role])
            return lln_fail(LLN_EINVAL,
                            "--key-%c: '%s' contains queries, keys and values; "
                            "use --key-q alone",
                            option_letter[role],
                            c->pattern[LLN_QUERIES]
                                ? c->pattern[LLN_QUERIES]
                                : lln_container_name(c->file[role]));
        if (c->pattern[LLN_QUERIES]) {
            c->pattern[role] = strdup(c->pattern[LLN_QUERIES]);
            if (!c->pattern[role])
                return lln_fail(LLN_ENOMEM, "out of memory");
        }
    }
    return LLN_OK;
}

/* The arrays of attention weights are those of queries and of keys. */
static lln_status choose_stored(lln_choice *c, lln_arrays *arrays,
                                const lln_files *files)
{
    c->stored = true;
    c->roles = LLN_VALUES;
    LLN_TRY(open_role(c, arrays, LLN_QUERIES, files->file, files->key_q));
    lln_container *file = c->file[LLN_QUERIES];
    c->single[LLN_QUERIES] =
        lln_container_only(file, AXES, &c->only[LLN_QUERIES]);
    if (!is_settled(c, LLN_QUERIES)) {
        c->by_name = true;
        LLN_TRY(lln_candidates_attention(file, &c->pattern[LLN_QUERIES]));
    }
    c->file[LLN_KEYS] = file;
    c->single[LLN_KEYS] = c->single[LLN_QUERIES];
    c->only[LLN_KEYS] = c->only[LLN_QUERIES];
    return share_arrays(c);
}

/* Reads from the layout and --fused whether an array contains all three
 * roles. */
static lln_status read_fused(lln_choice *c, const lln_files *files)
{
    bool axis = files->layout && strchr(files->layout, '3');
    c->together = files->file && (files->fused || axis);
    if (!files->fused)
        return LLN_OK;
    if (axis)
        return lln_fail(LLN_EINVAL,
                        "--fused cannot be used with layout '%s': its axis 3 "
                        "separates queries, keys and values",
                        files->layout);
    return lln_fused_read(files->fused, &c->fused);
}

/* Chooses arrays that contain all three roles, if there are no separate
 * queries. */
static lln_status choose_fused(lln_choice *c, const lln_files *files)
{
    bool single = lln_container_count(c->file[LLN_QUERIES]) == 1;
    lln_status status = LLN_OK;
    if (!files->file || (!c->together && c->pattern[LLN_KEYS]))
        return single && files->file ? refuse_single(c->file[LLN_QUERIES])
                                     : LLN_OK;
    if (!c->together && !is_settled(c, LLN_QUERIES)) {
        status = choose_queries(c);
        if (status != LLN_EUNDEFINED)
            return status;
    }
    status = find_fused(c, files, status);
    if (status == LLN_OK && c->together)
        return share_arrays(c);
    return status == LLN_OK && single ? refuse_single(c->file[LLN_QUERIES])
                                      : status;
}

/* Fails if the queries have a pattern that no array matches. */
static lln_status check_pattern(const lln_choice *c)
{
    lln_named *found = NULL;
    size_t count;
    if (!c->pattern[LLN_QUERIES])
        return LLN_OK;
    lln_status status = lln_pattern_find(
        c->file[LLN_QUERIES], c->pattern[LLN_QUERIES], &found, &count);
    free(found);
    return status;
}

/* Derives the pattern of keys or values from the name of the queries. */
static lln_status choose_partner(lln_choice *c, lln_role role)
{
    if (is_settled(c, role))
        return LLN_OK;
    const char *name =
        c->pattern[LLN_QUERIES]
            ? c->pattern[LLN_QUERIES]
            : lln_container_entry_at(c->file[LLN_QUERIES], c->only[LLN_QUERIES])
                  .key;
    *(role == LLN_VALUES ? &c->values_by_name : &c->by_name) = true;
    LLN_TRY(lln_name_partner(name, role, &c->pattern[role]));
    if (c->pattern[role])
        return LLN_OK;
    LLN_TRY(check_pattern(c));
    return lln_fail(
        LLN_EFORMAT,
        "%s: cannot find the %s: '%s' contains no word such as q to "
        "replace; use --key-%c",
        lln_container_name(c->file[role]), lln_role_name(role), name,
        option_letter[role]);
}

lln_status lln_choice_lacks_values(const lln_files *files, lln_status status,
                                   lln_choice *choice)
{
    char reason[LLN_MESSAGE];
    if (status != LLN_EFORMAT || files->v || files->key_v || choice->together)
        return status;
    if (files->values_optional) {
        choice->roles = LLN_VALUES;
        return LLN_OK;
    }
    snprintf(reason, sizeof reason, "%s", lln_error_message());
    return lln_fail(
        status, "%s%s or --v", reason,
        choice->pattern[LLN_VALUES] ? "; name the values with --key-v" : "");
}

static lln_status choose(lln_choice *c, lln_arrays *arrays,
                         const lln_files *files)
{
    if (files->stored)
        return choose_stored(c, arrays, files);
    LLN_TRY(read_fused(c, files));
    LLN_TRY(open_files(c, arrays, files));
    LLN_TRY(choose_fused(c, files));
    LLN_TRY(choose_queries(c));
    if (c->together)
        return LLN_OK;
    LLN_TRY(choose_partner(c, LLN_KEYS));
    if (c->roles == LLN_VALUES)
        return LLN_OK;
    lln_status status = choose_partner(c, LLN_VALUES);
    return status == LLN_OK ? LLN_OK
                            : lln_choice_lacks_values(files, status, c);
}

lln_status lln_choice_open(const lln_files *files, lln_arrays *arrays,
                           lln_choice *choice)
{
    *choice = (lln_choice){.roles = 0};
    return choose(choice, arrays, files);
}

void lln_choice_close(lln_choice *choice)
{
    for (size_t role = 0; role < LLN_ROLES; role++)
        free(choice->pattern[role]);
}

/* "queries 'q', keys 'k'" */
static void print_roles(const lln_choice *c, FILE *text)
{
    for (size_t role = 0; role < c->roles; role++)
        if (c->pattern[role])
            fprintf(text, "%s%s '%s'", role == 0 ? "" : ", ",
                    lln_role_name((lln_role)role), c->pattern[role]);
}

/* "queries, keys and values 'qkv', --fused qkv" */
static void print_together(const lln_choice *c, FILE *text)
{
    fprintf(text, "queries, keys and values '%s'", c->pattern[LLN_QUERIES]);
    if (c->fused)
        fprintf(text, ", --fused %s", lln_fused_name(c->fused));
}

lln_status lln_choice_note(const lln_choice *choice, char **note)
{
    size_t size;
    FILE *text = open_memstream(note, &size);
    if (!text)
        return lln_fail(LLN_ENOMEM, "out of memory");
    fprintf(text, "%s: ", lln_container_name(choice->file[LLN_QUERIES]));
    if (choice->stored)
        fprintf(text, "attention weights '%s'", choice->pattern[LLN_QUERIES]);
    else if (choice->together)
        print_together(choice, text);
    else
        print_roles(choice, text);
    return fclose(text) == 0 ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}
