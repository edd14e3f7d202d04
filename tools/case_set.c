/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "case_set.h"

#include <stdlib.h>

#include "against.h"
#include "array_lists.h"
#include "arrays.h"
#include "beside.h"
#include "case_group.h"
#include "complete_columns.h"
#include "core/threads.h"
#include "jackknife.h"
#include "kernel_rules.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "shard.h"
#include "sources.h"
#include "stored.h"

static void choose_reference(case_set *set)
{
    if (!set->plan->reference)
        return;
    set->reference = kernel_list_read("compare", set->plan->reference, false);
    kernel_list_expect_one("compare", set->plan->reference, &set->reference);
}

/* Those of both lists are on one table. */
static void check_rules(const case_set *set)
{
    kernel_list all = kernel_list_join(&set->kernels, &set->reference);
    kernel_rules_check(&all);
    free(all.entries);
}

/* Puts attention weights before the kernels that were asked for. */
static void add_weights(kernel_list *kernels)
{
    kernel_list all = {0};
    if (cli_given("kernel"))
        all = *kernels;
    all = stored_kernels(&all);
    free(kernels->entries);
    *kernels = all;
}

/* Refuses kernels that do not support the rule of logits before any file is
 * opened. */
static void choose_kernels(case_set *set)
{
    bool params_given = run_shared.params != NULL;
    if (stored_given()) {
        set->kernels = stored_kernels(&(kernel_list){0});
        return;
    }
    if (!set->plan->measures_head) {
        set->kernels =
            kernel_list_read("kernel", run_shared.kernels, params_given);
        if (stored_beside())
            add_weights(&set->kernels);
        choose_reference(set);
        if (set->plan->leaves_out_tokens)
            jackknife_check_kernels(&set->kernels);
        if (set->plan->check_kernel)
            for (size_t i = 0; i < set->kernels.count; i++)
                set->plan->check_kernel(&set->kernels.entries[i].choice,
                                        set->plan->context);
        check_rules(set);
        return;
    }
    static const char *const names[] = {"params", "kernel", "gate", NULL};
    const char *given =
        arrays_for(ARRAYS_OF_KERNELS) ? "arrays" : cli_first_given(names);
    if (given)
        cli_usage("--%s cannot be used with %s, which %s", given,
                  set->plan->name,
                  set->plan->kernel
                      ? "finds alpha and beta of kernel 'lln' and measures no "
                        "other kernel"
                      : "measures queries and keys without a kernel");
    kernel_entry named = {.method = NULL};
    if (set->plan->kernel) {
        cli_check(lln_kernel_parse(set->plan->kernel, &named.choice));
        kernel_rules_check(&(kernel_list){1, &named});
    }
    set->kernels.count = 1;
    set->kernels.entries = cli_alloc(1, sizeof *set->kernels.entries);
}

static bool any_random(const kernel_list *kernels)
{
    bool random = false;
    for (size_t i = 0; i < kernels->count; i++)
        random = random || kernel_is_random(&kernels->entries[i]);
    return random;
}

/* The number of draws of each random kernel for a head: 1 for sampled heads,
 * which are trials themselves. Ends the process if --trials was given but
 * nothing is drawn. */
static size_t count_draws(const case_set *set, bool sampled)
{
    if (sampled || !cli_given("trials"))
        return 1;
    if (set->plan->measures_head)
        cli_usage("--trials needs sampled heads: %s draws nothing at random "
                  "for heads from files",
                  set->plan->name);
    if (!any_random(&set->kernels))
        cli_usage("--trials needs sampled heads or a random kernel (see "
                  "--list-kernels)");
    return run_shared.trials;
}

static void choose_draws(case_set *set)
{
    bool never_averaged = set->plan->rows_are_never_averaged;
    set->draws = count_draws(set, options_sampled());
    if (set->draws > 1 && (never_averaged || run_shared.each))
        cli_usage("--trials cannot be used with %s for heads from files: "
                  "draws of a random kernel are averaged",
                  never_averaged ? set->plan->name : "--each");
}

void case_set_choose(case_set *set, const run_plan *plan)
{
    set->plan = plan;
    set->measured = plan->reduce ? plan->measured : plan->table;
    if (run_shared.rows > 0 && !plan->measures_sampled_rows)
        cli_usage("--rows cannot be used with %s: all rows are needed",
                  plan->name);
    if (against_asked() && !plan->name_other)
        cli_usage("--against cannot be used with %s", plan->name);
    set->taus = number_list_read("tau", run_shared.tau);
    if (plan->has_one_temperature && set->taus.count > 1)
        cli_usage("--tau: expected one number, found '%s'%s", run_shared.tau,
                  cli_given("write-heads") || cli_given("blocks")
                      ? ""
                      : "; a list needs --compare, --against or --pairs");
    shard_check();
    choose_kernels(set);
    choose_draws(set);
}

static void open_arrays(case_set *set)
{
    kernel_list all = kernel_list_join(&set->kernels, &set->reference);
    if (!set->plan->measures_head)
        set->arrays = kernel_arrays_open(&all, options_sampled());
    free(all.entries);
}

static bool any_of_layer(const kernel_list *kernels)
{
    bool any = false;
    for (size_t i = 0; i < kernels->count; i++)
        any = any || kernels->entries[i].of_layer;
    return any;
}

void case_set_open_spreads(case_set *set)
{
    lln_precision precision = run_shared.use_double ? LLN_FLOAT64 : LLN_FLOAT32;
    if (!any_of_layer(&set->kernels) && !any_of_layer(&set->reference))
        return;
    set->spreads = cli_alloc(set->taus.count, sizeof(lln_layer_spreads *));
    for (size_t i = 0; i < set->taus.count; i++)
        cli_check(
            lln_layer_open(set->others.count > 0 ? &set->others : &set->heads,
                           set->taus.values[i], precision, &set->spreads[i]));
}

void case_set_open(case_set *set)
{
    complete_columns_stop();
    sources_refuse_overwrite();
    cli_refuse_overwrite(run_shared.params);
    if (run_shared.params)
        set->params = params_open(run_shared.params);
    lln_threads_set((int)run_shared.threads);
    cli_check(lln_threads_reserve());
    open_arrays(set);
    sources_open(&set->heads);
    kernel_arrays_check(set->arrays, &set->kernels, &set->heads);
    kernel_arrays_check(set->arrays, &set->reference, &set->heads);
    if (set->plan->name_other)
        against_open(set);
    if (set->plan->measure_group)
        set->groups = cli_alloc(set->kernels.count, sizeof *set->groups);
    if (!run_shared.plan)
        case_set_open_spreads(set);
    beside_open(&set->heads, &set->weights);
    if (set->plan->check_heads)
        set->plan->check_heads(&set->heads);
    shard_take(&set->heads);
}

void case_set_close_spreads(case_set *set)
{
    for (size_t i = 0; set->spreads && i < set->taus.count; i++)
        lln_layer_free(set->spreads[i]);
    free(set->spreads);
    set->spreads = NULL;
}

void case_set_close(case_set *set)
{
    case_set_close_spreads(set);
    case_groups_free(set);
    free(set->kernels.entries);
    free(set->reference.entries);
    free(set->taus.values);
    params_close(set->params);
    lln_kernel_arrays_free(set->arrays);
    lln_heads_close(&set->weights);
    lln_heads_close(&set->heads);
}

bool case_set_is_seeded(const case_set *set)
{
    return set->heads.sampled || run_shared.rows > 0 ||
           set->plan->draws_heads || any_random(&set->kernels) ||
           any_random(&set->reference);
}

size_t case_draws(const case_set *set, size_t kernel)
{
    return kernel_is_random(&set->kernels.entries[kernel]) ? set->draws : 1;
}
