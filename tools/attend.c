/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/memory.h"
#include "core/threads.h"
#include "heads/gaussian.h"
#include "progress.h"
#include "run.h"
#include "selection.h"

/* A run in progress. */
typedef struct {
    kernel_list kernels;
    lln_heads heads;
    lln_precision precision;
    double tau; /* NaN: as the heads are */
    FILE *out;
} attend_run;

static void open_heads(attend_run *run)
{
    const run_options *o = &run_shared;
    lln_gaussian model = {
        .n = o->tokens,
        .d = o->dim,
        .sigma_q = o->sigma_q,
        .sigma_k = o->sigma_k,
        .seed = o->seed,
        .trials = o->trials,
        .mask = {o->causal, o->window},
        .scale = o->scale,
        .values = true,
    };
    if (o->q)
        cli_fail("heads from files have no values yet");
    cli_check(lln_gaussian_open(&model, &run->heads));
}

/* The choice of an entry with its alpha and beta for this head. */
static void resolve(const kernel_entry *entry, const lln_head *head,
                    lln_kernel_choice *choice)
{
    lln_match match;
    *choice = entry->choice;
    if (!entry->method)
        return;
    cli_check(lln_match_solve(entry->method, head, &match));
    choice->number[entry->alpha] = match.alpha;
    choice->number[entry->beta] = match.beta;
}

/* out [n x dv] = P V */
static lln_status multiply(const kernel_entry *entry, const lln_head *head,
                           void *out)
{
    lln_kernel_choice choice;
    lln_attention attention;
    resolve(entry, head, &choice);
    LLN_TRY(lln_kernel_open(&choice, head, &attention));
    lln_status status = lln_attention_prepare(&attention);
    if (status == LLN_OK)
        status = lln_attention_product(&attention, head->v, out);
    lln_attention_close(&attention);
    return status;
}

static void put(attend_run *run, const void *bytes, size_t size)
{
    if (fwrite(bytes, 1, size, run->out) != size)
        cli_check_output(LLN_EIO);
}

static void put_header(attend_run *run)
{
    enum { HEADER = 128, PREFIX = 10 };
    char header[HEADER + 1];
    memcpy(header, "\x93NUMPY\1\0\x76\0", PREFIX);
    int used = snprintf(header + PREFIX, HEADER - PREFIX,
                        "{'descr': '<f%d', 'fortran_order': False, 'shape': "
                        "(%zu, %zu, %zu), }",
                        run->precision == LLN_FLOAT64 ? 8 : 4, run->heads.count,
                        run_shared.tokens, run_shared.dim);
    size_t end = PREFIX + (size_t)used;
    memset(header + end, ' ', HEADER - end);
    header[HEADER - 1] = '\n';
    put(run, header, HEADER);
}

static lln_status write_head(attend_run *run, size_t index)
{
    lln_head head = {0};
    LLN_TRY(
        run->heads.load(&run->heads, index, run->tau, run->precision, &head));
    size_t count = head.q.rows * head.v.columns;
    size_t size = lln_precision_size(run->precision);
    void *out = cli_alloc(count, size);
    lln_status status = multiply(&run->kernels.entries[0], &head, out);
    if (status == LLN_OK)
        put(run, out, count * size);
    free(out);
    lln_head_free(&head);
    return status;
}

static void open_run(attend_run *run)
{
    number_list taus = number_list_read("tau", run_shared.tau);
    if (taus.count > 1)
        cli_usage("--tau: '%s': expected one number", run_shared.tau);
    run->tau = taus.values[0];
    free(taus.values);
    run->kernels = kernel_list_read(run_shared.kernels, false);
    if (run->kernels.count > 1)
        cli_usage("--kernel: %s: expected one kernel", run_shared.kernels);
    run->precision = run_shared.use_double ? LLN_FLOAT64 : LLN_FLOAT32;
    run->out = cli_output(run_shared.output);
    if (run->out == stdout && isatty(STDOUT_FILENO))
        cli_usage("numbers are not for a terminal; give -o FILE");
    lln_threads_set((int)run_shared.threads);
    open_heads(run);
}

int attend_write(void)
{
    attend_run run = {0};
    open_run(&run);
    put_header(&run);
    cli_catch_signals();
    progress_start(run.heads.count, run_shared.quiet);
    for (size_t i = 0; i < run.heads.count; i++) {
        cli_check(write_head(&run, i));
        progress_show(i + 1);
    }
    progress_end();
    free(run.kernels.entries);
    lln_heads_close(&run.heads);
    return cli_finish();
}
