/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Cases put together into the rows of the table. */
#ifndef LLN_TOOLS_GROUPS_H
#define LLN_TOOLS_GROUPS_H

#include "cases.h"
#include "rows.h"

/* Which heads make up one row, at one temperature and with one kernel. */
typedef enum {
    GROUP_HEAD,   /* each its own */
    GROUP_TRIALS, /* all, trials of a model; temperature by temperature */
    GROUP_LAYER,  /* those of a layer of a source; head by head */
    GROUP_SOURCE, /* those of a source; head by head */
} group_kind;

typedef struct row_group row_group;

typedef struct {
    const case_set *set;
    group_kind kind;
    row_writer *writer;
    row_group *open; /* [temperatures] that have cases, but no rows yet */
    size_t temperatures;
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

/* The identity of a row about so many heads, `first` the first of them, at the
 * temperature tau; and whether the row of a head also takes `next`. */
row_identity groups_identify(const row_groups *groups,
                             const row_identity *first, size_t heads,
                             double tau, size_t kernel);
bool groups_share_row(const row_groups *groups, const row_identity *head,
                      const row_identity *next);

/* Releases; what was not written is left out of the table. */
void groups_close(row_groups *groups);

#endif
