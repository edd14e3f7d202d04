/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cases.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alpha_beta.h"
#include "arrays.h"
#include "average.h"
#include "beside.h"
#include "config.h"
#include "core/memory.h"
#include "core/threads.h"
#include "heads/temperature.h"
#include "kernel/table/table.h"
#include "measure/row_sample.h"
#include "measure/row_temperature.h"
#include "message.h"
#include "options.h"
#include "tensor/mapping.h"
#include "warnings.h"

/* A case in progress. It must not be moved: the head points into it. */
typedef struct {
    const case_set *set;
    lln_head head;
    bool has_values;            /* the head could be given the temperature */
    lln_variance_kept variance; /* of the head */
    lln_variance_kept variance_without; /* without optional parts of its rule */
    lln_variance_kept *kept_without;    /* the same, to be changed */
    size_t *rows;                       /* drawn; NULL: none */
    kernel_arrays arrays;
    lln_kernel_choice reference;
    lln_head reference_head;
    run_case c; /* complete except for the kernel */
    row_identity identity;
} open_case;

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

/* The temperature of attention weights. */
static lln_status measure_weights(const lln_head *head, double *tau)
{
    lln_kernel_choice choice = lln_kernel_stored();
    lln_attention attention;
    LLN_TRY(lln_kernel_open(&choice, head, &attention));
    lln_status status = lln_rows_temperature(&attention, tau);
    lln_attention_close(&attention);
    return status;
}

/* Measures the temperature of the head if it is not given and a column needs
 * it. */
static lln_status find_temperature(const case_set *set, run_case *c)
{
    if (!isnan(c->tau) || !(set->passes & PASS_TEMPERATURE))
        return LLN_OK;
    lln_status status = !c->head->q.data
                            ? measure_weights(c->head, &c->tau)
                            : lln_temperature_measure(c->head, &c->tau);
    return status == LLN_EUNDEFINED ? LLN_OK : status;
}

static void find_sigmas(const case_set *set, run_case *c)
{
    double mean;
    c->sigma_q = c->head->sigma_q;
    c->sigma_k = c->head->sigma_k;
    if (!c->head->q.data)
        c->sigma_q = c->sigma_k = NAN;
    if (c->sampled || !c->head->q.data || !(set->passes & PASS_SIGMAS))
        return;
    lln_matrix_moments(c->head->q, &mean, &c->sigma_q);
    lln_matrix_moments(c->head->k, &mean, &c->sigma_k);
}

/* Draws the rows to measure: anew for each head, the same for every tau. The
 * caller frees them. */
static lln_status draw_rows(run_case *c, size_t **rows)
{
    size_t n = c->head->q.rows, count = run_shared.rows;
    if (count == 0 || count >= n)
        return LLN_OK;
    *rows = lln_array_alloc(count, sizeof **rows);
    if (!*rows)
        return LLN_ENOMEM;
    c->rows = *rows;
    c->row_count = count;
    return lln_rows_draw(n, count, run_shared.seed, (uint32_t)c->head->number,
                         *rows);
}

row_identity case_identify(const case_set *set, const lln_head *head,
                           double tau)
{
    row_identity identity = {
        .source = head->source,
        .file = head->file,
        .step = head->step < 0 ? LLN_CELL_NONE : head->step,
        .layer = run_index(head->layer),
        .head = run_index(head->head),
        .key_head = run_index(head->key_head),
        .n = (long)head->q.rows,
        .d = head->q.columns > 0 ? (long)head->q.columns : LLN_CELL_NONE,
        .causal = head->rule.mask.causal,
        .samples = 1,
        .tau = tau,
        .rules = rule_texts_of(head->layer),
        .config = config_text(),
    };
    if (set->heads.sampled) {
        identity.layer = NAN;
        identity.head = set->averaged ? NAN : (double)head->number;
    }
    return identity;
}

/* Loads the head. If it cannot be given the temperature, its values are
 * missing, and a warning says so. */
static lln_status load_head(open_case *work, size_t index, double tau)
{
    const lln_heads *heads = &work->set->heads;
    lln_precision precision = run_shared.use_double ? LLN_FLOAT64 : LLN_FLOAT32;
    lln_status status = heads->load(heads, index, tau, precision, &work->head);
    if (status == LLN_OK)
        status = beside_load(&work->set->weights, &work->head);
    work->has_values = status == LLN_OK;
    if (status != LLN_EUNDEFINED)
        return status;
    heads->describe(heads, index, &work->head);
    work->identity = case_identify(work->set, &work->head, tau);
    warnings_add(&work->identity, lln_error_message());
    return LLN_OK;
}

/* Loads the head and computes what does not depend on the kernel. */
static lln_status open_head(open_case *work, size_t index, double tau)
{
    const case_set *set = work->set;
    work->c.head = &work->head;
    work->c.sampled = set->heads.sampled;
    work->c.passes = set->passes;
    work->c.tau = tau;
    LLN_TRY(load_head(work, index, tau));
    if (!work->has_values)
        return LLN_OK;
    lln_head bare = work->head;
    bare.rule = lln_rule_without(bare.rule, 0);
    lln_head_keep_variance(&bare, &work->variance_without);
    work->kept_without = &work->variance_without;
    lln_head_keep_variance(&work->head, &work->variance);
    LLN_TRY(find_temperature(set, &work->c));
    find_sigmas(set, &work->c);
    LLN_TRY(draw_rows(&work->c, &work->rows));
    work->identity = case_identify(set, &work->head, work->c.tau);
    return row_identity_fail(
        &work->identity,
        kernel_arrays_load(set->arrays, &work->head, &work->arrays));
}

/* The head under the parts of its rule that a kernel supports. */
static lln_head head_for(const open_case *work, const kernel_entry *entry)
{
    lln_head head = work->head;
    head.rule = lln_rule_without(head.rule, lln_kernel_honours(&entry->choice));
    if (lln_rule_same_but_scale(&head.rule, &work->variance_without.rule))
        head.kept = work->kept_without;
    return head;
}

/* Completes the choice of an entry with its seed, arrays, alpha and beta for
 * this head. */
static lln_status choose_kernel(const open_case *work,
                                const kernel_entry *entry, uint32_t draw,
                                const lln_head *head, lln_kernel_choice *choice)
{
    *choice = entry->choice;
    choice->seed = run_shared.seed;
    choice->draw = draw;
    choice->arrays = work->arrays.items;
    choice->array_count = work->arrays.count;
    return alpha_beta_find(work->set, entry, head, &work->identity, choice);
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
    work->reference_head = head_for(work, entry);
    work->c.reference_head = &work->reference_head;
    lln_status status = choose_kernel(work, entry, draw, &work->reference_head,
                                      &work->reference);
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

/* Leaves the rows of a head that cannot be measured missing, or removes
 * them. */
static lln_status leave_out(const case_set *set, run_block *block)
{
    if (set->plan->rows_depend_on_head)
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
    return leave_out(work->set, block);
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
        return leave_out(set, block);
    lln_head head = head_for(work, entry);
    c.head = &head;
    lln_status status = choose_kernel(work, entry, draw, &head, &choice);
    if (warnings_suffice(status)) {
        warnings_add(&work->identity, lln_error_message());
        return leave_out(set, block);
    }
    LLN_TRY(status);
    c.kernel = &choice;
    c.match = entry->method;
    return measure_kernel(work, entry, &c, block);
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
static lln_status miss_blocks(const case_set *set, run_block *blocks)
{
    for (size_t i = 0; i < set->kernels.count; i++) {
        LLN_TRY(start_block(set, &blocks[i]));
        if (leave_out(set, &blocks[i]) != LLN_EUNDEFINED)
            return LLN_ENOMEM;
    }
    return LLN_OK;
}

lln_status case_measure(const case_set *set, size_t index, double tau,
                        case_result *result)
{
    open_case work = {.set = set, .c.cache = &result->cache};
    lln_status status = open_head(&work, index, tau);
    result->identity = work.identity;
    if (status == LLN_OK)
        status = work.has_values ? fill_blocks(&work, result->blocks)
                                 : miss_blocks(set, result->blocks);
    /* Results from a file that has changed are discarded, and so is a
     * failure. */
    lln_status unchanged = lln_mappings_check();
    status = unchanged == LLN_OK ? status : unchanged;
    kernel_arrays_free(&work.arrays);
    free(work.rows);
    lln_head_free(&work.head);
    result->warnings = warnings_take();
    return status;
}
