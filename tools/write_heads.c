/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "write_heads.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>

#include "array_lists.h"
#include "attend.h"
#include "cases.h"
#include "core/memory.h"
#include "core/threads.h"
#include "head_layers.h"
#include "kernel/attention.h"
#include "maps.h"
#include "message.h"
#include "options.h"
#include "output.h"
#include "progress.h"
#include "signals.h"
#include "tensor/mapping.h"
#include "tensor/writer.h"
#include "warnings.h"

/* Where P of the current head is written. */
typedef struct {
    lln_writer *writer;
    size_t columns; /* of the array */
    size_t first;   /* first column of P, after the padding */
    size_t written; /* rows that are written */
} p_target;

typedef struct {
    run_plan plan; /* its context is the run */
    case_set set;
    bool p;
    head_layers layers;
    lln_writer *writer;
    p_target *target;
    size_t done; /* matrices that are written */
} heads_run;

static bool has_matrix(const heads_run *run, const head_layer *layer,
                       int matrix)
{
    return matrix == HEAD_P ? run->p : layer->columns[matrix] > 0;
}

static double count_bytes(const lln_writer_entry *entry)
{
    double bytes = entry->dtype == LLN_DTYPE_F64 ? 8 : 4;
    for (size_t i = 0; i < entry->axes; i++)
        bytes *= (double)entry->shape[i];
    return bytes;
}

/* Checks the free space: P of many tokens is larger than most disks. */
static void check_space(const char *path, double bytes)
{
    const double gibibyte = 1 << 30;
    struct statvfs disk;
    char *folder = cli_copy(path), *slash = strrchr(folder, '/');
    if (slash)
        slash[slash == folder] = '\0';
    bool known = statvfs(slash ? folder : ".", &disk) == 0;
    free(folder);
    if (!known)
        return;
    int digits = bytes < gibibyte ? 4 : 1;
    double room = (double)disk.f_bavail * (double)disk.f_frsize;
    if (bytes > room)
        cli_fail("%s: the arrays need %.*f GiB, but %.*f GiB are free; select "
                 "fewer heads with --layers and --heads",
                 path, digits, bytes / gibibyte, digits, room / gibibyte);
}

static void open_writer(heads_run *run, const char *path, FILE *out,
                        lln_writer_format format)
{
    const head_layers *layers = &run->layers;
    size_t count = 0, most = layers->count * HEAD_MATRICES;
    double bytes = 0;
    lln_writer_entry *entries = cli_alloc(most, sizeof *entries);
    char **keys = cli_alloc(most, sizeof *keys);
    for (size_t i = 0; i < most; i++) {
        const head_layer *layer = &layers->items[i / HEAD_MATRICES];
        int matrix = (int)(i % HEAD_MATRICES);
        if (!has_matrix(run, layer, matrix))
            continue;
        entries[count] = head_layer_array(layer, matrix, &keys[count]);
        bytes += count_bytes(&entries[count++]);
    }
    check_space(path, bytes);
    run->writer = attend_open_writer(out, format, entries, keys, count);
}

static void append(lln_writer *writer, lln_matrix elements)
{
    cli_check_output(lln_writer_append(writer, elements));
}

static void append_value(lln_writer *writer, float value, size_t count)
{
    enum { MOST = 4096 };
    float elements[MOST];
    for (size_t i = 0; i < MOST && i < count; i++)
        elements[i] = value;
    for (; count > 0; count -= count < MOST ? count : MOST)
        append(writer, (lln_matrix){LLN_FLOAT32, 1, count < MOST ? count : MOST,
                                    elements});
}

/* Warns, once for all arrays of a head, why its values are missing. */
static void warn(const lln_head *head, double tau)
{
    const row_identity identity = {.source = head->source,
                                   .layer = run_index(head->layer),
                                   .head = run_index(head->head),
                                   .tau = tau};
    warnings_add(&identity, lln_error_message());
}

/* Writes queries, keys or values of a head; NaN if it cannot be given the
 * temperature. A case with P warns of that by itself. */
static lln_status write_matrix(heads_run *run, const head_layer *layer,
                               const layer_head *m, int matrix)
{
    const lln_heads *heads = &run->set.heads;
    lln_head head;
    lln_precision precision = run_shared.use_double ? LLN_FLOAT64 : LLN_FLOAT32;
    lln_status status =
        heads->load(heads, m->index, run->set.taus.values[0], precision, &head);
    const lln_head *shapes = status == LLN_OK ? &head : &m->head;
    const lln_matrix all[] = {shapes->q, shapes->k, shapes->v};
    size_t count = all[matrix].rows * all[matrix].columns;
    size_t first = matrix == LLN_QUERIES ? shapes->first : shapes->first_key;
    size_t padding = first * layer->columns[matrix];
    if (status == LLN_OK || status == LLN_EUNDEFINED)
        append_value(run->writer, 0, padding);
    if (status == LLN_OK) {
        append(run->writer, all[matrix]);
        lln_head_free(&head);
    } else if (status == LLN_EUNDEFINED) {
        if (matrix == LLN_QUERIES && !run->p)
            warn(&m->head, run->set.taus.values[0]);
        append_value(run->writer, NAN, count);
    } else {
        return status;
    }
    append_value(run->writer, 0,
                 layer->rows[matrix] * layer->columns[matrix] - padding -
                     count);
    return lln_mappings_check();
}

static lln_status write_rows(const lln_attention *attention, p_target *target)
{
    size_t block = lln_attention_block_rows(attention), m = attention->m;
    double *rows = lln_array_alloc_raw(block * m, sizeof *rows);
    lln_status status = rows ? LLN_OK : LLN_ENOMEM;
    while (status == LLN_OK && target->written < attention->n) {
        size_t left = attention->n - target->written;
        size_t count = left < block ? left : block;
        status = lln_threads_check_stop();
        if (status == LLN_OK)
            status =
                lln_attention_rows(attention, target->written, count, rows);
        for (size_t i = 0; i < count && status == LLN_OK; i++) {
            append_value(target->writer, 0, target->first);
            append(target->writer,
                   (lln_matrix){LLN_FLOAT64, 1, m, rows + i * m});
            append_value(target->writer, 0,
                         target->columns - target->first - m);
            target->written++;
        }
    }
    free(rows);
    return status;
}

/* Writes P; the block has no columns. */
static lln_status measure_p(const run_case *c, const void *context,
                            run_block *block)
{
    (void)block;
    const heads_run *run = context;
    lln_attention attention;
    LLN_TRY(lln_kernel_open(c->kernel, c->head, &attention));
    lln_status status = lln_attention_prepare(&attention);
    if (status == LLN_OK)
        status = write_rows(&attention, run->target);
    lln_attention_close(&attention);
    return status;
}

/* Writes P of a head; rows that the kernel cannot compute are NaN. */
static lln_status write_p(heads_run *run, const head_layer *layer,
                          const layer_head *m)
{
    case_result result = {0};
    size_t rows = layer->rows[HEAD_P], columns = layer->columns[HEAD_P];
    size_t first = m->head.first, first_key = m->head.first_key;
    p_target target = {run->writer, columns, first_key, 0};
    append_value(run->writer, 0, first * columns);
    run->target = &target;
    case_result_open(&run->set, &result);
    lln_status status =
        case_measure(&run->set, m->index, run->set.taus.values[0], &result);
    run->target = NULL;
    warnings_count(result.warnings);
    result.warnings = NULL;
    case_result_close(&run->set, &result);
    LLN_TRY(status);
    for (size_t i = target.written; i < m->head.q.rows; i++) {
        append_value(run->writer, 0, first_key);
        append_value(run->writer, NAN, m->head.k.rows);
        append_value(run->writer, 0, columns - first_key - m->head.k.rows);
    }
    append_value(run->writer, 0, (rows - first - m->head.q.rows) * columns);
    return LLN_OK;
}

static lln_status write_layer(heads_run *run, const head_layer *layer)
{
    for (int matrix = 0; matrix < HEAD_MATRICES; matrix++)
        for (size_t i = 0; i < layer->count && has_matrix(run, layer, matrix);
             i++) {
            const layer_head *m = &layer->heads[i];
            LLN_TRY(lln_threads_check_stop());
            LLN_TRY(matrix == HEAD_P ? write_p(run, layer, m)
                                     : write_matrix(run, layer, m, matrix));
            warnings_count(warnings_take());
            progress_show(++run->done);
        }
    return LLN_OK;
}

static lln_writer_format find_format(const char *path)
{
    lln_writer_format format;
    if (lln_writer_find_format(path, &format) != LLN_OK ||
        format == LLN_WRITER_NPY)
        cli_usage("--write-heads: %s: expected a name that ends in .npz or "
                  ".safetensors",
                  path);
    return format;
}

static void check_options(bool p)
{
    static const char *const kernel[] = {"kernel", "params", "gate", NULL};
    static const char *const others[] = {"output", "compare", "top", "plan",
                                         NULL};
    const char *name = cli_first_given(others);
    if (name)
        cli_usage("--%s cannot be used with --write-heads", name);
    name = arrays_for(ARRAYS_OF_KERNELS) ? "arrays" : cli_first_given(kernel);
    if (name && !p)
        cli_usage("--%s needs --write-p: only P depends on the kernel", name);
    attend_check_options();
}

static void open_run(heads_run *run, const char *path)
{
    lln_writer_format format = find_format(path);
    check_options(run->p);
    run->plan = (run_plan){.table = record_none,
                           .measure = measure_p,
                           .context = run,
                           .measures_head = !run->p,
                           .rows_are_never_averaged = true,
                           .name = "--write-heads",
                           .has_one_temperature = true};
    case_set_choose(&run->set, &run->plan);
    kernel_list_expect_one("write-p", run_shared.kernels, &run->set.kernels);
    FILE *out = cli_output(path);
    case_set_open(&run->set);
    run->layers = head_layers_list(&run->set.heads);
    open_writer(run, path, out, format);
}

int write_heads(const char *path, bool p)
{
    heads_run run = {.p = p};
    open_run(&run, path);
    signals_catch();
    progress_start(cli_name(), 0,
                   run.set.heads.count * (p ? HEAD_MATRICES : LLN_ROLES),
                   "matrices", run_shared.quiet);
    lln_status status = LLN_OK;
    for (size_t i = 0; i < run.layers.count && status == LLN_OK; i++)
        status = write_layer(&run, &run.layers.items[i]);
    attend_check(status);
    cli_check_output(lln_writer_finish(run.writer));
    lln_writer_free(run.writer);
    head_layers_free(&run.layers);
    case_set_close(&run.set);
    return cli_finish();
}
