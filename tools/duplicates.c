/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "duplicates.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "message.h"
#include "options.h"

/* Sampled heads have no layers. Comparing all of them would cost more than
 * measuring them. */
enum { SAMPLED_LAYER = 32 };

double duplicates_threshold = DUPLICATES_THRESHOLD;

/* The heads of a layer. */
typedef struct {
    lln_head first; /* without values */
    size_t heads;
} head_set;

/* Their comparison with one kernel at one temperature. */
typedef struct {
    size_t set;
    double tau;
    char kernel[LLN_KERNEL_TEXT];
    lln_duplicates *found;
} comparison;

static bool sampled; /* the heads are */
static head_set *sets;
static size_t set_count;
static comparison *comparisons; /* protected by `lock` */
static size_t comparison_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static bool are_compared(const lln_head *a, const lln_head *b)
{
    bool same_layer = a->model == b->model && a->at.batch == b->at.batch &&
                      a->layer == b->layer;
    const char *row = run_shared.aggregate;
    if (row && strcmp(row, "kv-head") == 0)
        return same_layer && a->key_head == b->key_head;
    if (row && strcmp(row, "head") == 0)
        return same_layer && a->number == b->number;
    return same_layer &&
           (!sampled || a->number / SAMPLED_LAYER == b->number / SAMPLED_LAYER);
}

/* The set of a head; set_count: none. Heads of a set mostly follow each
 * other. */
static size_t find_set(const lln_head *head)
{
    for (size_t i = set_count; i > 0; i--)
        if (are_compared(&sets[i - 1].first, head))
            return i - 1;
    return set_count;
}

void duplicates_open(const lln_heads *heads)
{
    sampled = heads->sampled;
    for (size_t i = 0; i < heads->count; i++) {
        lln_head head;
        heads->describe(heads, i, &head);
        size_t at = find_set(&head);
        if (at == set_count) {
            head_set *grown = lln_array_grow(sets, set_count, sizeof *sets);
            if (!grown)
                cli_fail("%s", lln_error_message());
            sets = grown;
            sets[set_count++] = (head_set){head, 0};
        }
        sets[at].heads++;
    }
}

/* Finds or opens the comparison of a case. The caller holds the lock. */
static lln_status find_comparison(const run_case *c, lln_duplicates **out)
{
    size_t set = find_set(c->head);
    for (size_t i = 0; i < comparison_count; i++) {
        const comparison *known = &comparisons[i];
        bool same_tau = isnan(c->tau_given) ? isnan(known->tau)
                                            : known->tau == c->tau_given;
        *out = known->found;
        if (known->set == set && same_tau &&
            strcmp(known->kernel, c->kernel->text) == 0)
            return LLN_OK;
    }
    comparison *grown =
        lln_array_grow(comparisons, comparison_count, sizeof *comparisons);
    if (!grown)
        return LLN_ENOMEM;
    comparisons = grown;
    comparison *added = &comparisons[comparison_count];
    *added = (comparison){.set = set, .tau = c->tau_given};
    strcpy(added->kernel, c->kernel->text);
    LLN_TRY(lln_duplicates_open(sets[set].heads, duplicates_threshold,
                                &added->found));
    comparison_count++;
    *out = added->found;
    return LLN_OK;
}

lln_status duplicates_add(const run_case *c, lln_attention *attention,
                          const lln_duplicates **out)
{
    lln_duplicates *found;
    pthread_mutex_lock(&lock);
    lln_status status = find_comparison(c, &found);
    pthread_mutex_unlock(&lock);
    LLN_TRY(status);
    *out = found;
    return lln_duplicates_add(found, c->head->number, run_shared.seed,
                              attention);
}

void duplicates_close(void)
{
    for (size_t i = 0; i < comparison_count; i++)
        lln_duplicates_close(comparisons[i].found);
    free(comparisons);
    free(sets);
    comparisons = NULL;
    sets = NULL;
    comparison_count = set_count = 0;
}
