/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cases.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "against.h"
#include "average.h"
#include "case_group.h"
#include "core/memory.h"
#include "core/threads.h"
#include "kernel/table/table.h"
#include "message.h"
#include "tensor/mapping.h"
#include "warnings.h"

void case_result_open(const case_set *set, case_result *result)
{
    size_t count = set->kernels.count;
    result->blocks = cli_alloc(count, sizeof *result->blocks);
    for (size_t i = 0; i < count; i++)
        result->blocks[i].type = set->measured;
}

void case_result_close(const case_set *set, case_result *result)
{
    for (size_t i = 0; result->blocks && i < set->kernels.count; i++)
        run_block_free(&result->blocks[i]);
    free(result->blocks);
    free(result->warnings);
    *result = (case_result){0};
}

/* Adds a warning and prefixes the kernel, unless the message names it. */
static void warn_of_kernel(const open_case *work, const kernel_entry *entry)
{
    char reason[LLN_MESSAGE + LLN_KERNEL_TEXT + 16] = "";
    bool named = strncmp(lln_error_message(), "kernel '", 8) == 0;
    if (!named && !work->set->plan->measures_head)
        snprintf(reason, sizeof reason, "kernel '%s': ", entry->choice.text);
    strcat(reason, lln_error_message());
    warnings_add(&work->identity, reason);
}

/* Chooses the reference, which is drawn once for a head; NULL if the head has
 * none. */
static lln_status choose_reference(open_case *work, uint32_t draw)
{
    if (work->set->reference.count == 0)
        return LLN_OK;
    const kernel_entry *entry = &work->set->reference.entries[0];
    work->reference_head = open_case_head(work, entry);
    work->c.reference_head = &work->reference_head;
    lln_status status = open_case_choose(
        work, entry, draw, &work->reference_head, &work->reference);
    if (status == LLN_OK)
        work->c.reference = &work->reference;
    if (!warnings_suffice(status))
        return status;
    warnings_add(&work->identity, lln_error_message());
    return LLN_OK;
}

static lln_status start_block(const case_set *set, run_block *block)
{
    return set->plan->start ? set->plan->start(block)
                            : run_block_resize(block, 1);
}

/* A row without values for each head that this one is compared with. */
static lln_status name_others(const open_case *work, run_block *block)
{
    const case_set *set = work->set;
    size_t *found = lln_array_alloc(set->others.count, sizeof *found);
    if (!found)
        return LLN_ENOMEM;
    size_t count = against_find(set, &work->head, found);
    lln_status status = run_block_resize(block, count);
    for (size_t i = 0; status == LLN_OK && i < count; i++) {
        lln_head other;
        set->others.describe(&set->others, found[i], &other);
        set->plan->name_other(&other, run_block_record(block, i));
    }
    free(found);
    return status;
}

/* Leaves the rows of a head that cannot be measured missing, or removes
 * them. */
static lln_status leave_out(const open_case *work, run_block *block)
{
    const run_plan *plan = work->set->plan;
    if (plan->name_other)
        LLN_TRY(name_others(work, block));
    else if (plan->rows_depend_on_head)
        LLN_TRY(run_block_resize(block, 0));
    return LLN_EUNDEFINED;
}

/* Measures with the chosen kernel, or without one. */
static lln_status measure_kernel(const open_case *work,
                                 const kernel_entry *entry, const run_case *c,
                                 run_block *block)
{
    const run_plan *plan = work->set->plan;
    lln_status status = plan->measure(c, plan->context, block);
    if (status == LLN_EUNDEFINED || !warnings_suffice(status))
        return row_identity_fail(&work->identity, status);
    warn_of_kernel(work, entry);
    return leave_out(work, block);
}

/* Sets head, kernel and match of `c`; with a warning, no kernel if there is
 * none for the head. */
static lln_status choose_kernel(const open_case *work,
                                const kernel_entry *entry, uint32_t draw,
                                lln_head *head, lln_kernel_choice *choice,
                                run_case *c)
{
    c->head = head;
    c->kernel = NULL;
    lln_status status = open_case_choose(work, entry, draw, head, choice);
    if (warnings_suffice(status)) {
        warnings_add(&work->identity, lln_error_message());
        return LLN_OK;
    }
    LLN_TRY(status);
    c->kernel = choice;
    c->match = entry->method;
    return LLN_OK;
}

/* Compares with one other head, in row c->row of the block. */
static lln_status measure_other(open_case *other, size_t index,
                                const kernel_entry *entry, uint32_t draw,
                                const run_case *c, run_block *block)
{
    const run_plan *plan = other->set->plan;
    lln_kernel_choice choice;
    LLN_TRY(open_case_load(other, index, c->tau_given));
    plan->name_other(&other->head, run_block_record(block, c->row));
    run_case side = other->c;
    lln_head head = {0};
    if (other->has_values) {
        head = open_case_head(other, entry);
        LLN_TRY(choose_kernel(other, entry, draw, &head, &choice, &side));
    }
    bool both = c->kernel && side.kernel;
    if (!both && !plan->measures_one_of_two)
        return LLN_OK;
    run_case pair = *c;
    pair.other = &side;
    return plan->measure(&pair, plan->context, block);
}

/* Compares with all heads that are partners of this one. */
static lln_status measure_others(const open_case *work,
                                 const kernel_entry *entry, uint32_t draw,
                                 run_case *c, run_block *block)
{
    const case_set *set = work->set;
    lln_status status = LLN_OK;
    size_t *found = lln_array_alloc(set->others.count, sizeof *found);
    if (!found)
        return LLN_ENOMEM;
    size_t count = against_find(set, &work->head, found);
    bool done = false;
    status = run_block_resize(block, count);
    if (status == LLN_OK && c->kernel)
        status = case_group_copy(set, entry, draw, c->tau_given, work->index,
                                 found, count, block, &done);
    for (c->row = 0; status == LLN_OK && !done && c->row < count; c->row++) {
        open_case other = {
            .set = set, .heads = &set->others, .c.cache = c->cache};
        status = measure_other(&other, found[c->row], entry, draw, c, block);
        open_case_close(&other);
        if (status != LLN_EUNDEFINED && warnings_suffice(status))
            warn_of_kernel(work, entry);
        if (status == LLN_EUNDEFINED || warnings_suffice(status))
            status = LLN_OK; /* values that were not written stay missing */
    }
    free(found);
    return row_identity_fail(&work->identity, status);
}

/* Measures one draw of a kernel. */
static lln_status fill_draw(const open_case *work, const kernel_entry *entry,
                            uint32_t draw, run_block *block)
{
    const case_set *set = work->set;
    lln_kernel_choice choice;
    run_case c = work->c;
    LLN_TRY(start_block(set, block));
    if (set->plan->measures_head)
        return measure_kernel(work, entry, &c, block);
    if (set->reference.count > 0 && !c.reference)
        return leave_out(work, block);
    lln_head head = open_case_head(work, entry);
    LLN_TRY(choose_kernel(work, entry, draw, &head, &choice, &c));
    if (!c.kernel && !set->plan->measures_one_of_two)
        return leave_out(work, block);
    return set->plan->name_other ? measure_others(work, entry, draw, &c, block)
                                 : measure_kernel(work, entry, &c, block);
}

/* Averages over draws. In a draw that is undefined, fields that were not
 * written stay missing. */
static lln_status average_draws(const open_case *work,
                                const kernel_entry *entry, size_t draws,
                                run_block *block)
{
    row_average average = {0};
    lln_status status = LLN_OK;
    for (size_t i = 0; i < draws && status == LLN_OK; i++) {
        status = fill_draw(work, entry, (uint32_t)i, block);
        if (status == LLN_OK || status == LLN_EUNDEFINED) {
            row_average_add(&average, block);
            status = LLN_OK;
        }
    }
    if (status == LLN_OK)
        row_average_take(&average, block);
    row_average_reset(&average);
    return status;
}

/* Fills the block of each kernel. A sampled head has its own draw of the
 * kernels. */
static lln_status fill_blocks(open_case *work, run_block *blocks)
{
    const case_set *set = work->set;
    uint32_t draw = work->c.sampled ? (uint32_t)work->head.number : 0;
    lln_status status = choose_reference(work, draw);
    for (size_t i = 0; i < set->kernels.count && status == LLN_OK; i++) {
        const kernel_entry *entry = &set->kernels.entries[i];
        size_t draws = case_draws(set, i);
        status = draws == 1 ? fill_draw(work, entry, draw, &blocks[i])
                            : average_draws(work, entry, draws, &blocks[i]);
        if (lln_stop_requested)
            status = lln_threads_check_stop();
        if (status == LLN_EUNDEFINED)
            status = LLN_OK;
    }
    return status;
}

/* Fills the blocks of a head whose values are missing. */
static lln_status miss_blocks(const open_case *work, run_block *blocks)
{
    const case_set *set = work->set;
    for (size_t i = 0; i < set->kernels.count; i++) {
        LLN_TRY(start_block(set, &blocks[i]));
        if (leave_out(work, &blocks[i]) != LLN_EUNDEFINED)
            return LLN_ENOMEM;
    }
    return LLN_OK;
}

lln_status case_measure(const case_set *set, size_t index, double tau,
                        case_result *result)
{
    open_case work = {
        .set = set, .heads = &set->heads, .c.cache = &result->cache};
    lln_status status = open_case_load(&work, index, tau);
    result->identity = work.identity;
    if (status == LLN_OK)
        status = work.has_values ? fill_blocks(&work, result->blocks)
                                 : miss_blocks(&work, result->blocks);
    /* Results from a file that has changed are discarded, and so is a
     * failure. */
    lln_status unchanged = lln_mappings_check();
    status = unchanged == LLN_OK ? status : unchanged;
    open_case_close(&work);
    result->warnings = warnings_take();
    return status;
}
