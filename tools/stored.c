/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "stored.h"

#include <string.h>

#include "kernel/table/table.h"
#include "message.h"
#include "options.h"

bool stored_given(void)
{
    return run_shared.attention != NULL;
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

void stored_check(void)
{
    run_options *o = &run_shared;
    if (!o->attention && o->key_attention)
        cli_usage("--key-attention needs --attention");
    if (!o->attention)
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

kernel_list stored_kernels(void)
{
    kernel_list list = {.count = 1};
    list.entries = cli_alloc(1, sizeof *list.entries);
    list.entries[0].choice = lln_kernel_stored();
    return list;
}
