/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "open_case.h"

#include <math.h>
#include <stdlib.h>

#include "alpha_beta.h"
#include "beside.h"
#include "config.h"
#include "core/memory.h"
#include "heads/temperature.h"
#include "measure/row_sample.h"
#include "measure/row_temperature.h"
#include "options.h"
#include "warnings.h"

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

/* Draws the rows to measure: anew for each head, the same for every tau. With
 * --pairs they are the same for all heads of as many queries, so that (a, b)
 * and (b, a) are compared by the same rows. The caller frees them. */
static lln_status draw_rows(run_case *c, size_t **rows)
{
    size_t n = c->head->q.rows, count = run_shared.rows;
    size_t stream = run_shared.pairs ? 0 : c->head->number;
    if (count == 0 || count >= n)
        return LLN_OK;
    *rows = lln_array_alloc(count, sizeof **rows);
    if (!*rows)
        return LLN_ENOMEM;
    c->rows = *rows;
    c->row_count = count;
    return lln_rows_draw(n, count, run_shared.seed, (uint32_t)stream, *rows);
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
    const lln_heads *heads = work->heads;
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

lln_status open_case_load(open_case *work, size_t index, double tau)
{
    const case_set *set = work->set;
    work->index = index;
    work->c.head = &work->head;
    work->c.sampled = set->heads.sampled;
    work->c.passes = set->passes;
    work->c.kept = &work->kept;
    work->c.tau = work->c.tau_given = tau;
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

lln_head open_case_head(const open_case *work, const kernel_entry *entry)
{
    lln_head head = work->head;
    head.rule = lln_rule_without(head.rule, lln_kernel_honours(&entry->choice));
    if (lln_rule_same_but_scale(&head.rule, &work->variance_without.rule))
        head.kept = work->kept_without;
    return head;
}

lln_status open_case_choose(const open_case *work, const kernel_entry *entry,
                            uint32_t draw, const lln_head *head,
                            lln_kernel_choice *choice)
{
    *choice = entry->choice;
    choice->seed = run_shared.seed;
    choice->draw = draw;
    choice->arrays = work->arrays.items;
    choice->array_count = work->arrays.count;
    return alpha_beta_find(work->set, entry, head, &work->identity, choice);
}

void open_case_close(open_case *work)
{
    if (work->kept)
        work->set->plan->forget(work->kept);
    kernel_arrays_free(&work->arrays);
    free(work->rows);
    lln_head_free(&work->head);
}
