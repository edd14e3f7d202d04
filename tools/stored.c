/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stored.h"

#include <string.h>

#include "kernel/table/table.h"
#include "message.h"
#include "options.h"

bool stored_given(void)
{
    return run_shared.attention && !cli_given("compare");
}

bool stored_beside(void)
{
    return run_shared.attention && cli_given("compare");
}

void stored_refuse(const char *option)
{
    if (stored_given())
        cli_usage("%s cannot be used with --attention: it needs queries and "
                  "keys",
                  option);
}

/* The shared options that have a meaning for attention weights. */
static bool has_meaning(const char *option)
{
    static const char *const options[] = {
        "attention", "key-attention", "list",       "plan",
        "layout",    "layers",        "heads",      "lengths",
        "padding",   "rows",          "seed",       "output",
        "resume",    "format",        "columns",    "precision",
        "no-header", "comments",      "threads",    "double",
        "aggregate", "shard",         "fail-below", "fail-above",
        "quiet",     "list-kernels",  NULL};
    for (size_t i = 0; options[i]; i++)
        if (strcmp(options[i], option) == 0)
            return true;
    return false;
}

static void refuse_options(void)
{
    for (const cli_option *o = run_shared_options; o->name; o++)
        if (cli_given(o->name) && !has_meaning(o->name))
            cli_usage("--%s cannot be used with --attention", o->name);
    if (run_shared.aggregate && strcmp(run_shared.aggregate, "kv-head") == 0)
        cli_usage("--aggregate kv-head cannot be used with --attention: the "
                  "key heads are not known");
}

static void check_beside(void)
{
    static const char *const others[] = {"tau", "plan", NULL};
    const char *other = cli_first_given(others);
    if (!run_shared.file && !run_shared.q)
        cli_usage("--attention with --compare needs a FILE of queries and "
                  "keys, or --q and --k");
    if (other)
        cli_usage("--%s cannot be used with --attention", other);
}

void stored_check(void)
{
    run_options *o = &run_shared;
    if (!o->attention && o->key_attention)
        cli_usage("--key-attention needs --attention");
    if (stored_beside())
        check_beside();
    if (!stored_given())
        return;
    refuse_options();
    const char **files = cli_alloc(o->file_count + 2, sizeof *files);
    files[0] = o->attention;
    for (size_t i = 0; i < o->file_count; i++)
        files[i + 1] = o->files[i];
    o->files = files;
    o->file = files[0];
    o->file_count++;
}

kernel_list stored_kernels(const kernel_list *others)
{
    kernel_list list = {.count = 1 + others->count};
    list.entries = cli_alloc(list.count, sizeof *list.entries);
    list.entries[0].choice = lln_kernel_stored();
    for (size_t i = 0; i < others->count; i++)
        list.entries[1 + i] = others->entries[i];
    return list;
}
