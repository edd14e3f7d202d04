/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Chooses, for each role (queries, keys, values), the file and the pattern or
 * array: as the user says, else by the names in the file.
 * Example: `--key-q layers.{layer}.q qk.npz` sets pattern[LLN_QUERIES] =
 * "layers.{layer}.q". The partner of that name gives pattern[LLN_KEYS] =
 * "layers.{layer}.k", and by_name is true. bundles.h pairs the arrays that
 * match. */
#ifndef LLN_HEADS_CHOICE_H
#define LLN_HEADS_CHOICE_H

#include "heads/arrays.h"
#include "heads/files.h"
#include "heads/naming.h"
#include "heads/split.h"

typedef struct {
    size_t roles;                   /* 3 with values, else 2 */
    lln_container *file[LLN_ROLES]; /* owned by the lln_arrays */
    char *pattern[LLN_ROLES];       /* owned; NULL: array `only` */
    bool single[LLN_ROLES];         /* the file has a single candidate */
    size_t only[LLN_ROLES];         /* the index of that array */
    bool by_name;                   /* chosen by names: queries or keys */
    bool values_by_name;            /* values */
    bool stored;                    /* arrays contain attention weights */
    bool together;                  /* an array contains all three roles */
    lln_fused fused;
} lln_choice;

/* Opens the files into `arrays` and chooses. Call lln_choice_close also after a
 * failure. Statuses are those of lln_bundles_open; LLN_EUNDEFINED: no array has
 * a suitable name. */
LLN_NODISCARD lln_status lln_choice_open(const lln_files *files,
                                         lln_arrays *arrays,
                                         lln_choice *choice);

/* Decides what to do if looking for values failed with this status and message.
 * If values are optional and the user did not name them: LLN_OK, and
 * choice->roles becomes 2. Otherwise returns `status`; the message also says
 * how to name the values. */
LLN_NODISCARD lln_status lln_choice_lacks_values(const lln_files *files,
                                                 lln_status status,
                                                 lln_choice *choice);

void lln_choice_close(lln_choice *choice);

/* States what was chosen by names: "x.npz: queries 'q', keys 'k'". The caller
 * owns *note. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_choice_note(const lln_choice *choice, char **note);

#endif
