/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What --tau and --kernel choose. */
#ifndef LLN_TOOLS_SELECTION_H
#define LLN_TOOLS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/table/table.h"
#include "match/match.h"
#include "table/number_list.h"

/* A kernel, and where its alpha and beta come from. */
typedef struct {
    lln_kernel_choice choice;
    const lln_match_method *method; /* solved on the head; NULL: not */
    bool from_params;               /* looked up in --params */
    bool joint;                     /* of the layer: scales=layer */
} kernel_entry;

typedef struct {
    size_t count;
    kernel_entry *entries; /* [count], owned */
} kernel_list;

/* lln_number_list_read of an option; NULL: it was not given, which makes one
 * NaN. Ends the process on bad usage, naming the option. */
lln_number_list number_list_read(const char *option, const char *text);

/* Reads "softmax,lln:match=fenton". With `params`, kernels whose strength is
 * not stated take it from there, and there must be one. Ends the process on
 * bad usage, such as a kernel that stands there twice, naming the option. */
kernel_list kernel_list_read(const char *option, const char *text, bool params);

/* Ends the process if the kernel does not honour a part of the rule, naming
 * the option that sets it. */
void kernel_refuse_rule(const lln_kernel_choice *choice,
                        const lln_logit_rule *rule);

/* The entries of a, then those of b; the lists keep their own. */
kernel_list kernel_list_join(const kernel_list *a, const kernel_list *b);

/* Whether the kernel draws random numbers; an entry may have no kernel. */
bool kernel_is_random(const kernel_entry *entry);

/* Prints the table of kernels on stdout. */
void kernel_list_print(void);

#endif
