/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "groups.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"

/* The heads of a row so far. */
struct row_group {
    row_identity first; /* of the first of them */
    size_t heads;
    lln_average tau;
    row_average *averages; /* [kernels.count] */
    run_block *lists;      /* [kernels.count]; a row a head, for reduce */
};

row_groups groups_open(const case_set *set, group_kind kind,
                       size_t temperatures, row_writer *writer)
{
    row_groups groups = {.set = set, .kind = kind, .writer = writer};
    bool side_by_side = kind == GROUP_LAYER || kind == GROUP_SOURCE;
    size_t kernels = set->kernels.count;
    groups.temperatures = side_by_side ? temperatures : 1;
    groups.open = cli_alloc(groups.temperatures, sizeof *groups.open);
    for (size_t t = 0; t < groups.temperatures; t++) {
        row_group *group = &groups.open[t];
        group->averages = cli_alloc(kernels, sizeof *group->averages);
        group->lists = cli_alloc(kernels, sizeof *group->lists);
    }
    return groups;
}

static void clear_group(const row_groups *groups, row_group *group)
{
    for (size_t k = 0; k < groups->set->kernels.count; k++) {
        row_average_reset(&group->averages[k]);
        run_block_free(&group->lists[k]);
    }
    group->heads = 0;
    group->tau = (lln_average){0};
}

void groups_close(row_groups *groups)
{
    for (size_t t = 0; t < groups->temperatures; t++) {
        clear_group(groups, &groups->open[t]);
        free(groups->open[t].averages);
        free(groups->open[t].lists);
    }
    free(groups->open);
}

row_identity groups_identify(const row_groups *groups,
                             const row_identity *first, size_t heads,
                             double tau, size_t kernel)
{
    const case_set *set = groups->set;
    row_identity identity = *first;
    identity.kernel = set->plan->measures_head
                          ? set->plan->kernel
                          : set->kernels.entries[kernel].choice.text;
    identity.samples = (long)(heads * case_draws(set, kernel));
    identity.tau = tau;
    if (groups->kind != GROUP_HEAD)
        identity.head = NAN;
    if (groups->kind == GROUP_SOURCE)
        identity.layer = NAN;
    return identity;
}

/* The row that the plan makes of its heads. */
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
            groups, &group->first, group->heads, group->tau.mean, k);
        if (plan->reduce)
            LLN_TRY(reduce_heads(plan, &group->lists[k], &group->averages[k]));
        row_writer_put(groups->writer, &identity, &group->averages[k]);
    }
    groups->written += group->heads;
    clear_group(groups, group);
    return LLN_OK;
}

lln_status groups_end(row_groups *groups)
{
    for (size_t t = 0; t < groups->temperatures; t++)
        if (groups->open[t].heads > 0)
            LLN_TRY(write_rows(groups, &groups->open[t]));
    return LLN_OK;
}

static lln_status add_case(const row_groups *groups, row_group *group,
                           const case_result *result)
{
    bool listed = groups->set->plan->reduce != NULL;
    for (size_t k = 0; k < groups->set->kernels.count; k++) {
        const run_block *block = &result->blocks[k];
        row_average *average = &group->averages[k];
        if (listed) {
            run_block_append(&group->lists[k], block);
            continue;
        }
        if (group->heads > 0 && average->first.rows != block->rows)
            return lln_fail(
                LLN_EFORMAT,
                "%s %zu has %zu rows, the first has %zu: they cannot be "
                "averaged; %s",
                groups->kind == GROUP_TRIALS ? "trial" : "head", group->heads,
                block->rows, average->first.rows,
                groups->kind == GROUP_TRIALS ? "use --each"
                                             : "leave out --aggregate");
        row_average_add(average, block);
    }
    if (group->heads == 0)
        group->first = result->identity;
    lln_average_add(&group->tau, result->identity.tau);
    group->heads++;
    return LLN_OK;
}

bool groups_share_row(const row_groups *groups, const row_identity *head,
                      const row_identity *next)
{
    bool same_layer = head->layer == next->layer ||
                      (isnan(head->layer) && isnan(next->layer));
    return strcmp(head->source, next->source) == 0 &&
           (same_layer || groups->kind != GROUP_LAYER);
}

lln_status groups_add(row_groups *groups, size_t tau, const case_result *result)
{
    bool side_by_side =
        groups->kind == GROUP_LAYER || groups->kind == GROUP_SOURCE;
    row_group *group = &groups->open[side_by_side ? tau : 0];
    if (side_by_side && tau == 0 && group->heads > 0 &&
        !groups_share_row(groups, &group->first, &result->identity))
        LLN_TRY(groups_end(groups));
    LLN_TRY(add_case(groups, group, result));
    bool complete = groups->kind == GROUP_HEAD ||
                    (groups->kind == GROUP_TRIALS &&
                     group->heads == groups->set->heads.count);
    return complete ? write_rows(groups, group) : LLN_OK;
}
