/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Combines cases into the rows of the table. */
#ifndef LLN_TOOLS_GROUPS_H
#define LLN_TOOLS_GROUPS_H

#include "cases.h"
#include "rows.h"

/* The heads that make up one row, at one temperature and with one kernel. */
typedef enum {
    GROUP_HEAD,     /* one head */
    GROUP_TRIALS,   /* all trials of a model; temperature by temperature */
    GROUP_LAYER,    /* the heads of a layer of a source; head by head */
    GROUP_SOURCE,   /* the heads of a source; head by head */
    GROUP_KEY_HEAD, /* the heads of a layer of a source that share keys */
    GROUP_TEXTS,    /* the heads of all sources with the same step, layer and
                       number */
} group_kind;

typedef struct row_group row_group;

typedef struct {
    const case_set *set;
    group_kind kind;
    row_writer *writer;
    /* Groups with cases whose rows are not written yet: [sets x temperatures];
     * a set has the same heads at each temperature. */
    row_group *open;
    size_t sets, temperatures;
    void *numbers;  /* numbers of sets by step, layer and head: a tree of
                       tsearch(3) */
    size_t written; /* cases in rows that are written */
} row_groups;

/* Ends the process when out of memory. */
row_groups groups_open(const case_set *set, group_kind kind,
                       size_t temperatures, row_writer *writer);

/* Adds the next case, at temperature number `tau`, and writes the rows that are
 * complete. LLN_EFORMAT: its number of rows differs from that of the first case
 * in its group. */
LLN_NODISCARD lln_status groups_add(row_groups *groups, size_t tau,
                                    const case_result *result);

/* Writes the rows that are waiting for further cases; call it after the last
 * case. */
LLN_NODISCARD lln_status groups_end(row_groups *groups);

/* Whether a head belongs to the row with the identity `row`. */
bool groups_share_row(const row_groups *groups, const row_identity *row,
                      const row_identity *head);

/* Merges one more head into `all`, the common identity of the heads in a row:
 * fields that differ become missing. */
void groups_merge(row_identity *all, const row_identity *head);

/* The identity of a row of `heads` heads with the common identity `row`, at the
 * temperature tau. */
row_identity groups_identify(const row_groups *groups, const row_identity *row,
                             size_t heads, double tau, size_t kernel);

/* Frees the groups; rows that were not written are lost. */
void groups_close(row_groups *groups);

#endif
