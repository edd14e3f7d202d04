/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cases put together into the rows of the table. */
#ifndef LLN_TOOLS_GROUPS_H
#define LLN_TOOLS_GROUPS_H

#include "cases.h"
#include "rows.h"

/* Which heads make up one row, at one temperature and with one kernel. */
typedef enum {
    GROUP_HEAD,     /* each its own */
    GROUP_TRIALS,   /* all, trials of a model; temperature by temperature */
    GROUP_LAYER,    /* those of a layer of a source; head by head */
    GROUP_SOURCE,   /* those of a source; head by head */
    GROUP_KEY_HEAD, /* those of a layer of a source that share keys */
    GROUP_TEXTS,    /* those of all sources that have the same step, layer and
                       number */
} group_kind;

typedef struct row_group row_group;

typedef struct {
    const case_set *set;
    group_kind kind;
    row_writer *writer;
    row_group *open; /* [sets x temperatures] that have cases, but no rows yet;
                        a set has the same heads at each temperature */
    size_t sets, temperatures;
    void *numbers;  /* of sets by step, layer and head, a tree of tsearch(3) */
    size_t written; /* cases that are in rows of the table */
} row_groups;

/* Ends the process when out of memory. */
row_groups groups_open(const case_set *set, group_kind kind,
                       size_t temperatures, row_writer *writer);

/* Adds the next case, at temperature number `tau`, and writes the rows that
 * are complete. LLN_EFORMAT: it has other rows than the first of its group. */
LLN_NODISCARD lln_status groups_add(row_groups *groups, size_t tau,
                                    const case_result *result);

/* Writes the rows that only wait for more cases, when there are none. */
LLN_NODISCARD lln_status groups_end(row_groups *groups);

/* Whether the row that has a head also takes another one. */
bool groups_share_row(const row_groups *groups, const row_identity *row,
                      const row_identity *head);

/* Makes of `all`, which heads of a row have in common, what they have in common
 * with one more: of what differs, nothing is known. */
void groups_merge(row_identity *all, const row_identity *head);

/* The identity of a row about so many heads that have `row` in common, at the
 * temperature tau. */
row_identity groups_identify(const row_groups *groups, const row_identity *row,
                             size_t heads, double tau, size_t kernel);

/* Releases; what was not written is left out of the table. */
void groups_close(row_groups *groups);

#endif
