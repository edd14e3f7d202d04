/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The files of heads that the command line names: each FILE, or --q, --k and
 * --v, with the files that patterns such as runs/step_{step}.npz find. */
#ifndef LLN_TOOLS_OPERANDS_H
#define LLN_TOOLS_OPERANDS_H

#include "heads/path_pattern.h"

/* What may name a file of heads: FILE, --q, --k, --v. */
enum { OF_ALL, OF_QUERIES, OF_KEYS, OF_VALUES, OPERAND_TEXTS };

/* One file, or files that go together. */
typedef struct {
    const char *text[OPERAND_TEXTS]; /* FILE or FILE:KEY; NULL: not named */
    const char *path[OPERAND_TEXTS]; /* FILE */
    const char *name;                /* the source; NULL: that of the file */
    size_t model; /* ascending; the files of one model are one source */
    long number[LLN_MARKS]; /* in the names of files; -1: none */
} operand;

/* All operands; kept until the process ends. */
typedef struct {
    operand *items; /* [count] */
    size_t count;   /* 0: heads are sampled */
    bool steps;     /* a pattern has {step} */
} operand_list;

/* Finds the files of all operands, in the order given, those of a pattern by
 * step, layer and head. Ends the process if a pattern finds none, on patterns
 * that do not go together, and if a FILE is named twice. */
const operand_list *operands_find(void);

#endif
