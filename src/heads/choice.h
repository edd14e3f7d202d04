/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which arrays of the files hold queries, keys and values: by what a user
 * named, else by their names. */
#ifndef LLN_HEADS_CHOICE_H
#define LLN_HEADS_CHOICE_H

#include "heads/arrays.h"
#include "heads/files.h"
#include "heads/naming.h"
#include "heads/split.h"

typedef struct {
    size_t roles;                   /* 3 with values, else 2 */
    lln_container *file[LLN_ROLES]; /* of the lln_arrays */
    char *pattern[LLN_ROLES]; /* owned; NULL: the only array of the file */
    bool single[LLN_ROLES];   /* there is only one that may be it */
    size_t only[LLN_ROLES];   /* its index */
    bool by_name;             /* names decided */
    bool values_by_name;      /* of values */
    bool stored;              /* arrays hold attention weights */
    bool together;            /* arrays hold queries, keys and values */
    lln_fused fused;
} lln_choice;

/* Opens the files into `arrays` and chooses; lln_choice_close after failures
 * too. Statuses are those of lln_bundles_open; LLN_EUNDEFINED: no array has
 * such a name. */
LLN_NODISCARD lln_status lln_choice_open(const lln_files *files,
                                         lln_arrays *arrays,
                                         lln_choice *choice);

/* What follows if values were not found, with this status and message. Those
 * that nobody named may be missing: LLN_OK, and there are 2 roles; else the
 * message says how to name them. */
LLN_NODISCARD lln_status lln_choice_lacks_values(const lln_files *files,
                                                 lln_status status,
                                                 lln_choice *choice);

void lln_choice_close(lln_choice *choice);

/* Says what was chosen by names: "x.npz: queries 'q', keys 'k'"; *note is
 * owned by the caller. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_choice_note(const lln_choice *choice, char **note);

#endif
