/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/duplicates.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>

#include "core/failure.h"
#include "core/memory.h"
#include "measure/pair_sample.h"
#include "measure/row_sample.h"

typedef struct {
    size_t number;
    lln_pair_sample *sample; /* NULL: not measured, or released */
} sampled_head;

struct lln_duplicates {
    pthread_mutex_t lock; /* protects all that follows, except for the heads
                             before `sampled`, which do not change until all are
                             compared */
    double threshold;
    size_t heads;                    /* expected */
    size_t begun, sampled, compared; /* heads so far */
    size_t *numbers;                 /* [begun] */
    sampled_head *list;              /* [sampled] */
    lln_duplicates_found found;
};

lln_status lln_duplicates_open(size_t heads, double threshold,
                               lln_duplicates **out)
{
    lln_duplicates *all = lln_array_alloc(1, sizeof *all);
    *out = all;
    if (!all)
        return LLN_ENOMEM;
    pthread_mutex_init(&all->lock, NULL);
    all->threshold = threshold;
    all->heads = heads;
    all->found.js = NAN;
    all->numbers = lln_array_alloc(heads, sizeof *all->numbers);
    all->list = lln_array_alloc(heads, sizeof *all->list);
    if (all->numbers && all->list)
        return LLN_OK;
    lln_duplicates_close(all);
    *out = NULL;
    return LLN_ENOMEM;
}

static void release_samples(lln_duplicates *all)
{
    for (size_t i = 0; i < all->sampled; i++) {
        lln_pair_sample_close(all->list[i].sample);
        all->list[i].sample = NULL;
    }
}

void lln_duplicates_close(lln_duplicates *all)
{
    if (!all)
        return;
    release_samples(all);
    pthread_mutex_destroy(&all->lock);
    free(all->numbers);
    free(all->list);
    free(all);
}

lln_duplicates_found lln_duplicates_find(const lln_duplicates *all)
{
    return all->found;
}

/* Whether the number is new. */
static lln_status begin_head(lln_duplicates *all, size_t number, bool *is_new)
{
    lln_status status = LLN_OK;
    *is_new = true;
    pthread_mutex_lock(&all->lock);
    for (size_t i = 0; i < all->begun; i++)
        *is_new = *is_new && all->numbers[i] != number;
    if (*is_new && all->begun == all->heads)
        status =
            lln_fail(LLN_EINVAL, "more than %zu heads to compare", all->heads);
    else if (*is_new)
        all->numbers[all->begun++] = number;
    pthread_mutex_unlock(&all->lock);
    return status;
}

static lln_status open_sample(lln_attention *attention, uint64_t seed,
                              lln_pair_sample **out)
{
    size_t drawn[LLN_DUPLICATES_ROWS], n = attention->n;
    *out = NULL;
    if (n <= LLN_DUPLICATES_ROWS)
        return lln_pair_sample_open(attention, NULL, n, out);
    LLN_TRY(lln_rows_draw(n, LLN_DUPLICATES_ROWS, seed, 0, drawn));
    return lln_pair_sample_open(attention, drawn, LLN_DUPLICATES_ROWS, out);
}

/* A pair above this is neither below the threshold nor the closest. */
static double find_most(lln_duplicates *all)
{
    pthread_mutex_lock(&all->lock);
    double js = all->found.js;
    pthread_mutex_unlock(&all->lock);
    return isnan(js) ? INFINITY : fmax(js, all->threshold);
}

static bool comes_first(size_t head, size_t other,
                        const lln_duplicates_found *found)
{
    return head != found->head ? head < found->head : other < found->other;
}

static void add_pair(lln_duplicates *all, size_t a, size_t b, double js)
{
    lln_duplicates_found *found = &all->found;
    size_t head = a < b ? a : b, other = a < b ? b : a;
    if (isnan(js))
        return;
    pthread_mutex_lock(&all->lock);
    found->pairs++;
    found->below += js < all->threshold;
    if (isfinite(js) &&
        (isnan(found->js) || js < found->js ||
         (js == found->js && comes_first(head, other, found)))) {
        found->js = js;
        found->head = head;
        found->other = other;
    }
    pthread_mutex_unlock(&all->lock);
}

/* Compares head `at` of the list with those before it. */
static lln_status compare_head(lln_duplicates *all, size_t at)
{
    lln_failure failure = LLN_NO_FAILURE;
    const sampled_head *head = &all->list[at];
#pragma omp parallel for schedule(dynamic, 1)
    for (size_t i = 0; i < at; i++) {
        double js = NAN;
        const sampled_head *other = &all->list[i];
        lln_failure_note(&failure, i,
                         lln_pair_sample_js(head->sample, other->sample,
                                            find_most(all), &js));
        add_pair(all, head->number, other->number, js);
    }
    return lln_failure_report(&failure);
}

lln_status lln_duplicates_add(lln_duplicates *all, size_t number, uint64_t seed,
                              lln_attention *attention)
{
    lln_pair_sample *sample;
    bool is_new;
    LLN_TRY(begin_head(all, number, &is_new));
    if (!is_new || attention->n == 0 || all->heads < 2)
        return LLN_OK;
    lln_status status = open_sample(attention, seed, &sample);
    if (status != LLN_OK) {
        lln_pair_sample_close(sample);
        return status;
    }
    pthread_mutex_lock(&all->lock);
    size_t at = all->sampled++;
    all->list[at] = (sampled_head){number, sample};
    pthread_mutex_unlock(&all->lock);
    status = compare_head(all, at);
    pthread_mutex_lock(&all->lock);
    if (++all->compared == all->heads)
        release_samples(all);
    pthread_mutex_unlock(&all->lock);
    return status;
}
