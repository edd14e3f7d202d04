/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "case_group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "shard.h"
#include "warnings.h"

/* Of the results of all groups that are kept. */
static const size_t KEPT_BYTES = (size_t)16 << 20;

struct case_group {
    case_group *next;
    double tau;
    const size_t *members; /* [count], of set->others; only while measured */
    size_t first, count;   /* of the members: the first, and their number */
    size_t *rows;          /* [row_count] indices of members that have rows */
    size_t row_count;
    size_t bytes;           /* of the results */
    bool measured;          /* false: they must be compared one by one */
    char *records, *errors; /* [row_count x count] of the plan's type; errors
                               NULL: none are stored */
};

/* A member while the group is measured. */
typedef struct {
    open_case work;
    lln_head head;
    lln_kernel_choice choice;
} member;

/* Members first[a] .. first[a] + count[a] - 1, for each side a comparison. */
typedef struct {
    size_t first[2], count[2];
} chunk_pair;

static size_t bytes_of(lln_matrix a)
{
    return a.rows * a.columns * lln_precision_size(a.precision);
}

/* The number of members from `at` on, at least one, that fit. */
static size_t count_fitting(const case_set *set, const case_group *group,
                            size_t at, size_t most)
{
    size_t bytes = 0, count = 0;
    for (; at + count < group->count; count++) {
        lln_head head;
        set->others.describe(&set->others, group->members[at + count], &head);
        bytes += bytes_of(head.q) + bytes_of(head.k) + bytes_of(head.v);
        if (count > 0 && bytes > most)
            break;
    }
    return count;
}

/* The number of members of a chunk: all, or as many as fit beside another. */
static size_t count_chunk(const case_set *set, const case_group *group,
                          size_t at)
{
    if (count_fitting(set, group, 0, CASE_GROUP_BYTES) == group->count)
        return group->count;
    return count_fitting(set, group, at, CASE_GROUP_BYTES / 2);
}

/* Whether outputs can be compared for all pairs, or for none. */
static bool have_same_values(const case_set *set, const case_group *group)
{
    lln_head head, first;
    set->others.describe(&set->others, group->members[0], &first);
    for (size_t i = 0; i < group->count; i++) {
        set->others.describe(&set->others, group->members[i], &head);
        if (head.v.rows != first.v.rows || head.v.columns != first.v.columns)
            return false;
    }
    return true;
}

/* Loads one member and chooses its kernel. *ready = false: it cannot be
 * measured; the comparison one by one says why. */
static lln_status open_member(const case_set *set, size_t index,
                              const kernel_entry *entry, uint32_t draw,
                              double tau, member *m, run_case *c, bool *ready)
{
    *ready = false;
    m->work = (open_case){.set = set, .heads = &set->others};
    lln_status status = open_case_load(&m->work, index, tau);
    if (status == LLN_OK && m->work.has_values) {
        m->head = open_case_head(&m->work, entry);
        status = open_case_choose(&m->work, entry, draw, &m->head, &m->choice);
        *ready = status == LLN_OK;
    }
    *c = m->work.c;
    c->head = &m->head;
    c->kernel = &m->choice;
    return warnings_suffice(status) ? LLN_OK : status;
}

/* What measures a group. */
typedef struct {
    const case_set *set;
    const kernel_entry *entry;
    uint32_t draw;
    case_group *group;
    member *opened; /* [count] */
    run_case *cases;
    size_t *heads[2]; /* [count] those of cases in each part of a comparison */
    char *records, *errors; /* of one pair of chunks */
} group_work;

static bool has_row(const case_group *group, size_t at, size_t *row)
{
    for (*row = 0; *row < group->row_count; ++*row)
        if (group->rows[*row] == at)
            return true;
    return false;
}

/* The members of two chunks, each once, become cases. Returns their number. */
static size_t list_cases(const group_work *w, const chunk_pair *pair,
                         lln_pair_list lists[2])
{
    bool same = pair->first[0] == pair->first[1];
    size_t shift = same ? 0 : pair->count[0], row;
    for (int a = 0; a < 2; a++)
        lists[a] = (lln_pair_list){w->heads[a], 0};
    for (size_t i = 0; i < pair->count[0]; i++)
        if (has_row(w->group, pair->first[0] + i, &row))
            w->heads[0][lists[0].count++] = i;
    for (size_t i = 0; i < pair->count[1]; i++)
        w->heads[1][lists[1].count++] = shift + i;
    return shift + pair->count[1];
}

static lln_status open_members(const group_work *w, const chunk_pair *pair,
                               size_t cases, bool *ready)
{
    const case_group *group = w->group;
    *ready = true;
    for (size_t i = 0; i < cases && *ready; i++) {
        size_t at = i < pair->count[0] ? pair->first[0] + i
                                       : pair->first[1] + i - pair->count[0];
        LLN_TRY(open_member(w->set, group->members[at], w->entry, w->draw,
                            group->tau, &w->opened[i], &w->cases[i], ready));
    }
    return LLN_OK;
}

static void close_members(const group_work *w, size_t cases)
{
    for (size_t i = 0; i < cases; i++) {
        if (w->opened[i].work.set)
            open_case_close(&w->opened[i].work);
        w->opened[i] = (member){0};
    }
}

static void clear_records(record_type type, size_t count, char *records)
{
    for (size_t i = 0; records && i < count; i++)
        record_clear(type, records + i * type.size);
}

/* Copies the results of a pair of chunks to those of the group. */
static void keep_results(const group_work *w, const chunk_pair *pair,
                         const lln_pair_list lists[2])
{
    case_group *group = w->group;
    size_t size = w->set->measured.size, width = lists[1].count, row;
    for (size_t i = 0; i < lists[0].count; i++) {
        (void)has_row(group, pair->first[0] + lists[0].heads[i], &row);
        size_t to = (row * group->count + pair->first[1]) * size;
        memcpy(group->records + to, w->records + i * width * size,
               width * size);
        if (group->errors)
            memcpy(group->errors + to, w->errors + i * width * size,
                   width * size);
    }
}

/* Compares the members of one chunk with those of another. */
static lln_status measure_chunks(const group_work *w, const chunk_pair *pair)
{
    const run_plan *plan = w->set->plan;
    case_group *group = w->group;
    lln_pair_list lists[2];
    size_t cases = list_cases(w, pair, lists);
    size_t pairs = lists[0].count * lists[1].count;
    if (pairs == 0)
        return LLN_OK;
    clear_records(w->set->measured, pairs, w->records);
    clear_records(w->set->measured, pairs, w->errors);
    lln_status status = open_members(w, pair, cases, &group->measured);
    if (status == LLN_OK && group->measured)
        status = plan->measure_group(w->cases, cases, lists, plan->context,
                                     w->records, w->errors);
    close_members(w, cases);
    group->measured = group->measured && status == LLN_OK;
    if (group->measured)
        keep_results(w, pair, lists);
    return warnings_suffice(status) ? LLN_OK : status;
}

static lln_status measure_all(const group_work *w)
{
    case_group *group = w->group;
    chunk_pair pair;
    group->measured = true;
    for (size_t a = 0; a < group->count; a += pair.count[0]) {
        pair.first[0] = a;
        pair.count[0] = count_chunk(w->set, group, a);
        for (size_t b = 0; b < group->count; b += pair.count[1]) {
            pair.first[1] = b;
            pair.count[1] = count_chunk(w->set, group, b);
            LLN_TRY(measure_chunks(w, &pair));
            if (!group->measured)
                return LLN_OK;
        }
    }
    return LLN_OK;
}

static lln_status measure_group(const case_set *set, const kernel_entry *entry,
                                uint32_t draw, case_group *group)
{
    size_t count = group->count, bytes = group->bytes;
    group_work w = {.set = set, .entry = entry, .draw = draw, .group = group};
    bool stores = set->plan->stores_errors;
    w.opened = lln_array_alloc(count, sizeof *w.opened);
    w.cases = lln_array_alloc(count, sizeof *w.cases);
    w.heads[0] = lln_array_alloc(2 * count, sizeof *w.heads[0]);
    w.records = lln_array_alloc(bytes, 1);
    w.errors = stores ? lln_array_alloc(bytes, 1) : NULL;
    group->records = lln_array_alloc(bytes, 1);
    group->errors = stores ? lln_array_alloc(bytes, 1) : NULL;
    lln_status status = LLN_ENOMEM;
    if (w.opened && w.cases && w.heads[0] && w.records && group->records &&
        (!stores || (w.errors && group->errors))) {
        w.heads[1] = w.heads[0] + count;
        status = measure_all(&w);
    }
    free(w.opened);
    free(w.cases);
    free(w.heads[0]);
    free(w.records);
    free(w.errors);
    return status;
}

static void group_free(case_group *group)
{
    free(group->rows);
    free(group->records);
    free(group->errors);
    free(group);
}

/* The bytes of the results that are kept. */
static size_t count_kept(const case_set *set)
{
    size_t bytes = 0;
    for (size_t i = 0; i < set->kernels.count; i++)
        for (const case_group *g = set->groups[i].first; g; g = g->next)
            bytes += g->bytes * (set->plan->stores_errors ? 2 : 1);
    return bytes;
}

/* A group without results. */
static lln_status group_alloc(const case_set *set, double tau,
                              const size_t *members, size_t count,
                              case_group **out)
{
    case_group *group = lln_array_alloc(1, sizeof *group);
    *out = group;
    if (!group)
        return LLN_ENOMEM;
    *group = (case_group){.tau = tau,
                          .members = members,
                          .first = members[0],
                          .count = count,
                          .rows = lln_array_alloc(count, sizeof *group->rows)};
    if (!group->rows)
        return LLN_ENOMEM;
    for (size_t i = 0; i < count; i++)
        if (shard_has(members[i]))
            group->rows[group->row_count++] = i;
    group->bytes = group->row_count * count * set->measured.size;
    return LLN_OK;
}

/* Finds the group, or measures it. */
static lln_status find_group(const case_set *set, const kernel_entry *entry,
                             uint32_t draw, double tau, const size_t *members,
                             size_t count, case_group **out)
{
    case_group_list *list = &set->groups[entry - set->kernels.entries];
    for (case_group *g = list->first; g; g = g->next)
        if (g->first == members[0] && g->count == count &&
            (g->tau == tau || (isnan(g->tau) && isnan(tau)))) {
            *out = g;
            return LLN_OK;
        }
    size_t kept = count_kept(set);
    lln_status status = group_alloc(set, tau, members, count, out);
    if (*out) {
        (*out)->next = list->first;
        list->first = *out;
    }
    bool few = status == LLN_OK && kept + (*out)->bytes <= KEPT_BYTES;
    if (few && have_same_values(set, *out))
        status = measure_group(set, entry, draw, *out);
    if (*out)
        (*out)->members = NULL;
    return status;
}

static void forget_group(case_group_list *list, case_group *group)
{
    case_group **at = &list->first;
    while (*at != group)
        at = &(*at)->next;
    *at = group->next;
    group_free(group);
}

lln_status case_group_copy(const case_set *set, const kernel_entry *entry,
                           uint32_t draw, double tau, size_t index,
                           const size_t *members, size_t count,
                           run_block *block, bool *done)
{
    size_t size = set->measured.size, at = 0, row;
    case_group *group;
    *done = false;
    if (!set->groups || count < 2)
        return LLN_OK;
    LLN_TRY(find_group(set, entry, draw, tau, members, count, &group));
    index = shard_index(index);
    while (at < count && members[at] != index)
        at++;
    if (!has_row(group, at, &row))
        return LLN_OK;
    for (size_t i = 0; group->measured && i < count; i++) {
        size_t from = (row * count + i) * size;
        lln_head other;
        memcpy(run_block_record(block, i), group->records + from, size);
        if (group->errors)
            memcpy(run_block_errors(block, i), group->errors + from, size);
        set->others.describe(&set->others, members[i], &other);
        set->plan->name_other(&other, run_block_record(block, i));
    }
    *done = group->measured;
    if (row + 1 == group->row_count)
        forget_group(&set->groups[entry - set->kernels.entries], group);
    return LLN_OK;
}

void case_groups_free(const case_set *set)
{
    for (size_t i = 0; set->groups && i < set->kernels.count; i++)
        while (set->groups[i].first)
            forget_group(&set->groups[i], set->groups[i].first);
    free(set->groups);
}
