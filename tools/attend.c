/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "attend.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cases.h"
#include "core/memory.h"
#include "forecast.h"
#include "heads/results.h"
#include "kernel/product.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "signals.h"
#include "source_checks.h"
#include "sources.h"
#include "tensor/writer.h"

/* Where the matrix of the current head is stored. */
typedef struct {
    const lln_layout *layout;
    char *elements;
    bool written;
} head_target;

/* A run in progress. Arrays are written one after another, each from its first
 * element to its last. */
typedef struct {
    run_plan plan; /* its context is the run */
    const attend_matrices *matrices;
    kernel_list kernels;
    case_set set;        /* with the current kernel only */
    lln_result *results; /* [result_count]: one array each, for each kernel */
    size_t result_count;
    lln_precision precision;
    lln_writer_format format;
    lln_writer *writer;
    head_target *target;
    size_t done; /* heads times kernels */
} attend_run;

/* The part of an array that is in memory at a time: all elements of one entry
 * of the axes that precede those of tokens and features. */
typedef struct {
    const lln_result *result;
    char *elements;
    size_t size; /* in elements */
} part;

/* Copies the matrix o of a head to its place. Rows of padding, which O does not
 * have, stay zero. */
static void place(lln_matrix o, head_target *target)
{
    size_t size = lln_precision_size(o.precision);
    size_t row = target->layout->stride[LLN_AXIS_TOKEN];
    size_t column = target->layout->stride[LLN_AXIS_FEATURE];
    size_t run = column == 1 ? o.columns : 1;
    const char *from = o.data;
    for (size_t i = 0; i < o.rows; i++)
        for (size_t j = 0; j < o.columns; j += run, from += run * size)
            memcpy(target->elements + (i * row + j * column) * size, from,
                   run * size);
    target->written = true;
}

void attend_place(const void *context, lln_matrix matrix)
{
    const attend_run *run = context;
    if (!run)
        return;
    if (matrix.precision == run->precision) {
        place(matrix, run->target);
        return;
    }
    void *converted = cli_alloc(matrix.rows * matrix.columns,
                                lln_precision_size(run->precision));
    lln_matrix_convert(matrix, run->precision, converted);
    matrix.precision = run->precision;
    matrix.data = converted;
    place(matrix, run->target);
    free(converted);
}

/* Fills the place of a matrix of n rows with NaN if the matrix does not
 * exist. */
static void place_nan(lln_precision precision, size_t n, head_target *target)
{
    size_t d = target->layout->size[LLN_AXIS_FEATURE];
    size_t bytes = lln_precision_size(precision);
    if (n == 0)
        return;
    void *elements = cli_alloc(n * d, bytes);
    memset(elements, 0xff, n * d * bytes); /* all bits set are a NaN */
    place((lln_matrix){precision, n, d, elements}, target);
    free(elements);
}

lln_status attend_multiply(const run_case *c, void *out)
{
    lln_attention attention;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_attention_prepare_product(&attention);
    if (status == LLN_OK)
        status = lln_attention_product(&attention, c->head->v, out);
    lln_attention_close(&attention);
    return status;
}

/* Refuses outputs that are not finite: their sums have overflowed. */
static lln_status check_finite(const run_case *c, lln_matrix o)
{
    size_t bad = lln_matrix_find_nonfinite(o);
    if (bad == o.rows * o.columns)
        return LLN_OK;
    size_t i = bad / o.columns, j = bad % o.columns;
    return lln_fail(LLN_EINVAL,
                    "kernel '%s': row %zu, column %zu of the output is %g: "
                    "values of the head are too large%s",
                    c->kernel->text, i, j, fabs(lln_matrix_get(o, i, j)),
                    run_shared.use_double ? "" : "; use --double");
}

/* Computes O. The block has no columns. */
static lln_status multiply_and_place(const run_case *c, const void *context,
                                     run_block *block)
{
    (void)block;
    lln_matrix v = c->head->v;
    lln_matrix o = {v.precision, c->head->q.rows, v.columns, NULL};
    void *elements = lln_array_alloc_raw(o.rows * o.columns,
                                         lln_precision_size(v.precision));
    lln_status status = elements ? attend_multiply(c, elements) : LLN_ENOMEM;
    o.data = elements;
    if (status == LLN_OK)
        status = check_finite(c, o);
    if (status == LLN_OK)
        attend_place(context, o);
    free(elements);
    return status;
}

const attend_matrices attend_outputs = {"lln-attend", multiply_and_place, NULL};

static size_t part_size(const lln_result *result)
{
    const lln_layout *layout = &result->layout;
    size_t token =
        layout->stride[LLN_AXIS_TOKEN] * layout->size[LLN_AXIS_TOKEN];
    size_t feature =
        layout->stride[LLN_AXIS_FEATURE] * layout->size[LLN_AXIS_FEATURE];
    return token > feature ? token : feature;
}

/* Fills the place of a head in the part; with NaN if the kernel cannot be
 * applied to the head, which a warning says. */
static lln_status fill_head(attend_run *run, size_t index, const part *p,
                            size_t offset)
{
    case_result result = {0};
    lln_head head;
    run->set.heads.describe(&run->set.heads, index, &head);
    bool tokens = !run->matrices->shape; /* the rows are tokens */
    if (tokens)
        offset += head.first * p->result->layout.stride[LLN_AXIS_TOKEN];
    head_target target = {
        &p->result->layout,
        p->elements + offset * lln_precision_size(run->precision), false};
    run->target = &target;
    case_result_open(&run->set, &result);
    lln_status status =
        case_measure(&run->set, index, run->set.taus.values[0], &result);
    run->target = NULL;
    size_t n = (size_t)result.identity.n;
    if (!tokens && n > 0)
        n = p->result->layout.size[LLN_AXIS_TOKEN];
    if (status == LLN_OK && !target.written)
        place_nan(run->precision, n, &target);
    warnings_count(result.warnings);
    result.warnings = NULL;
    case_result_close(&run->set, &result);
    progress_show(++run->done);
    return status;
}

/* Fills part `index` of the array. */
static lln_status fill_part(attend_run *run, size_t index, const part *p)
{
    const size_t *size = p->result->layout.size;
    const size_t *stride = p->result->layout.stride;
    const size_t *head = p->result->heads;
    memset(p->elements, 0, p->size * lln_precision_size(run->precision));
    for (size_t b = 0; b < size[LLN_AXIS_BATCH]; b++)
        for (size_t l = 0; l < size[LLN_AXIS_LAYER]; l++)
            for (size_t h = 0; h < size[LLN_AXIS_HEAD]; h++, head++) {
                size_t at = b * stride[LLN_AXIS_BATCH] +
                            l * stride[LLN_AXIS_LAYER] +
                            h * stride[LLN_AXIS_HEAD];
                if (at / p->size == index)
                    LLN_TRY(fill_head(run, *head, p, at % p->size));
            }
    return LLN_OK;
}

static lln_status write_array(attend_run *run, const lln_result *result)
{
    part p = {.result = result, .size = part_size(result)};
    size_t parts = lln_tensor_count(&result->tensor) / p.size;
    lln_status status = LLN_OK;
    p.elements = cli_alloc(p.size, lln_precision_size(run->precision));
    for (size_t i = 0; i < parts && status == LLN_OK; i++) {
        status = fill_part(run, i, &p);
        lln_matrix elements = {run->precision, 1, p.size, p.elements};
        if (status == LLN_OK)
            cli_check_output(lln_writer_append(run->writer, elements));
    }
    free(p.elements);
    return status;
}

static lln_status write_arrays(attend_run *run)
{
    for (size_t i = 0; i < run->result_count; i++)
        for (size_t k = 0; k < run->kernels.count; k++) {
            run->set.kernels = (kernel_list){1, &run->kernels.entries[k]};
            LLN_TRY(write_array(run, &run->results[i]));
        }
    return LLN_OK;
}

/* Finds the format by the name of the output. Standard output, and any path
 * that exists and is not a regular file, get .npy. */
static lln_writer_format find_format(const char *path)
{
    lln_writer_format format = LLN_WRITER_NPY;
    struct stat there;
    if (!path || strcmp(path, "-") == 0 ||
        lln_writer_find_format(path, &format) == LLN_OK ||
        (stat(path, &there) == 0 && !S_ISREG(there.st_mode)))
        return format;
    cli_usage("--output: %s", lln_error_message());
}

/* Returns "o", or "o.softmax" if there are several kernels; the caller frees
 * it. */
static char *key_of(const attend_run *run, size_t result, size_t kernel)
{
    char *key;
    const char *name = run->results[result].key;
    if (run->kernels.count == 1)
        return cli_copy(name);
    if (asprintf(&key, "%s.%s", name,
                 run->kernels.entries[kernel].choice.text) < 0)
        cli_fail("out of memory");
    return key;
}

lln_writer *attend_open_writer(FILE *out, lln_writer_format format,
                               lln_writer_entry *entries, char **keys,
                               size_t count)
{
    lln_writer *writer;
    cli_check_output(lln_writer_open(out, format, entries, count, &writer));
    for (size_t i = 0; i < count; i++)
        free(keys[i]);
    free(keys);
    free(entries);
    return writer;
}

static void open_writer(attend_run *run, FILE *out)
{
    size_t kernels = run->kernels.count, count = run->result_count * kernels;
    lln_writer_entry *entries = cli_alloc(count, sizeof *entries);
    char **keys = cli_alloc(count, sizeof *keys);
    if (run->format == LLN_WRITER_NPY && count > 1)
        cli_usage("--output: %s: a .npy file contains one array, but there are "
                  "%zu; use a .npz or .safetensors file",
                  cli_output_name(), count);
    for (size_t i = 0; i < count; i++) {
        const lln_tensor *tensor = &run->results[i / kernels].tensor;
        keys[i] = key_of(run, i / kernels, i % kernels);
        entries[i] = (lln_writer_entry){
            .key = keys[i],
            .dtype =
                run->precision == LLN_FLOAT64 ? LLN_DTYPE_F64 : LLN_DTYPE_F32,
            .axes = tensor->axes,
        };
        memcpy(entries[i].shape, tensor->shape, sizeof tensor->shape);
    }
    run->writer = attend_open_writer(out, run->format, entries, keys, count);
}

void attend_check_options(void)
{
    static const char *const tables[] = {
        "rows",     "each",      "format",     "precision",  "no-header",
        "comments", "aggregate", "fail-below", "fail-above", "columns",
        "shard",    "resume",    NULL};
    const char *name = cli_first_given(tables);
    if (name)
        cli_usage("--%s needs --compare, --against or --pairs", name);
    if (cli_given("trials") && !options_sampled())
        sources_refuse("trials");
    sources_refuse_several();
}

/* context = NULL: for --plan. */
static run_plan plan_of(const attend_matrices *matrices, const void *context)
{
    return (run_plan){.table = record_none,
                      .measure = matrices->measure,
                      .context = context,
                      .rows_are_never_averaged = true,
                      .name = matrices->name,
                      .has_one_temperature = true};
}

static void open_run(attend_run *run)
{
    attend_check_options();
    run->plan = plan_of(run->matrices, run);
    case_set_choose(&run->set, &run->plan);
    run->kernels = run->set.kernels;
    run->precision = run_shared.use_double ? LLN_FLOAT64 : LLN_FLOAT32;
    run->format = find_format(run_shared.output);
    FILE *out = cli_output(run_shared.output);
    if (out == stdout && isatty(STDOUT_FILENO))
        cli_usage("refusing to write binary data to a terminal; use -o FILE");
    case_set_open(&run->set);
    lln_heads *heads = &run->set.heads;
    cli_check(heads->results(heads, &run->results, &run->result_count));
    for (size_t i = 0; i < run->result_count && run->matrices->shape; i++)
        cli_check(run->matrices->shape(heads, &run->results[i]));
    open_writer(run, out);
}

static void close_run(attend_run *run)
{
    lln_writer_free(run->writer);
    lln_results_free(run->results, run->result_count);
    run->set.kernels = run->kernels; /* all of them again */
    case_set_close(&run->set);
}

void attend_check(lln_status status)
{
    warnings_print();
    if (status == LLN_EINTERRUPTED) {
        cli_warn("interrupted: incomplete arrays are not kept");
        signals_end_process();
    }
    cli_check(status);
    progress_end();
}

static int plan_arrays(const attend_matrices *matrices)
{
    const run_plan plan = plan_of(matrices, NULL);
    case_set set = {0};
    case_set_choose(&set, &plan);
    case_set_open(&set);
    int status = forecast_write(&set, 1);
    case_set_close(&set);
    return status;
}

int attend_write(const attend_matrices *matrices)
{
    attend_run run = {.matrices = matrices};
    if (run_shared.plan)
        return plan_arrays(matrices);
    open_run(&run);
    signals_catch();
    progress_start(cli_name(), 0, run.set.heads.count * run.kernels.count,
                   "outputs", run_shared.quiet);
    lln_status status = write_arrays(&run);
    attend_check(status);
    cli_check_output(lln_writer_finish(run.writer));
    close_run(&run);
    return cli_finish();
}
