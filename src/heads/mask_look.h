/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Whether the numbers of a mask look as if they meant something else. */
#ifndef LLN_HEADS_MASK_LOOK_H
#define LLN_HEADS_MASK_LOOK_H

#include "heads/heads.h"

typedef struct {
    bool flags; /* all numbers are 0 or 1, and both are there */
    double low; /* the lowest number that hides no key, if it is -10000 or less,
                   as in masks of older libraries; else 0 */
} lln_mask_doubt;

/* Looks at up to 64 rows of the mask `place`, FILE[:KEY], that a described head
 * has, evenly spaced with the first and the last. Booleans are not doubted. The
 * statuses of lln_mask_file_open and lln_mask_file_find; LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_mask_look(const char *place, const lln_head *head,
                                       lln_mask_doubt *doubt);

#endif
