/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Internal to files.c and files_head.c: the files that are open, and one head
 * of them. */
#ifndef LLN_HEADS_FILES_HEAD_H
#define LLN_HEADS_FILES_HEAD_H

#include "heads/files.h"
#include "heads/places.h"
#include "heads/shapes.h"
#include "heads/shared_keys.h"
#include "heads/stray_rows.h"

typedef struct {
    lln_arrays *arrays;
    lln_bundle *bundles;
    lln_bundle_shape *shapes; /* [count] */
    size_t count;             /* number of bundles */
    char *layout;             /* NULL: the default of lln_axes */
    lln_lengths lengths;
    lln_shape_rules rules;
    lln_logit_rule rule;
    lln_head_place *heads;
    char *name;     /* name of the file */
    char **sources; /* [batch]: a name for each batch entry */
    size_t batch;   /* batch entries of the bundle that has most */
    char *note, *extent;
    lln_stray_rows *stray;   /* NULL: the arrays are not attention weights */
    lln_shared_keys *shared; /* NULL: heads share no features of keys */
} lln_files_state;

/* The tokens of a head, without padding. */
lln_length lln_files_length(const lln_files_state *s,
                            const lln_head_place *head);

/* Checks that the values of `count` heads are finite, array by array. The
 * statuses of lln_files_open. */
LLN_NODISCARD lln_status lln_files_check(const lln_files_state *s,
                                         size_t count);

/* The functions `describe` and `load` of lln_heads, whose state is
 * lln_files_state. */
void lln_files_describe(const lln_heads *heads, size_t index, lln_head *head);
LLN_NODISCARD lln_status lln_files_load(const lln_heads *heads, size_t index,
                                        double tau, lln_precision precision,
                                        lln_head *head);

#endif
