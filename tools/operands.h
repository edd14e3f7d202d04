/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The files of heads on the command line: each FILE, or --q, --k and --v, then
 * the FILE of --against, including the files that patterns such as
 * runs/step_{step}.npz match. */
#ifndef LLN_TOOLS_OPERANDS_H
#define LLN_TOOLS_OPERANDS_H

#include "heads/path_pattern.h"

/* The arguments that may name a file of heads: FILE, --q, --k, --v. */
enum { OF_ALL, OF_QUERIES, OF_KEYS, OF_VALUES, OPERAND_TEXTS };

/* One file, or the files of queries, keys and values of the same heads. */
typedef struct {
    const char *text[OPERAND_TEXTS]; /* FILE or FILE:KEY; NULL: not named */
    const char *path[OPERAND_TEXTS]; /* FILE */
    const char *name;                /* for the column source; NULL: the path */
    size_t model; /* model number, ascending; the files of one model are one
                     source */
    long number[LLN_MARKS]; /* numbers in the file names; -1: none */
} operand;

/* All operands; kept until the process ends. */
typedef struct {
    operand *items; /* [count] */
    size_t count;   /* 0: heads are sampled */
    bool steps;     /* a pattern has {step} */
    size_t against; /* number of the first model of --against; SIZE_MAX: it was
                       not given */
} operand_list;

/* Finds the files of all operands in the order given; files of a pattern are
 * sorted by step, layer and head. Ends the process if a pattern matches no
 * file, if patterns do not fit each other, and if a FILE is named twice. */
const operand_list *operands_find(void);

#endif
