/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The selections of --tau and --kernel. */
#ifndef LLN_TOOLS_SELECTION_H
#define LLN_TOOLS_SELECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "kernel/table/table.h"
#include "match/match.h"
#include "table/number_list.h"

/* A kernel, and the origin of its alpha and beta. */
typedef struct {
    lln_kernel_choice choice;
    const lln_match_method *method; /* solved for each head; NULL: not solved */
    bool from_params;               /* from --params */
    bool of_layer; /* from all heads of a layer: scales=layer */
} kernel_entry;

typedef struct {
    size_t count;
    kernel_entry *entries; /* [count], owned */
} kernel_list;

/* lln_number_list_read of an option; NULL: it was not given, which gives one
 * NaN. Ends the process on bad usage, and names the option. */
lln_number_list number_list_read(const char *option, const char *text);

/* Reads "softmax,lln:match=fenton". With `params`, kernels that do not state
 * alpha and beta or a method take them from --params, and there must be such a
 * kernel. Ends the process on bad usage, such as a kernel that is given twice,
 * and names the option. */
kernel_list kernel_list_read(const char *option, const char *text, bool params);

/* Ends the process if the list, which was read from `text`, contains several
 * kernels, and names the option. */
void kernel_list_expect_one(const char *option, const char *text,
                            const kernel_list *list);

/* Returns a copy of the entries of a, followed by those of b. */
kernel_list kernel_list_join(const kernel_list *a, const kernel_list *b);

/* Whether the kernel draws random numbers; an entry without a kernel does
 * not. */
bool kernel_is_random(const kernel_entry *entry);

/* Prints the table of kernels on stdout. */
void kernel_list_print(void);

#endif
