/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cases.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "core/threads.h"
#include "heads/temperature.h"
#include "measure/row_sample.h"

/* Up to here an exact match costs next to nothing; beyond, one to 1 % of the
 * log-variance costs less than the measure. */
enum { EXACT_MATCH_ROWS = 4096 };

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

/* LLN_EUNDEFINED is a fact about the head, no failure. */
static lln_status solve(const lln_match_method *method, const lln_head *head,
                        const row_identity *id, lln_match *match)
{
    double tolerance = head->q.rows > EXACT_MATCH_ROWS ? LLN_MATCH_SAMPLED
                                                       : LLN_MATCH_TOLERANCE;
    lln_status status =
        fail_at(id, lln_match_solve_within(method, head, tolerance, match));
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
    *choice = entry->choice;
    double alpha = NAN, beta = NAN;
    if (entry->from_params) {
        params_key key = {id->source,    id->layer,     id->head,
                          (double)id->n, (double)id->d, (double)id->causal,
                          id->tau};
        LLN_TRY(params_find(set->params, &key, &alpha, &beta));
        if (isnan(alpha) || isnan(beta))
            return LLN_EUNDEFINED;
    } else if (entry->method) {
        lln_match match;
        LLN_TRY(solve(entry->method, head, id, &match));
        alpha = match.alpha;
        beta = match.beta;
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

static lln_status measure_kernel(const case_set *set, const run_case *head_case,
                                 const row_identity *identity, size_t index,
                                 run_block *block)
{
    LLN_TRY(run_block_resize(block, 1));
    run_case c = *head_case;
    lln_kernel_choice choice;
    if (!set->plan->plain) {
        lln_status status = resolve(set, &set->kernels.entries[index], c.head,
                                    identity, &choice);
        if (status == LLN_EUNDEFINED)
            return leave_out(set, block);
        LLN_TRY(status);
        c.kernel = &choice;
    }
    return fail_at(identity, set->plan->measure(&c, block));
}

static lln_status measure_kernels(const case_set *set, const run_case *c,
                                  case_result *result)
{
    const row_identity *identity = &result->identity;
    for (size_t i = 0; i < set->kernels.count; i++) {
        lln_status status =
            measure_kernel(set, c, identity, i, &result->blocks[i]);
        if (lln_stop_requested)
            return lln_fail(LLN_EINTERRUPTED, "interrupted");
        if (status != LLN_EUNDEFINED)
            LLN_TRY(status);
    }
    return LLN_OK;
}

static lln_status measure(const case_set *set, size_t index, double tau,
                          case_result *result)
{
    lln_precision precision = run_shared.use_double ? LLN_FLOAT64 : LLN_FLOAT32;
    lln_head head = {0};
    size_t *rows = NULL;
    LLN_TRY(set->heads.load(&set->heads, index, tau, precision, &head));
    run_case c = {.head = &head};
    lln_status status = describe_case(set, tau, &c);
    if (status == LLN_OK)
        status = draw_rows(index, &c, &rows);
    if (status == LLN_OK) {
        result->identity = identify(set, &c, index);
        status = measure_kernels(set, &c, result);
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
