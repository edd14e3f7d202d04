/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The options that all measuring commands share: their values and their table.
 */
#ifndef LLN_TOOLS_OPTIONS_H
#define LLN_TOOLS_OPTIONS_H

#include <stdint.h>

#include "cli.h"

/* An option that works without values, and a message that says which results
 * are then missing. */
typedef struct {
    const char *name, *without;
} values_option;

/* Values of the options that all tools share, and their table. Sampled heads
 * when no file is named. */
typedef struct {
    /* sampled heads; the seed is of all that is drawn */
    size_t tokens, dim, trials;
    uint64_t seed;
    double sigma_q, sigma_k;
    /* files */
    const char *file; /* holds all, the first of files; else q, k and v do */
    const char *const *files; /* [file_count] */
    size_t file_count;
    const char *q, *k, *v;
    const char *key_q, *key_k, *key_v;
    const char *layout, *split_heads, *fused, *layers, *heads, *lengths,
        *padding;
    bool values; /* wanted, set by a tool that uses them */
    const values_option *values_optional; /* ended by {0}; NULL: none */
    bool list, plan;
    /* attention */
    const char *tau, *kernels, *params;
    const char *arrays, *gate; /* of kernels, maps and rules, FILE[:KEY] */
    /* maps of queries and keys; all but positions by layer */
    const char *clip_qkv, *qk_norm, *rope, *positions, *query_scale;
    const char *config; /* FILE; NULL: none */
    bool show_config;
    /* the rule of logits; those of the first line by layer. causal: NULL, "" or
     * "top" */
    const char *window, *chunk, *prefix, *softcap, *bias, *sink, *scale;
    const char *causal, *documents, *mask;
    const char *aggregate; /* NULL: a row for each head */
    const char *shard;     /* I/COUNT; NULL: all heads */
    const char *fail_below, *fail_above;
    /* output */
    const char *output, *format;     /* NULL: stdout, run_table_style */
    const char *columns;             /* NULL: the default ones */
    size_t precision, threads, rows; /* rows = 0: all */
    bool resume, no_header, comments, use_double, each, quiet, list_kernels;
} run_options;

extern run_options run_shared;                /* set to the defaults */
extern const cli_option run_shared_options[]; /* fills run_shared */

/* Parses the command line, the operands FILE among it. Ends the process on bad
 * usage. */
void options_parse(const cli_tool *tool, int argc, char **argv);

/* Checks the values that the table alone cannot, those about heads excepted;
 * ends the process on bad usage. */
void options_check(void);

#endif
