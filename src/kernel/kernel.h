/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The table of attention kernels, and the text form of a choice from it:
 * name[:param=value]... */
#ifndef LLN_KERNEL_KERNEL_H
#define LLN_KERNEL_KERNEL_H

#include <stdbool.h>

#include "kernel/attention.h"

enum { LLN_KERNEL_PARAMETERS = 8, LLN_KERNEL_TEXT = 64 };

typedef struct {
    const char *name, *summary;
    const char *initial; /* default value as text; NULL: none */
    bool word;           /* its value is a word, not a number */
} lln_kernel_parameter;

typedef struct lln_kernel_choice lln_kernel_choice;

typedef struct {
    const char *name, *summary, *reference;
    bool takes_alpha_beta; /* its strength can be set by moment matching */
    lln_kernel_parameter parameters[LLN_KERNEL_PARAMETERS + 1];
    /* The attention of `head`; it may keep pointers into the head. */
    lln_status (*open)(const lln_kernel_choice *choice, const lln_head *head,
                       lln_attention *attention);
} lln_kernel;

/* A kernel and the values of its parameters, in the table's order; NaN where
 * a number was not given. */
struct lln_kernel_choice {
    const lln_kernel *kernel;
    char text[LLN_KERNEL_TEXT]; /* as written by the user */
    double number[LLN_KERNEL_PARAMETERS];
    char word[LLN_KERNEL_PARAMETERS][LLN_KERNEL_TEXT];
};

/* All kernels, ended by a row whose name is NULL. */
extern const lln_kernel lln_kernels[];

/* Reads one choice such as "softmax" or "lln:alpha=2:beta=1.5".
 * LLN_EINVAL: unknown kernel or parameter (the message lists what exists),
 * or a value that is not a number where one is needed. */
LLN_NODISCARD lln_status lln_kernel_parse(const char *text,
                                          lln_kernel_choice *choice);

/* Position of a parameter of the chosen kernel; -1: it has none such. */
int lln_kernel_parameter_index(const lln_kernel *kernel, const char *name);

/* Opens the attention; release it with lln_attention_close. */
LLN_NODISCARD lln_status lln_kernel_open(const lln_kernel_choice *choice,
                                         const lln_head *head,
                                         lln_attention *attention);

#endif
