/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The options that all commands have in common: values and table. */
#ifndef LLN_TOOLS_OPTIONS_H
#define LLN_TOOLS_OPTIONS_H

#include <stdint.h>

#include "cli.h"

/* An option that works without an array of values, and the text that says which
 * results are then missing. */
typedef struct {
    const char *name, *without;
} values_option;

/* Values of the common options. Without a file, heads are sampled. */
typedef struct {
    /* sampled heads; the seed is for all random numbers */
    size_t tokens, dim, trials;
    uint64_t seed;
    double sigma_q, sigma_k;
    /* files */
    const char *file; /* first of `files`; NULL: q, k and v, or sampled heads */
    const char *const *files; /* [file_count] */
    size_t file_count;
    const char *q, *k, *v;
    const char *key_q, *key_k, *key_v;
    const char *attention, *key_attention; /* files of attention weights */
    const char *layout, *split_heads, *fused, *layers, *heads, *lengths,
        *padding;
    bool values;                          /* set by a tool that uses values */
    const values_option *values_optional; /* ended by {0}; NULL: none */
    bool list, plan;
    /* attention */
    const char *tau, *kernels, *params;
    const char *arrays, *gate; /* of kernels, maps and rules: FILE[:KEY] */
    /* maps of queries and keys; all but positions by layer */
    const char *clip_qkv, *qk_norm, *rope, *positions, *query_scale;
    const char *config; /* FILE; NULL: none */
    bool show_config;
    /* the rule of logits; those of the first line by layer. causal: NULL, "" or
     * "top" */
    const char *window, *chunk, *prefix, *softcap, *bias, *sink, *scale;
    const char *causal, *documents, *mask;
    /* the heads that all are compared with: FILE2, or heads or layers */
    const char *against, *pairs;
    const char *aggregate; /* NULL: one row for each head */
    const char *shard;     /* I/COUNT; NULL: all heads */
    const char *fail_below, *fail_above;
    /* output */
    const char *output, *format;     /* NULL: stdout, run_table_style */
    const char *columns;             /* NULL: the default ones */
    size_t precision, threads, rows; /* rows = 0: all */
    bool resume, no_header, comments, use_double, each, quiet, list_kernels;
} run_options;

extern run_options run_shared; /* initialised with the defaults */
extern const cli_option run_shared_options[]; /* fills run_shared */

/* Copies the shared options of these names, ended by NULL, to `table`, which
 * has room for them and for the end. For a tool that has no others. */
void options_copy(const char *const *names, cli_option *table);

/* Parses the command line, including the operands FILE. Ends the process on bad
 * usage. */
void options_parse(const cli_tool *tool, int argc, char **argv);

/* Whether heads are sampled: no option names a file of heads. */
bool options_sampled(void);

/* Checks what the option table cannot, except options about heads
 * (sources_check). Ends the process on bad usage. */
void options_check(void);

#endif
