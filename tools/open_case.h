/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A head of a case: loaded, with what does not depend on the kernel, and the
 * choice of a kernel for it. */
#ifndef LLN_TOOLS_OPEN_CASE_H
#define LLN_TOOLS_OPEN_CASE_H

#include "arrays.h"
#include "case_set.h"
#include "identity.h"

/* A case in progress. It must not be moved: the head points into it. */
typedef struct {
    const case_set *set;
    const lln_heads *heads; /* of the set: `heads` or `others` */
    size_t index;           /* of the head, in `heads` */
    lln_head head;
    bool has_values;            /* the head could be given the temperature */
    lln_variance_kept variance; /* of the head */
    lln_variance_kept variance_without; /* without optional parts of its rule */
    lln_variance_kept *kept_without;    /* the same, to be changed */
    size_t *rows;                       /* drawn; NULL: none */
    kernel_arrays arrays;
    lln_kernel_choice reference;
    lln_head reference_head;
    void *kept; /* by the measure, for further kernels; NULL: nothing */
    run_case c; /* complete except for the kernel */
    row_identity identity;
} open_case;

/* The identity of a head of the set; its matrices need not be loaded. */
row_identity case_identify(const case_set *set, const lln_head *head,
                           double tau);

/* Loads head `index` of a case with set, heads and cache, and computes what
 * does not depend on the kernel. Without the temperature that it was to get,
 * has_values is false, and a warning says why. The caller calls
 * open_case_close, also if this fails. */
LLN_NODISCARD lln_status open_case_load(open_case *work, size_t index,
                                        double tau);
void open_case_close(open_case *work);

/* The head under the parts of its rule that a kernel supports. */
lln_head open_case_head(const open_case *work, const kernel_entry *entry);

/* Completes the choice of an entry with its seed, arrays, alpha and beta for
 * this head. */
LLN_NODISCARD lln_status open_case_choose(const open_case *work,
                                          const kernel_entry *entry,
                                          uint32_t draw, const lln_head *head,
                                          lln_kernel_choice *choice);

#endif
