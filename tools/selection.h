/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What --tau and --kernel choose. */
#ifndef LLN_TOOLS_SELECTION_H
#define LLN_TOOLS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/table/table.h"
#include "match/match.h"

/* Numbers in the order given; none asked for: one NaN. */
typedef struct {
    size_t count;
    double *values; /* [count], owned */
} number_list;

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

/* Reads positive numbers, a list such as "0.5,1" or "0.1,0.2:2:10:log"; NULL:
 * none asked for. Ends the process on bad usage, naming the option. */
number_list number_list_read(const char *option, const char *text);

/* Reads "softmax,lln:match=fenton". With `params`, kernels whose strength is
 * not stated take it from there, and there must be one. Ends the process on
 * bad usage, such as a kernel that stands there twice, naming the option. */
kernel_list kernel_list_read(const char *option, const char *text, bool params);

/* The entries of a, then those of b; the lists keep their own. */
kernel_list kernel_list_join(const kernel_list *a, const kernel_list *b);

/* Whether the kernel draws random numbers; an entry may have no kernel. */
bool kernel_is_random(const kernel_entry *entry);

/* Prints the table of kernels on stdout. */
void kernel_list_print(void);

#endif
