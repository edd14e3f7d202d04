/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "against.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "identity.h"
#include "message.h"
#include "operands.h"

bool against_asked(void)
{
    return run_shared.against || run_shared.pairs;
}

static const char *option_name(void)
{
    return run_shared.against ? "against" : "pairs";
}

void against_check(void)
{
    static const char *const others[] = {"plan", "compare", "write-heads",
                                         NULL};
    const char *pairs = run_shared.pairs;
    if (!against_asked())
        return;
    if (run_shared.against && pairs)
        cli_usage("--against cannot be used with --pairs");
    if (pairs && strcmp(pairs, "heads") != 0 && strcmp(pairs, "layers") != 0)
        cli_usage("--pairs: expected heads or layers, found '%s'", pairs);
    const char *other = cli_first_given(others);
    if (other)
        cli_usage("--%s cannot be used with --%s", other, option_name());
    if (options_sampled() && !run_shared.attention)
        cli_usage("--%s needs heads from files; use FILE, or --q and --k",
                  option_name());
}

/* The place of a head in a message. */
static void describe(const lln_head *head, char place[RUN_PLACE])
{
    run_place_tau(run_index(head->layer), run_index(head->head), NAN, place);
}

/* Whether `other` is to be compared with `head`: for --against, the head with
 * its numbers in the other file. */
static bool are_partners(const lln_head *head, const lln_head *other)
{
    bool same_batch = head->at.batch == other->at.batch;
    if (run_shared.against)
        return other->model >= operands_find()->against && same_batch &&
               head->layer == other->layer && head->head == other->head &&
               (head->step == other->step || head->step < 0 || other->step < 0);
    return head->model == other->model && same_batch &&
           (strcmp(run_shared.pairs, "heads") == 0 ? head->layer == other->layer
                                                   : head->head == other->head);
}

size_t against_find(const case_set *set, const lln_head *head, size_t *found)
{
    size_t count = 0;
    for (size_t i = 0; i < set->others.count; i++) {
        lln_head other;
        set->others.describe(&set->others, i, &other);
        if (are_partners(head, &other))
            found[count++] = i;
    }
    return count;
}

/* Ends the process if the shapes differ. */
static void check_shapes(const lln_head *head, const lln_head *other)
{
    char place[RUN_PLACE], other_place[RUN_PLACE];
    if (head->q.rows == other->q.rows && head->k.rows == other->k.rows)
        return;
    describe(head, place);
    describe(other, other_place);
    cli_fail("%s: %s%zu queries and %zu keys; %s: %s%zu and %zu; expected the "
             "same numbers",
             head->source, place, head->q.rows, head->k.rows, other->source,
             other_place, other->q.rows, other->k.rows);
}

static void check_head(const case_set *set, const lln_head *head, size_t *found)
{
    char place[RUN_PLACE];
    size_t count = against_find(set, head, found);
    describe(head, place);
    if (run_shared.against && count != 1)
        cli_fail("%s: %s%s with these numbers in %s; expected one",
                 head->source, place, count == 0 ? "no head" : "several heads",
                 run_shared.against);
    for (size_t i = 0; set->plan->needs_same_shape && i < count; i++) {
        lln_head other;
        set->others.describe(&set->others, found[i], &other);
        check_shapes(head, &other);
    }
}

/* Ends the process if a head of --against is compared with none. */
static void check_other(const case_set *set, const lln_head *other)
{
    char place[RUN_PLACE];
    for (size_t i = 0; i < set->heads.count; i++) {
        lln_head head;
        set->heads.describe(&set->heads, i, &head);
        if (are_partners(&head, other))
            return;
    }
    describe(other, place);
    cli_fail("%s: %sno head with these numbers in %s; select heads with "
             "--layers and --heads",
             other->source, place,
             run_shared.file ? run_shared.file : run_shared.q);
}

/* The number of heads that come before those of --against. */
static size_t count_first(const lln_heads *heads)
{
    size_t count = 0;
    while (count < heads->count) {
        lln_head head;
        heads->describe(heads, count, &head);
        if (head.model >= operands_find()->against)
            break;
        count++;
    }
    return count;
}

void against_open(case_set *set)
{
    size_t *found = cli_alloc(set->heads.count, sizeof *found);
    set->others = set->heads;
    if (run_shared.against)
        set->heads.count = count_first(&set->heads);
    for (size_t i = 0; i < set->heads.count; i++) {
        lln_head head;
        set->heads.describe(&set->heads, i, &head);
        check_head(set, &head, found);
    }
    for (size_t i = set->heads.count; i < set->others.count; i++) {
        lln_head other;
        set->others.describe(&set->others, i, &other);
        check_other(set, &other);
    }
    free(found);
}
