/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include <math.h>
#include <string.h>

#include "message.h"
#include "table/table.h"

run_options run_shared = {
    .tokens = 1024,
    .dim = 64,
    .trials = 4,
    .seed = 1,
    .sigma_q = 1,
    .sigma_k = 1,
    .kernels = "softmax,lln",
};

/* The squares of sizes must not overflow. */
#define MOST_TOKENS 1073741824.0

#define SHARED(field) (&run_shared.field)

const cli_option run_shared_options[] = {
    {"tokens", 'n', CLI_COUNT, "N", "number of tokens of a sampled head (1024)",
     SHARED(tokens), 1, MOST_TOKENS, false},
    {"dim", 'd', CLI_COUNT, "D", "number of features of a sampled head (64)",
     SHARED(dim), 1, 65536, false},
    {"sigma-q", 0, CLI_REAL, "X", "standard deviation of sampled queries (1)",
     SHARED(sigma_q), 0, INFINITY, true},
    {"sigma-k", 0, CLI_REAL, "X", "standard deviation of sampled keys (1)",
     SHARED(sigma_k), 0, INFINITY, true},
    {"trials", 0, CLI_COUNT, "T",
     "number of sampled heads to average over (4); for heads from files, "
     "number of draws of each random kernel (1)",
     SHARED(trials), 1, 1000000, false},
    {"seed", 0, CLI_SEED, "S",
     "seed of the random numbers for sampled heads, random kernels, --rows and "
     "--bootstrap (1)",
     SHARED(seed), 0, 0, false},
    {"q", 0, CLI_TEXT, "FILE[:KEY]",
     "read queries from this file instead of FILE; needs --k", SHARED(q), 0, 0,
     false},
    {"k", 0, CLI_TEXT, "FILE[:KEY]",
     "read keys from this file instead of FILE; needs --q", SHARED(k), 0, 0,
     false},
    {"key-q", 0, CLI_TEXT, "KEY",
     "names of the arrays of queries, such as layers.{layer}.q (found by words "
     "in the names)",
     SHARED(key_q), 0, 0, false},
    {"key-k", 0, CLI_TEXT, "KEY",
     "names of the arrays of keys (those of the queries with k in place of q)",
     SHARED(key_k), 0, 0, false},
    {"attention", 0, CLI_TEXT, "FILE[:KEY]",
     "read attention weights from this file and any FILE, instead of queries "
     "and keys",
     SHARED(attention), 0, 0, false},
    {"key-attention", 0, CLI_TEXT, "KEY",
     "names of the arrays of attention weights (found by words)",
     SHARED(key_attention), 0, 0, false},
    {"list", 0, CLI_FLAG, NULL,
     "print a table of the arrays in the files and stop", SHARED(list), 0, 0,
     false},
    {"plan", 0, CLI_FLAG, NULL,
     "print the size of the work with estimates of time and memory, and stop",
     SHARED(plan), 0, 0, false},
    {"layout", 0, CLI_TEXT, "AXES",
     "axes of the arrays, slowest first, such as nd, hnd, nhd, lhnd, bhnd, "
     "bnhd or bnD: b batch, l layers, h heads, n tokens, d features, D the "
     "features of all heads (nd); with --attention also m keys (nm)",
     SHARED(layout), 0, 0, false},
    {"split-heads", 0, CLI_TEXT, "H[:HK]",
     "number of query heads, and of key heads if it differs, in axis D of the "
     "layout",
     SHARED(split_heads), 0, 0, false},
    {"fused", 0, CLI_TEXT, "ORDER",
     "order within arrays that contain queries, keys and values: qkv or "
     "head-qkv (found by words in the names)",
     SHARED(fused), 0, 0, false},
    {"layers", 0, CLI_LIST, "LIST", "layers to read, such as 0-3,7 (all)",
     SHARED(layers), 0, 0, false},
    {"heads", 0, CLI_LIST, "LIST", "heads to read, such as 0-3,7 (all)",
     SHARED(heads), 0, 0, false},
    {"lengths", 0, CLI_TEXT, "FILE",
     "file with the number of tokens of each batch entry, not counting "
     "padding, "
     "or with a mask of its tokens (all tokens)",
     SHARED(lengths), 0, 0, false},
    {"padding", 0, CLI_TEXT, "SIDE",
     "side of the padding: left or right of the tokens (right)",
     SHARED(padding), 0, 0, false},
    {"config", 0, CLI_TEXT, "FILE",
     "config.json of the model: supplies, layer by layer, the options that "
     "are not given (none)",
     SHARED(config), 0, 0, false},
    {"show-config", 0, CLI_FLAG, NULL,
     "print the options that --config gives each layer (with --layers, only "
     "those layers), and stop",
     SHARED(show_config), 0, 0, false},
    {"clip-qkv", 0, CLI_LAYER, "[LAYERS@]C",
     "clamp queries, keys and values to -C ... C (none)", SHARED(clip_qkv), 0,
     0, false},
    {"qk-norm", 0, CLI_LAYER, "[LAYERS@]NORM",
     "normalise queries and keys: rms, l2 or layer, with parameters (none)",
     SHARED(qk_norm), 0, 0, false},
    {"rope", 0, CLI_LAYER, "[LAYERS@]ROPE",
     "rotary embedding: half or pairs, with parameters (none)", SHARED(rope), 0,
     0, false},
    {"positions", 0, CLI_TEXT, "FILE|+N|restart",
     "positions of the keys, for rotary embedding, ALiBi and --query-scale "
     "ministral; restart: from 0 in each document (0, 1, ...)",
     SHARED(positions), 0, 0, false},
    {"query-scale", 0, CLI_LAYER, "[LAYERS@]SCALE",
     "multiply each query by a factor: llama4, ministral or ssmax, with "
     "parameters, or FILE (none)",
     SHARED(query_scale), 0, 0, false},
    {"causal", 0, CLI_MAYBE, "top|none",
     "mask the keys that come after the query; top: count positions from the "
     "first query and key, not from the last; none: mask none, whatever "
     "--config says",
     SHARED(causal), 0, 0, false},
    {"window", 0, CLI_LAYER, "[LAYERS@]W|L,R",
     "mask the keys that are W or more positions away from the query, or more "
     "than L before or R after it (no window)",
     SHARED(window), 0, 0, false},
    {"chunk", 0, CLI_LAYER, "[LAYERS@]C",
     "divide the tokens into chunks of C and mask the keys of other chunks "
     "(none)",
     SHARED(chunk), 0, 0, false},
    {"prefix", 0, CLI_LAYER, "[LAYERS@]N",
     "with --causal, do not mask the first N keys (none)", SHARED(prefix), 0, 0,
     false},
    {"documents", 0, CLI_TEXT, "FILE",
     "file that gives the document of each token; mask the keys of other "
     "documents (one document)",
     SHARED(documents), 0, 0, false},
    {"mask", 0, CLI_TEXT, "FILE[:KEY]",
     "array with a boolean, or a number to add to the logit, for each query "
     "and key (none)",
     SHARED(mask), 0, 0, false},
    {"scale", 0, CLI_LAYER, "[LAYERS@]X",
     "factor X of the logits X q.k (1/sqrt(d))", SHARED(scale), 0, 0, false},
    {"softcap", 0, CLI_LAYER, "[LAYERS@]C",
     "cap the logits s: C tanh(s/C) (none)", SHARED(softcap), 0, 0, false},
    {"bias", 0, CLI_LAYER, "[LAYERS@]BIAS",
     "add a bias to the logits: full, toeplitz, alibi or t5, with parameters "
     "(none)",
     SHARED(bias), 0, 0, false},
    {"sink", 0, CLI_LAYER, "[LAYERS@]X",
     "add exp(X) to the sum of softmax, as if for one more key without a value "
     "(none)",
     SHARED(sink), 0, 0, false},
    {"tau", 0, CLI_LIST, "LIST",
     "temperatures to give to the heads, such as 0.5,1,2 or lo:hi:count[:log]; "
     "the temperature of a head is 1 over the standard deviation of its logits "
     "within rows (heads are not changed)",
     SHARED(tau), 0, 0, false},
    {"kernel", 0, CLI_LIST, "LIST",
     "kernels, each as name[:parameter=value]...; see --list-kernels "
     "(softmax,lln)",
     SHARED(kernels), 0, 0, false},
    {"params", 0, CLI_TEXT, "FILE",
     "read alpha and beta from a table of lln-match; - is standard input",
     SHARED(params), 0, 0, false},
    {"arrays", 0, CLI_LIST, "LIST",
     "arrays that kernels, norms, rotary embedding, biases and sinks take in "
     "addition to the head: NAME=FILE[:KEY],... (none)",
     SHARED(arrays), 0, 0, false},
    {"gate", 0, CLI_TEXT, "FILE[:KEY]", "short for --arrays gate=FILE[:KEY]",
     SHARED(gate), 0, 0, false},
    {"list-kernels", 0, CLI_FLAG, NULL,
     "print the kernels with their parameters and stop", SHARED(list_kernels),
     0, 0, false},
    {"rows", 0, CLI_COUNT, "M",
     "measure M rows drawn at random instead of all, and print standard errors",
     SHARED(rows), 1, MOST_TOKENS, false},
    {"output", 'o', CLI_TEXT, "FILE",
     "write the output to FILE (standard output)", SHARED(output), 0, 0, false},
    {"resume", 0, CLI_FLAG, NULL,
     "continue an interrupted command from the rows in FILE.partial; needs -o "
     "FILE",
     SHARED(resume), 0, 0, false},
    {"format", 0, CLI_TEXT, "NAME",
     "format of the table: csv, tsv, json, ndjson, table or markdown (table on "
     "a terminal, otherwise csv)",
     SHARED(format), 0, 0, false},
    {"columns", 0, CLI_LIST, "LIST",
     "columns to print: names, globs such as *_se, and the groups id, default "
     "and all (default)",
     SHARED(columns), 0, 0, false},
    {"precision", 0, CLI_COUNT, "N",
     "number of significant digits; 0 prints as many as are needed to read "
     "back the same value (4 in table and markdown, otherwise 0)",
     SHARED(precision), 0, 17, false},
    {"no-header", 0, CLI_FLAG, NULL, "leave out the row of column names",
     SHARED(no_header), 0, 0, false},
    {"comments", 0, CLI_FLAG, NULL,
     "begin with # lines that state the version, the command and the seed",
     SHARED(comments), 0, 0, false},
    {"threads", 0, CLI_COUNT, "N",
     "number of threads; 0 is one for each processor (0)", SHARED(threads), 0,
     4096, false},
    {"double", 0, CLI_FLAG, NULL,
     "compute everything in float64 (by default, products of queries and keys "
     "are in float32)",
     SHARED(use_double), 0, 0, false},
    {"each", 0, CLI_FLAG, NULL, "print every trial instead of the average",
     SHARED(each), 0, 0, false},
    {"aggregate", 0, CLI_TEXT, "WHAT",
     "average over the heads of each layer (layer), each key head (kv-head) or "
     "each batch entry of a file (all), or average each head over texts (head)",
     SHARED(aggregate), 0, 0, false},
    {"shard", 0, CLI_TEXT, "I/COUNT",
     "measure only heads I, I + COUNT, I + 2 COUNT and so on, counted from 1 "
     "(all)",
     SHARED(shard), 0, 0, false},
    {"fail-below", 0, CLI_LIST, "LIST",
     "exit with status 3 if a value is missing or below its bound X: "
     "COLUMN=X,...",
     SHARED(fail_below), 0, 0, false},
    {"fail-above", 0, CLI_LIST, "LIST",
     "exit with status 3 if a value is missing or above its bound X: "
     "COLUMN=X,...",
     SHARED(fail_above), 0, 0, false},
    {"quiet", 'q', CLI_FLAG, NULL,
     "hide the progress line and the notes on arrays and their sizes",
     SHARED(quiet), 0, 0, false},
    {0},
};

static void check_format(void)
{
    lln_table_format format;
    if (!run_shared.format)
        return;
    if (lln_table_format_find(run_shared.format, &format) != LLN_OK)
        cli_usage("--format: %s", lln_error_message());
    if (run_shared.comments &&
        (lln_table_is_json(format) || format == LLN_TABLE_MARKDOWN))
        cli_usage("--comments cannot be used with --format %s",
                  run_shared.format);
}

/* --resume copies rows without comparing them with bounds. */
static void check_resume(void)
{
    static const char *const others[] = {"list", "fail-below", "fail-above",
                                         NULL};
    const char *other = cli_first_given(others);
    if (!run_shared.resume)
        return;
    if (other)
        cli_usage("--%s cannot be used with --resume", other);
    if (!run_shared.output || strcmp(run_shared.output, "-") == 0)
        cli_usage("--resume needs -o FILE: it continues from FILE.partial");
}

bool options_sampled(void)
{
    return !run_shared.file && !run_shared.q;
}

void options_copy(const char *const *names, cli_option *table)
{
    for (; *names; names++) {
        const cli_option *row = run_shared_options;
        while (strcmp(row->name, *names) != 0)
            row++;
        *table++ = *row;
    }
    *table = (cli_option){0};
}

void options_check(void)
{
    if (run_shared.output && *run_shared.output == '\0')
        cli_usage("--output: the name is empty; expected FILE");
    static const char *const sigmas[] = {"sigma-q", "sigma-k", NULL};
    const char *name = cli_first_given(sigmas);
    if (name && run_shared.tau)
        cli_usage("--%s cannot be used with --tau: --tau sets both standard "
                  "deviations",
                  name);
    check_format();
    check_resume();
}

void options_parse(const cli_tool *tool, int argc, char **argv)
{
    int operand = cli_parse(tool, argc, argv);
    if (run_shared.causal && strcmp(run_shared.causal, "none") == 0)
        run_shared.causal = NULL; /* cli_given remembers it */
    run_shared.files = (const char *const *)argv + operand;
    run_shared.file_count = (size_t)(argc - operand);
    run_shared.file = run_shared.files[0]; /* argv ends with NULL */
}
