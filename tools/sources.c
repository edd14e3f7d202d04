/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sources.h"

#include <stdlib.h>
#include <string.h>

#include "heads/files.h"
#include "heads/gaussian.h"
#include "listing.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "tensor/container.h"

/* Options that name files of heads: FILE, --q, --k, --v. */
enum { FILES = 4 };

/* The file that one of them names in FILE:KEY, owned by the caller; NULL: it
 * was not given. */
static char *path_of(int file)
{
    const run_options *o = &run_shared;
    const char *const texts[FILES] = {o->file, o->q, o->k, o->v};
    const char *text = texts[file];
    char *path, *key;
    if (!text)
        return NULL;
    cli_check(lln_files_split(text, &path, &key));
    free(key);
    return path;
}

/* One file may hold everything; it is read once. */
static void check_pipes(void)
{
    const run_options *o = &run_shared;
    const char *const others[] = {o->params, o->lengths};
    bool piped = false;
    int pipes = 0;
    for (int i = 0; i < FILES; i++) {
        char *path = path_of(i);
        piped = piped || (path && strcmp(path, "-") == 0);
        free(path);
    }
    pipes += piped;
    for (int i = 0; i < 2; i++)
        pipes += others[i] && strcmp(others[i], "-") == 0;
    if (pipes > 1)
        cli_usage("standard input can be read only once");
}

void sources_refuse(const char *option)
{
    const run_options *o = &run_shared;
    cli_usage("--%s is for sampled heads; these are read from '%s'", option,
              o->file ? o->file : o->q);
}

/* The option that can do without values; NULL: they are needed. */
static const values_option *values_optional(void)
{
    const values_option *option = run_shared.values_optional;
    while (option && option->name && !cli_given(option->name))
        option++;
    return option && option->name ? option : NULL;
}

static void check_values(void)
{
    const run_options *o = &run_shared;
    if (!o->values || !o->q || o->v || o->list)
        return;
    if (o->key_v)
        cli_usage("--key-v: --q and --k are given without --v, the file of the "
                  "values");
    if (!values_optional())
        cli_usage("--q and --k are given without --v; name the values with --v "
                  "FILE, or one FILE and --key-v");
}

void sources_check(void)
{
    static const char *const model[] = {"sigma-q", "sigma-k", "tokens", "dim",
                                        NULL};
    static const char *const file[] = {"v",      "key-q",  "key-k", "key-v",
                                       "layout", "layers", "heads", "lengths",
                                       "list",   NULL};
    const run_options *o = &run_shared;
    if (!o->q != !o->k)
        cli_usage("--%s is given without --%s", o->q ? "q" : "k",
                  o->q ? "k" : "q");
    if (o->file && o->q)
        cli_usage("'%s': --q and --k name files already", o->file);
    if (o->file && o->v)
        cli_usage("'%s': --v is for --q and --k", o->file);
    check_values();
    const char *name = cli_first_given(sources_sampled() ? file : model);
    if (name && !sources_sampled())
        sources_refuse(name);
    if (name)
        cli_usage("--%s is for heads from files; name a FILE, or --q and --k",
                  name);
    check_pipes();
}

bool sources_sampled(void)
{
    return !run_shared.file && !run_shared.q;
}

/* Says that values are missing. */
static void warn_of_values(const lln_heads *heads)
{
    const run_options *o = &run_shared;
    lln_head head;
    heads->describe(heads, 0, &head);
    if (o->values && head.v.columns == 0 && !o->quiet)
        cli_warn("%s: no values: %s; name them with --v or --key-v",
                 o->file ? o->file : o->q, values_optional()->without);
}

void sources_open(lln_heads *heads)
{
    const run_options *o = &run_shared;
    if (sources_sampled()) {
        lln_gaussian model = {
            .n = o->tokens,
            .d = o->dim,
            .sigma_q = o->sigma_q,
            .sigma_k = o->sigma_k,
            .seed = o->seed,
            .trials = o->trials,
            .rule = o->rule,
            .values = o->values,
        };
        cli_check(lln_gaussian_open(&model, heads));
        return;
    }
    lln_files files = {
        .file = o->file,
        .q = o->q,
        .k = o->k,
        .v = o->v,
        .values = o->values,
        .values_optional = values_optional() != NULL,
        .unchecked = o->plan,
        .key_q = o->key_q,
        .key_k = o->key_k,
        .key_v = o->key_v,
        .layout = o->layout,
        .layers = o->layers,
        .heads = o->heads,
        .lengths = o->lengths,
        .rule = o->rule,
    };
    lln_status status = lln_files_open(&files, heads);
    if (status == LLN_EINVAL)
        cli_usage("%s", lln_error_message());
    cli_check(status);
    if (heads->note && !o->quiet)
        cli_warn("%s", heads->note);
    warn_of_values(heads);
}

void sources_refuse_overwrite(void)
{
    for (int i = 0; i < FILES; i++) {
        char *path = path_of(i);
        cli_refuse_overwrite(path);
        free(path);
    }
    cli_refuse_overwrite(run_shared.lengths);
}

/* A row of --list. */
typedef struct {
    const char *key, *dtype, *shape, *source;
} array_record;

static const record_column array_columns[] = {
    RECORD_TEXT(array_record, key, "key", COLUMNS_ID, 0),
    RECORD_TEXT(array_record, dtype, "dtype", COLUMNS_DEFAULT, 0),
    RECORD_TEXT(array_record, shape, "shape", COLUMNS_DEFAULT, 0),
    RECORD_TEXT(array_record, source, "source", COLUMNS_ID, 0),
    {0},
};

static void list_file(const char *path, listing *list)
{
    lln_container *file;
    cli_check(lln_container_open(path, &file));
    for (size_t i = 0; i < lln_container_count(file); i++) {
        char shape[LLN_TENSOR_SHAPE_TEXT];
        lln_container_entry entry = lln_container_entry_at(file, i);
        lln_tensor tensor = {.axes = entry.axes};
        memcpy(tensor.shape, entry.shape, sizeof tensor.shape);
        lln_tensor_shape_text(&tensor, shape, sizeof shape);
        array_record record = {entry.key, entry.dtype, shape, path};
        listing_put(list, &record);
    }
    lln_container_close(file);
}

int sources_list(void)
{
    char *paths[FILES] = {NULL};
    listing table =
        listing_open((record_type){array_columns, sizeof(array_record)});
    for (int i = 0; i < FILES; i++) {
        paths[i] = path_of(i);
        bool listed = !paths[i];
        for (int j = 0; j < i && !listed; j++)
            listed = paths[j] && strcmp(paths[i], paths[j]) == 0;
        if (!listed)
            list_file(paths[i], &table);
    }
    for (int i = 0; i < FILES; i++)
        free(paths[i]);
    return listing_close(&table);
}
