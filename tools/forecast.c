/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "forecast.h"

#include <math.h>
#include <stdlib.h>

#include "cases.h"
#include "core/growth.h"
#include "core/progress.h"
#include "core/threads.h"
#include "cost.h"
#include "heads/gaussian.h"
#include "listing.h"
#include "match/lln_side.h"
#include "message.h"
#include "options.h"
#include "signals.h"
#include "stored.h"

/* Heads up to this size are measured at their own size. Larger heads are
 * measured at this size and at twice this size, then at larger sizes while it
 * takes little time. No method changes above this size (small spectra are
 * computed by LAPACK). */
#define FIRST_SIZE 1024.0

/* Seconds for the sampled cases of all kernels. */
#define BUDGET 0.5

/* Bytes that are read and checked in a second. */
#define READING 1e9

typedef struct {
    size_t heads, cases, kernels, entries, bytes;
    double passes, seconds, memory;
    size_t threads;
} forecast_record;

#define COUNT(field, name)                                                     \
    RECORD_INTEGER(forecast_record, field, name, COLUMNS_DEFAULT, 0)
#define REAL(field, name)                                                      \
    RECORD_REAL(forecast_record, field, name, COLUMNS_DEFAULT, 0)

static const record_column columns[] = {
    COUNT(heads, "heads"),     COUNT(cases, "cases"),
    COUNT(kernels, "kernels"), COUNT(entries, "entries"),
    COUNT(bytes, "bytes"),     REAL(passes, "passes"),
    REAL(seconds, "seconds"),  REAL(memory, "memory_bytes"),
    COUNT(threads, "threads"), {0},
};

/* The cost of a case of a kernel at a size: the square root of the number of
 * entries. */
typedef struct {
    double size, seconds, bytes, passes;
    double power, bytes_power; /* exponents of the size */
} case_cost;

/* The rule of a head for one of other tokens. */
static lln_logit_rule sample_rule(const lln_head *head)
{
    lln_logit_rule rule = head->rule;
    rule.bias = NULL;
    rule.mask.documents = NULL;
    return rule;
}

/* The set with one kernel and one sampled head of n tokens, or the first head
 * of attention weights, without arrays and --params. */
static case_set open_sample(const case_set *set, kernel_entry *entry,
                            double *tau, size_t n)
{
    lln_head head;
    case_set sample = *set;
    sample.kernels = (kernel_list){1, entry};
    sample.taus = (lln_number_list){1, tau};
    sample.arrays = NULL;
    sample.spreads = NULL;
    if (stored_given())
        return sample;
    set->heads.describe(&set->heads, 0, &head);
    const lln_gaussian model = {.n = n,
                                .d = head.q.columns,
                                .sigma_q = 1,
                                .sigma_k = 1,
                                .seed = 1,
                                .trials = 1,
                                .rule = sample_rule(&head),
                                .values = run_shared.values};
    if (entry->from_params) {
        cli_check(lln_side_set(1, 1, &entry->choice));
        entry->from_params = false;
    }
    cli_check(lln_gaussian_open(&model, &sample.heads));
    case_set_open_spreads(&sample);
    return sample;
}

static case_cost measure_case(const case_set *set, size_t kernel, double size)
{
    double tau = NAN;
    case_result result = {0};
    cost spent;
    size_t n = (size_t)(size + 0.5);
    kernel_entry entry = set->kernels.entries[kernel];
    size_t rows = lln_rows_begun, products = lln_products_done;
    cost_start(&spent);
    case_set sample = open_sample(set, &entry, &tau, n);
    case_result_open(&sample, &result);
    lln_status status = case_measure(&sample, 0, NAN, &result);
    cost_stop(&spent);
    if (status == LLN_EINTERRUPTED)
        signals_end_process();
    cli_check(status);
    warnings_forget(result.warnings);
    result.warnings = NULL;
    case_result_close(&sample, &result);
    case_set_close_spreads(&sample);
    if (!stored_given())
        lln_heads_close(&sample.heads);
    return (case_cost){
        .size = size,
        .seconds = spent.seconds,
        .bytes = isnan(spent.peak_bytes) ? 0 : spent.peak_bytes,
        .passes = (double)(lln_rows_begun - rows) / (double)n +
                  (double)(lln_products_done - products),
        .power = 2,
        .bytes_power = 1,
    };
}

/* Measures at twice the size and estimates the exponents of time and memory.
 * Less memory than `known` is too inaccurate for an exponent. */
static case_cost measure_larger(const case_set *set, size_t kernel,
                                const case_cost *last)
{
    const double known = 4 << 20;
    case_cost now = measure_case(set, kernel, 2 * last->size);
    now.power = lln_growth_power(last->seconds, now.seconds, 0.8, 3.2);
    if (last->bytes > known)
        now.bytes_power = lln_growth_power(last->bytes, now.bytes, 1, 2);
    return now;
}

static double size_of(const lln_head *head)
{
    return lln_growth_size(head->q.rows, head->k.rows);
}

/* Attention weights cannot be sampled: the first head is measured. */
static case_cost estimate_stored(const case_set *set)
{
    lln_head head;
    set->heads.describe(&set->heads, 0, &head);
    return measure_case(set, 0, size_of(&head));
}

/* The first case of a kernel also wakes threads and fills caches. */
static case_cost estimate_kernel(const case_set *set, size_t kernel,
                                 double size)
{
    double budget = BUDGET / (double)set->kernels.count;
    double first = size < FIRST_SIZE ? size : FIRST_SIZE;
    case_cost now = measure_case(set, kernel, first);
    double spent = now.seconds;
    if (spent < budget) {
        case_cost again = measure_case(set, kernel, first);
        now = again.seconds < now.seconds ? again : now;
        spent += again.seconds;
    }
    while (2 * now.size <= size &&
           spent + lln_growth_extrapolate(now.seconds, 1, 2, now.power) <
               2 * budget) {
        now = measure_larger(set, kernel, &now);
        spent += now.seconds;
    }
    return now;
}

/* The number of layers in the set. One layer of a file is in memory at a
 * time. */
static size_t count_layers(const lln_heads *heads)
{
    size_t count = 0;
    long last = -2;
    for (size_t i = 0; i < heads->count; i++) {
        lln_head head;
        heads->describe(heads, i, &head);
        count += head.layer != last;
        last = head.layer;
    }
    return count;
}

/* Adds the cases of a kernel to the record. */
static void add_kernel(const case_set *set, const case_cost *of, int workers,
                       double *memory, forecast_record *record)
{
    double taus = (double)set->taus.count, most = 0;
    for (size_t i = 0; i < set->heads.count; i++) {
        lln_head head;
        set->heads.describe(&set->heads, i, &head);
        double size = size_of(&head);
        double bytes =
            lln_growth_extrapolate(of->bytes, of->size, size, of->bytes_power);
        record->seconds +=
            taus / workers *
            lln_growth_extrapolate(of->seconds, of->size, size, of->power);
        most = bytes > most ? bytes : most;
    }
    record->passes += of->passes;
    *memory = workers * most > *memory ? workers * most : *memory;
}

static void estimate(const case_set *set, int workers, forecast_record *record)
{
    cost base;
    double size = 0, memory = 0;
    for (size_t i = 0; i < set->heads.count; i++) {
        lln_head head;
        set->heads.describe(&set->heads, i, &head);
        size = size_of(&head) > size ? size_of(&head) : size;
        record->entries += set->taus.count * head.q.rows * head.k.rows;
    }
    cost_start(&base);
    cost_stop(&base);
    if (workers > 1)
        lln_threads_set(1);
    for (size_t k = 0; k < set->kernels.count; k++) {
        case_cost of = stored_given() ? estimate_stored(set)
                                      : estimate_kernel(set, k, size);
        add_kernel(set, &of, workers, &memory, record);
    }
    double layer = (double)record->bytes / (double)count_layers(&set->heads);
    record->seconds =
        lln_growth_round(record->seconds + (double)record->bytes / READING);
    record->memory = lln_growth_round(base.resident + memory + layer);
}

int forecast_write(const case_set *set, int workers)
{
    forecast_record record = {
        .heads = set->heads.count,
        .cases = set->heads.count * set->taus.count,
        .kernels = set->plan->measures_head ? 0 : set->kernels.count,
        .bytes = set->heads.bytes,
        .threads = (size_t)lln_threads_count(),
    };
    signals_catch();
    if (set->heads.count > 0)
        estimate(set, workers, &record);
    run_shared.columns = NULL; /* they belong to the table of the run */
    listing table =
        listing_open((record_type){columns, sizeof(forecast_record)});
    listing_put(&table, &record);
    return listing_close(&table);
}
