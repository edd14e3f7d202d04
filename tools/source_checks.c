/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "source_checks.h"

#include <stdlib.h>
#include <string.h>

#include "against.h"
#include "array_lists.h"
#include "config.h"
#include "heads/files.h"
#include "identity.h"
#include "maps.h"
#include "message.h"
#include "operands.h"
#include "rules.h"
#include "stored.h"

bool sources_is_pipe(const char *text)
{
    char *path, *key;
    cli_check(lln_files_split(text, &path, &key));
    bool pipe = strcmp(path, "-") == 0;
    free(path);
    free(key);
    return pipe;
}

void sources_check_pipes(void)
{
    const run_options *o = &run_shared;
    const char *const others[] = {o->params, o->lengths, o->positions,
                                  o->documents, o->config};
    const char *const parts[] = {o->q, o->k, o->v};
    bool piped = false;
    int pipes = 0;
    for (size_t i = 0; i < o->file_count; i++)
        pipes += sources_is_pipe(o->files[i]);
    for (int i = 0; i < 3; i++)
        piped = piped || (parts[i] && sources_is_pipe(parts[i]));
    pipes += piped;
    pipes += stored_beside() && sources_is_pipe(o->attention);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        pipes += others[i] && strcmp(others[i], "-") == 0;
    if (pipes > 1)
        cli_usage("standard input ('-') is named more than once; it can be "
                  "read only once");
}

const char *const sources_sides[] = {"left", "right", NULL};

static void check_padding(void)
{
    const char *side = run_shared.padding;
    if (side && strcmp(side, sources_sides[0]) != 0 &&
        strcmp(side, sources_sides[1]) != 0)
        cli_usage("--padding: expected left or right, found '%s'", side);
    if (side && !run_shared.lengths)
        cli_usage("--padding needs --lengths");
}

void sources_refuse(const char *option)
{
    const run_options *o = &run_shared;
    cli_usage("--%s cannot be used with '%s': it applies to sampled heads only",
              option, o->file ? o->file : o->q);
}

const values_option *sources_values_optional(void)
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
        cli_usage("--key-v needs --v FILE if --q and --k are used");
    if (!sources_values_optional())
        cli_usage("--q and --k need --v FILE; or use one FILE that also "
                  "contains the values");
}

void sources_check(void)
{
    static const char *const model[] = {"sigma-q", "sigma-k", "tokens", "dim",
                                        NULL};
    static const char *const file[] = {
        "v",           "key-q",    "key-k",   "key-v", "layout",
        "split-heads", "fused",    "layers",  "heads", "lengths",
        "padding",     "clip-qkv", "qk-norm", "rope",  "positions",
        "query-scale", "list",     "config",  NULL};
    const run_options *o = &run_shared;
    against_check();
    stored_check();
    if (!o->q != !o->k)
        cli_usage("--%s needs --%s", o->q ? "q" : "k", o->q ? "k" : "q");
    if (o->file && o->q)
        cli_usage("'%s' cannot be used with --q and --k; use either FILE, or "
                  "--q and --k",
                  o->file);
    if (o->file && o->v)
        cli_usage("--v cannot be used with '%s'; use --key-v to name the "
                  "values in it",
                  o->file);
    if (o->fused && o->q)
        cli_usage("--fused cannot be used with --q and --k: it applies to a "
                  "FILE that contains both");
    check_values();
    const char *name = cli_first_given(options_sampled() ? file : model);
    if (name && !options_sampled())
        sources_refuse(name);
    if (name)
        cli_usage("--%s needs heads from files; use FILE, or --q and --k",
                  name);
    if (arrays_for(ARRAYS_OF_KEYS) && (options_sampled() || stored_given()))
        cli_usage("--arrays k_rope= needs queries and keys from files; use "
                  "FILE, or --q and --k");
    check_padding();
    if (!o->list)
        config_check_arrays();
    rules_check();
    maps_check();
    if (rules_differ())
        row_identity_show_rule();
    if (operands_find()->steps)
        row_identity_show_step();
}
