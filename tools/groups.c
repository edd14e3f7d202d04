/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "groups.h"

#include <math.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "message.h"
#include "options.h"

/* The heads of a row so far. */
struct row_group {
    row_identity identity; /* common n, d and file; the rest of the first */
    size_t heads;
    bool empty; /* all texts so far have no tokens */
    lln_average tau;
    row_average *averages; /* [kernels.count] */
    run_block *lists;      /* [kernels.count]; one row per head, for reduce */
};

/* Which heads of several texts belong to the same set. */
typedef struct {
    long step;
    double layer, head; /* NaN: none */
    size_t set;
} set_key;

static int compare_numbers(double a, double b)
{
    return isnan(a) || isnan(b) ? isnan(b) - isnan(a) : (a > b) - (a < b);
}

static int compare_keys(const void *first, const void *second)
{
    const set_key *a = first, *b = second;
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    int layer = compare_numbers(a->layer, b->layer);
    return layer != 0 ? layer : compare_numbers(a->head, b->head);
}

/* Whether a row combines several heads, each of which comes at all temperatures
 * in turn. */
static bool is_side_by_side(group_kind kind)
{
    return kind != GROUP_HEAD && kind != GROUP_TRIALS;
}

row_groups groups_open(const case_set *set, group_kind kind,
                       size_t temperatures, row_writer *writer)
{
    return (row_groups){
        .set = set,
        .kind = kind,
        .writer = writer,
        .temperatures = is_side_by_side(kind) ? temperatures : 1,
    };
}

/* Adds a set of groups without heads. */
static void add_set(row_groups *groups)
{
    size_t kernels = groups->set->kernels.count;
    row_group *grown =
        lln_array_grow(groups->open, groups->sets,
                       groups->temperatures * sizeof *groups->open);
    if (!grown)
        cli_fail("%s", lln_error_message());
    groups->open = grown;
    for (size_t t = 0; t < groups->temperatures; t++) {
        row_group *group = &grown[groups->sets * groups->temperatures + t];
        *group = (row_group){
            .averages = cli_alloc(kernels, sizeof *group->averages),
            .lists = cli_alloc(kernels, sizeof *group->lists),
        };
        for (size_t k = 0; k < kernels; k++)
            group->averages[k].medians = run_shared.aggregate != NULL;
    }
    groups->sets++;
}

static void clear_group(const row_groups *groups, row_group *group)
{
    for (size_t k = 0; k < groups->set->kernels.count; k++) {
        row_average_reset(&group->averages[k]);
        run_block_free(&group->lists[k]);
    }
    free(group->averages);
    free(group->lists);
}

void groups_close(row_groups *groups)
{
    for (size_t i = 0; i < groups->sets * groups->temperatures; i++)
        clear_group(groups, &groups->open[i]);
    free(groups->open);
    tdestroy(groups->numbers, free);
    groups->open = NULL;
    groups->numbers = NULL;
    groups->sets = 0;
}

row_identity groups_identify(const row_groups *groups, const row_identity *row,
                             size_t heads, double tau, size_t kernel)
{
    const case_set *set = groups->set;
    row_identity identity = *row;
    identity.kernel = set->plan->measures_head
                          ? set->plan->kernel
                          : set->kernels.entries[kernel].choice.text;
    identity.samples = (long)(heads * case_draws(set, kernel));
    identity.tau = tau;
    identity.rule = rule_texts_for(
        row->rules,
        set->plan->measures_head
            ? ~0u
            : lln_kernel_honours(&set->kernels.entries[kernel].choice));
    if (groups->kind == GROUP_KEY_HEAD)
        identity.head = identity.key_head;
    else if (groups->kind != GROUP_HEAD && groups->kind != GROUP_TEXTS)
        identity.head = NAN;
    if (groups->kind == GROUP_SOURCE)
        identity.layer = NAN;
    if (groups->kind == GROUP_TEXTS)
        identity.source = identity.file;
    return identity;
}

/* Makes the row of the plan from its heads. */
static lln_status reduce_heads(const run_plan *plan, const run_block *heads,
                               row_average *row)
{
    run_block block = {.type = plan->table};
    lln_status status = run_block_resize(&block, 1);
    if (status == LLN_OK)
        status = plan->reduce(heads, plan->context, &block);
    if (status == LLN_OK)
        row_average_add(row, &block);
    run_block_free(&block);
    return status;
}

static lln_status write_rows(row_groups *groups, row_group *group)
{
    const run_plan *plan = groups->set->plan;
    for (size_t k = 0; k < groups->set->kernels.count; k++) {
        row_identity identity = groups_identify(
            groups, &group->identity, group->heads, group->tau.mean, k);
        if (plan->reduce)
            LLN_TRY(reduce_heads(plan, &group->lists[k], &group->averages[k]));
        row_writer_put(groups->writer, &identity, &group->averages[k]);
    }
    groups->written += group->heads;
    return LLN_OK;
}

lln_status groups_end(row_groups *groups)
{
    for (size_t i = 0; i < groups->sets * groups->temperatures; i++)
        if (groups->open[i].heads > 0)
            LLN_TRY(write_rows(groups, &groups->open[i]));
    groups_close(groups);
    return LLN_OK;
}

void groups_merge(row_identity *all, const row_identity *head)
{
    if (all->n != head->n)
        all->n = LLN_CELL_NONE;
    if (all->d != head->d)
        all->d = LLN_CELL_NONE;
    if (all->rules != head->rules)
        all->rules = NULL;
    if (all->file && strcmp(all->file, head->file) != 0)
        all->file = NULL;
}

/* Leaves out texts without tokens if there are others. Drops the earlier ones,
 * or returns true: the result is to be dropped. Lists of heads keep all. */
static bool skip_empty(const row_groups *groups, row_group *group,
                       const case_result *result)
{
    if (groups->kind != GROUP_TEXTS || groups->set->plan->reduce)
        return false;
    bool empty = result->identity.n == 0, others = group->heads > 0;
    if (others && group->empty && !empty) {
        for (size_t k = 0; k < groups->set->kernels.count; k++)
            row_average_reset(&group->averages[k]);
        group->tau = (lln_average){0};
        group->heads = 0;
    }
    group->empty = empty && (!others || group->empty);
    return empty && others;
}

static lln_status add_case(const row_groups *groups, row_group *group,
                           const case_result *result)
{
    if (skip_empty(groups, group, result))
        return LLN_OK;
    bool listed = groups->set->plan->reduce != NULL;
    for (size_t k = 0; k < groups->set->kernels.count; k++) {
        const run_block *block = &result->blocks[k];
        row_average *average = &group->averages[k];
        if (listed) {
            run_block_append(&group->lists[k], block);
            continue;
        }
        if (group->heads > 0 && average->first.rows != block->rows)
            return lln_fail(LLN_EFORMAT,
                            "%s %zu has %zu rows, but the first has %zu, so "
                            "they cannot be averaged; %s",
                            groups->kind == GROUP_TRIALS ? "trial" : "head",
                            group->heads, block->rows, average->first.rows,
                            groups->kind == GROUP_TRIALS
                                ? "use --each"
                                : "leave out --aggregate");
        row_average_add(average, block);
    }
    if (group->heads == 0)
        group->identity = result->identity;
    groups_merge(&group->identity, &result->identity);
    lln_average_add(&group->tau, result->identity.tau);
    group->heads++;
    return LLN_OK;
}

bool groups_share_row(const row_groups *groups, const row_identity *row,
                      const row_identity *head)
{
    bool same_source = strcmp(head->source, row->source) == 0;
    bool same_layer = compare_numbers(head->layer, row->layer) == 0;
    if (!is_side_by_side(groups->kind))
        return true;
    if (groups->kind == GROUP_SOURCE)
        return same_source;
    if (groups->kind == GROUP_LAYER)
        return same_source && same_layer;
    return same_source && same_layer &&
           compare_numbers(head->key_head, row->key_head) == 0;
}

/* The set of a head that is in several texts. If there is none, remembers and
 * returns groups->sets. */
static size_t find_text_set(row_groups *groups, const row_identity *head)
{
    set_key *key = cli_alloc(1, sizeof *key);
    *key = (set_key){head->step, head->layer, head->head, groups->sets};
    set_key **found = tsearch(key, &groups->numbers, compare_keys);
    if (!found)
        cli_fail("out of memory");
    if (*found != key)
        free(key);
    return (*found)->set;
}

/* The set of a head; adds one if there is none. */
static size_t find_set(row_groups *groups, const row_identity *head)
{
    size_t set = 0;
    if (groups->kind == GROUP_TEXTS)
        set = find_text_set(groups, head);
    if (set == groups->sets)
        add_set(groups);
    return set;
}

lln_status groups_add(row_groups *groups, size_t tau, const case_result *result)
{
    if (groups->sets > 0 && groups->kind != GROUP_TEXTS &&
        !groups_share_row(groups, &groups->open[0].identity, &result->identity))
        LLN_TRY(groups_end(groups));
    size_t set = find_set(groups, &result->identity);
    size_t place = is_side_by_side(groups->kind) ? tau : 0;
    row_group *group = &groups->open[set * groups->temperatures + place];
    LLN_TRY(add_case(groups, group, result));
    bool complete = groups->kind == GROUP_HEAD ||
                    (groups->kind == GROUP_TRIALS &&
                     group->heads == groups->set->heads.count);
    return complete ? groups_end(groups) : LLN_OK;
}
