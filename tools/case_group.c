/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "case_group.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "warnings.h"

/* A member while the group is measured. */
typedef struct {
    open_case work;
    lln_head head;
    lln_kernel_choice choice;
} member;

static size_t bytes_of(lln_matrix a)
{
    return a.rows * a.columns * lln_precision_size(a.precision);
}

static bool fits(const case_set *set, const size_t *members, size_t count)
{
    size_t bytes = 0;
    lln_head head, first;
    set->others.describe(&set->others, members[0], &first);
    for (size_t i = 0; i < count; i++) {
        set->others.describe(&set->others, members[i], &head);
        bytes += bytes_of(head.q) + bytes_of(head.k) + bytes_of(head.v);
        if (head.v.rows != first.v.rows || head.v.columns != first.v.columns)
            return false; /* some outputs can be compared, others not */
    }
    return bytes <= CASE_GROUP_BYTES;
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

/* Measures the members, all of which are in memory. */
static lln_status measure_members(const case_set *set, member *opened,
                                  run_case *cases, const size_t *members,
                                  const kernel_entry *entry, uint32_t draw,
                                  case_group *group)
{
    bool ready = true;
    for (size_t i = 0; ready && i < group->count; i++)
        LLN_TRY(open_member(set, members[i], entry, draw, group->tau,
                            &opened[i], &cases[i], &ready));
    if (!ready)
        return LLN_OK;
    lln_status status = set->plan->measure_group(
        cases, group->count, set->plan->context, group->records, group->errors);
    group->measured = status == LLN_OK;
    return warnings_suffice(status) ? LLN_OK : status;
}

static void group_clear(case_group *group)
{
    free(group->records);
    free(group->errors);
    *group = (case_group){0};
}

static void clear_records(record_type type, size_t count, char *records)
{
    for (size_t i = 0; i < count; i++)
        record_clear(type, records + i * type.size);
}

static lln_status measure_group(const case_set *set, const kernel_entry *entry,
                                uint32_t draw, double tau,
                                const size_t *members, size_t count,
                                case_group *group)
{
    record_type type = set->measured;
    group_clear(group);
    group->tau = tau;
    group->first = members[0];
    group->count = count;
    if (!fits(set, members, count))
        return LLN_OK;
    group->records = lln_array_alloc(count * count, type.size);
    group->errors = lln_array_alloc(count * count, type.size);
    member *opened = lln_array_alloc(count, sizeof *opened);
    run_case *cases = lln_array_alloc(count, sizeof *cases);
    lln_status status = LLN_ENOMEM;
    if (group->records && group->errors && opened && cases) {
        clear_records(type, count * count, group->records);
        clear_records(type, count * count, group->errors);
        status =
            measure_members(set, opened, cases, members, entry, draw, group);
    }
    for (size_t i = 0; opened && i < count; i++)
        if (opened[i].work.set)
            open_case_close(&opened[i].work);
    free(opened);
    free(cases);
    return status;
}

static bool is_last(const case_group *group, double tau, const size_t *members,
                    size_t count)
{
    return group->count == count && group->first == members[0] &&
           (group->tau == tau || (isnan(group->tau) && isnan(tau)));
}

lln_status case_group_copy(const case_set *set, const kernel_entry *entry,
                           uint32_t draw, double tau, size_t index,
                           const size_t *members, size_t count,
                           run_block *block, bool *done)
{
    size_t bytes = set->measured.size, at = 0;
    *done = false;
    if (!set->groups || count < 2)
        return LLN_OK;
    case_group *group = &set->groups[entry - set->kernels.entries];
    if (!is_last(group, tau, members, count))
        LLN_TRY(measure_group(set, entry, draw, tau, members, count, group));
    while (at < count && members[at] != index)
        at++;
    if (!group->measured || at == count)
        return LLN_OK;
    for (size_t i = 0; i < count; i++) {
        size_t from = (at * count + i) * bytes;
        lln_head other;
        memcpy(run_block_record(block, i), group->records + from, bytes);
        memcpy(run_block_errors(block, i), group->errors + from, bytes);
        set->others.describe(&set->others, members[i], &other);
        set->plan->name_other(&other, run_block_record(block, i));
    }
    *done = true;
    return LLN_OK;
}

void case_groups_free(const case_set *set)
{
    for (size_t i = 0; set->groups && i < set->kernels.count; i++)
        group_clear(&set->groups[i]);
    free(set->groups);
}
