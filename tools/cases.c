/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "heads/temperature.h"
#include "measure/row_sample.h"
#include "sources.h"

void case_result_open(const case_set *set, case_result *result)
{
    size_t count = set->kernels.count;
    result->blocks = cli_alloc(count, sizeof *result->blocks);
    for (size_t i = 0; i < count; i++)
        result->blocks[i] =
            (run_block){.types = set->measured, .columns = set->columns};
}

void case_result_close(const case_set *set, case_result *result)
{
    for (size_t i = 0; result->blocks && i < set->kernels.count; i++)
        run_block_free(&result->blocks[i]);
    free(result->blocks);
    free(result->warnings);
    *result = (case_result){0};
}

void case_inputs_open(case_set *set)
{
    const run_plan *plan = set->plan;
    bool sampled = sources_sampled();
    kernel_list all = kernel_list_join(&set->kernels, &set->reference);
    set->draws = inputs_draws(&set->kernels, &all, sampled);
    if (set->draws > 1 && (plan->per_trial || run_shared.each))
        cli_usage("--trials: draws of heads from files are averaged; %s",
                  run_shared.each ? "leave out --each"
                                  : "these rows never are");
    if (!plan->plain)
        set->extras = inputs_open(&all, sampled);
    free(all.entries);
}

void case_joints_open(case_set *set, const number_list *taus)
{
    lln_precision precision = run_shared.use_double ? LLN_FLOAT64 : LLN_FLOAT32;
    bool wanted = false;
    for (size_t i = 0; i < set->kernels.count; i++)
        wanted = wanted || set->kernels.entries[i].joint;
    for (size_t i = 0; i < set->reference.count; i++)
        wanted = wanted || set->reference.entries[i].joint;
    if (!wanted)
        return;
    set->taus = taus;
    set->joints = cli_alloc(taus->count, sizeof(lln_joint *));
    for (size_t i = 0; i < taus->count; i++)
        cli_check(lln_joint_open(&set->heads, taus->values[i], precision,
                                 &set->joints[i]));
}

void case_set_close(case_set *set)
{
    for (size_t i = 0; set->joints && i < set->taus->count; i++)
        lln_joint_free(set->joints[i]);
    free(set->joints);
    free(set->kernels.entries);
    free(set->reference.entries);
    params_close(set->params);
    lln_kernel_arrays_free(set->extras);
    lln_heads_close(&set->heads);
}

size_t case_draws(const case_set *set, size_t kernel)
{
    return kernel_is_random(&set->kernels.entries[kernel]) ? set->draws : 1;
}

static lln_status describe_case(const case_set *set, double tau, run_case *c)
{
    const lln_head *head = c->head;
    double mean;
    c->sampled = set->heads.sampled;
    c->sigma_q = head->sigma_q;
    c->sigma_k = head->sigma_k;
    c->tau = tau;
    if (set->plan->unlabelled && !set->params)
        return LLN_OK;
    if (isnan(tau)) {
        lln_status status = lln_temperature_measure(head, &c->tau);
        if (status != LLN_OK && status != LLN_EUNDEFINED)
            return status;
    }
    if (!c->sampled) {
        lln_matrix_moments(head->q, &mean, &c->sigma_q);
        lln_matrix_moments(head->k, &mean, &c->sigma_k);
    }
    return LLN_OK;
}

/* The rows to measure: other ones for each head, the same for each tau. The
 * caller owns them. */
static lln_status draw_rows(size_t index, run_case *c, size_t **rows)
{
    size_t n = c->head->q.rows, count = run_shared.rows;
    if (count == 0 || count >= n)
        return LLN_OK;
    *rows = lln_array_alloc(count, sizeof **rows);
    if (!*rows)
        return LLN_ENOMEM;
    c->rows = *rows;
    c->row_count = count;
    return lln_rows_draw(n, count, run_shared.seed, (uint32_t)index, *rows);
}

static row_identity identify(const case_set *set, const run_case *c,
                             size_t index)
{
    const lln_head *head = c->head;
    row_identity identity = {
        .source = head->source,
        .layer = run_index(head->layer),
        .head = run_index(head->head),
        .n = (long)head->q.rows,
        .d = (long)head->q.columns,
        .causal = head->mask.causal,
        .trials = 1,
        .tau = c->tau,
    };
    if (c->sampled) {
        identity.layer = NAN;
        identity.head = set->averaged ? NAN : (double)index;
    }
    return identity;
}

/* Puts "gaussian: head 3, tau 0.5: " in front of the message of a failure. */
static lln_status fail_at(const row_identity *id, lln_status status)
{
    char place[RUN_PLACE], tau[32] = "", reason[1024];
    if (status == LLN_OK)
        return LLN_OK;
    run_place(id->layer, id->head, place);
    if (!isnan(id->tau))
        snprintf(tau, sizeof tau, "tau %.6g", id->tau);
    else if (*place)
        place[strlen(place) - 2] = '\0'; /* the comma */
    snprintf(reason, sizeof reason, "%s", lln_error_message());
    return lln_fail(status, "%s: %s%s%s%s", id->source, place, tau,
                    *place || *tau ? ": " : "", reason);
}

static lln_status match_joint(const case_set *set, const lln_head *head,
                              const row_identity *id, double *alpha,
                              double *beta)
{
    size_t at = 0;
    while (at + 1 < set->taus->count && set->taus->values[at] != id->tau)
        at++;
    return lln_joint_match(set->joints[at], head->layer, alpha, beta);
}

static lln_status match_head(const lln_match_method *method,
                             const lln_head *head, double *alpha, double *beta)
{
    lln_match match;
    LLN_TRY(lln_match_estimate(method, head, &match));
    *alpha = match.alpha;
    *beta = match.beta;
    return LLN_OK;
}

/* LLN_EUNDEFINED is a fact about the head, no failure. */
static lln_status solve(const case_set *set, const kernel_entry *entry,
                        const lln_head *head, const row_identity *id,
                        double *alpha, double *beta)
{
    lln_status status = fail_at(
        id, entry->joint ? match_joint(set, head, id, alpha, beta)
                         : match_head(entry->method, head, alpha, beta));
    if (status != LLN_ENOCONV && status != LLN_EUNDEFINED)
        return status;
    cli_warn("%s", lln_error_message());
    return LLN_EUNDEFINED;
}

/* The choice of an entry with its alpha and beta for this head. */
static lln_status resolve(const case_set *set, const kernel_entry *entry,
                          const lln_head *head, const row_identity *id,
                          lln_kernel_choice *choice)
{
    double alpha = NAN, beta = NAN;
    if (entry->from_params) {
        params_key key = {id->source,    id->layer,     id->head,
                          (double)id->n, (double)id->d, (double)id->causal,
                          id->tau};
        LLN_TRY(params_find(set->params, &key, &alpha, &beta));
        if (isnan(alpha) || isnan(beta))
            return LLN_EUNDEFINED;
    } else if (entry->method || entry->joint) {
        LLN_TRY(solve(set, entry, head, id, &alpha, &beta));
    } else {
        return LLN_OK;
    }
    choice->number[entry->alpha] = alpha;
    choice->number[entry->beta] = beta;
    return LLN_OK;
}

/* Tables of numbered rows have none for a head that was not measured. */
static lln_status leave_out(const case_set *set, run_block *block)
{
    bool numbered = false;
    for (size_t i = 0; i < set->columns; i++)
        numbered = numbered || set->measured[i].type == LLN_INTEGER;
    if (numbered)
        LLN_TRY(run_block_resize(block, 0));
    return LLN_EUNDEFINED;
}

/* What a kernel is told beside its parameters. */
typedef struct {
    input_list arrays;
    uint32_t draw;
} kernel_inputs;

static lln_status measure_choice(const case_set *set, const run_case *head_case,
                                 const row_identity *identity,
                                 lln_kernel_choice *choice, run_block *block)
{
    run_case c = *head_case;
    c.kernel = choice;
    return fail_at(identity, set->plan->measure(&c, block));
}

/* The choice of an entry with all that it takes for this head. */
static lln_status choose(const case_set *set, const kernel_entry *entry,
                         const lln_head *head, const row_identity *identity,
                         const kernel_inputs *inputs, lln_kernel_choice *choice)
{
    *choice = entry->choice;
    choice->seed = run_shared.seed;
    choice->draw = inputs->draw;
    choice->arrays = inputs->arrays.items;
    choice->array_count = inputs->arrays.count;
    return resolve(set, entry, head, identity, choice);
}

static lln_status measure_kernel(const case_set *set, const run_case *c,
                                 const row_identity *identity,
                                 const kernel_entry *entry,
                                 const kernel_inputs *inputs, run_block *block)
{
    lln_kernel_choice choice;
    LLN_TRY(run_block_resize(block, 1));
    if (set->plan->plain)
        return measure_choice(set, c, identity, NULL, block);
    if (set->reference.count > 0 && !c->reference)
        return leave_out(set, block);
    lln_status status = choose(set, entry, c->head, identity, inputs, &choice);
    if (status == LLN_EUNDEFINED)
        return leave_out(set, block);
    LLN_TRY(status);
    return measure_choice(set, c, identity, &choice, block);
}

/* The average over draws; a draw that is undefined leaves what it did not
 * write missing. */
static lln_status measure_draws(const case_set *set, const run_case *c,
                                const row_identity *identity, size_t kernel,
                                kernel_inputs *inputs, run_block *block)
{
    const kernel_entry *entry = &set->kernels.entries[kernel];
    size_t draws = case_draws(set, kernel);
    row_average average = {0};
    lln_status status = LLN_OK;
    if (draws == 1)
        return measure_kernel(set, c, identity, entry, inputs, block);
    for (size_t i = 0; i < draws && status == LLN_OK; i++) {
        inputs->draw = (uint32_t)i;
        status = measure_kernel(set, c, identity, entry, inputs, block);
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

/* Fills `choice` for the case; the reference is drawn once for a head. A head
 * without one has NULL. */
static lln_status find_reference(const case_set *set, const row_identity *id,
                                 const kernel_inputs *inputs,
                                 lln_kernel_choice *choice, run_case *c)
{
    if (set->reference.count == 0)
        return LLN_OK;
    lln_status status =
        choose(set, &set->reference.entries[0], c->head, id, inputs, choice);
    if (status == LLN_EUNDEFINED)
        return LLN_OK;
    c->reference = choice;
    return status;
}

static lln_status measure_kernels(const case_set *set, run_case *c,
                                  size_t index, case_result *result)
{
    lln_kernel_choice reference;
    kernel_inputs inputs = {.draw = c->sampled ? (uint32_t)index : 0};
    lln_status status = fail_at(
        &result->identity, inputs_load(set->extras, c->head, &inputs.arrays));
    if (status == LLN_OK)
        status = find_reference(set, &result->identity, &inputs, &reference, c);
    for (size_t i = 0; i < set->kernels.count && status == LLN_OK; i++) {
        status = measure_draws(set, c, &result->identity, i, &inputs,
                               &result->blocks[i]);
        if (lln_stop_requested)
            status = lln_threads_check_stop();
        if (status == LLN_EUNDEFINED)
            status = LLN_OK;
    }
    inputs_free(&inputs.arrays);
    return status;
}

static lln_status measure(const case_set *set, size_t index, double tau,
                          case_result *result)
{
    lln_precision precision = run_shared.use_double ? LLN_FLOAT64 : LLN_FLOAT32;
    lln_head head = {0};
    lln_variance_kept kept;
    size_t *rows = NULL;
    LLN_TRY(set->heads.load(&set->heads, index, tau, precision, &head));
    lln_head_keep_variance(&head, &kept);
    run_case c = {.head = &head};
    lln_status status = describe_case(set, tau, &c);
    if (status == LLN_OK)
        status = draw_rows(index, &c, &rows);
    if (status == LLN_OK) {
        result->identity = identify(set, &c, index);
        status = measure_kernels(set, &c, index, result);
    }
    free(rows);
    lln_head_free(&head);
    return status;
}

lln_status case_measure(const case_set *set, size_t index, double tau,
                        case_result *result)
{
    cli_hold_warnings();
    lln_status status = measure(set, index, tau, result);
    result->warnings = cli_take_warnings();
    return status;
}
