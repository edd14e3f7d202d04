/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "landscape.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"
#include "match/landscape.h"
#include "message.h"
#include "options.h"
#include "run.h"
#include "selection.h"
#include "warnings.h"

/* Most points of the grid of a head. */
enum { MOST_POINTS = 10000 };

enum {
    PASS_REPORT = LLN_LANDSCAPE_REPORT,
    PASS_FIDELITY = LLN_LANDSCAPE_FIDELITY,
    PASS_SPECTRUM = LLN_LANDSCAPE_SPECTRUM,
    PASS_SUMS = LLN_LANDSCAPE_SUMS,
    PASSES = PASS_REPORT | PASS_FIDELITY | PASS_SPECTRUM | PASS_SUMS
};

typedef struct {
    long point;         /* from 0; rows of methods follow those of the grid */
    const char *method; /* NULL: a point of the grid */
    const char *status; /* of the method */
    double a, b;
    double sigma_q, sigma_k, softmax_variance;
    lln_landscape_point at;
    lln_landscape_side q, k;
    double distance[MATCH_METHODS]; /* from the point of each method */
    const char *seed;               /* of a sampled head */
} landscape_record;

#define REAL(field, name, group, pass)                                         \
    RECORD_REAL(landscape_record, field, name, group, pass)
#define SHOWN(field, name, pass) REAL(field, name, COLUMNS_DEFAULT, pass)
#define FORMAT(format, name)                                                   \
    SHOWN(at.formats[format].overflow, name "_overflow", 0),                   \
        SHOWN(at.formats[format].flushed, name "_flushed", 0),                 \
        SHOWN(at.formats[format].shifted_flushed, name "_shifted_flushed", 0), \
        SHOWN(at.formats[format].overflow_model, name "_overflow_probability", \
              0)

/* Queries or keys alone: what was counted, and what the model expects. */
#define SIDE_BOTH(side, format, name, field)                                   \
    REAL(side.measured.formats[format].field, name "_" #side "_" #field,       \
         "range", 0),                                                          \
        REAL(side.model[format].field, name "_" #side "_" #field "_model",     \
             "range", 0)
#define SIDE(side, format, name)                                               \
    SIDE_BOTH(side, format, name, overflow),                                   \
        SIDE_BOTH(side, format, name, subnormal),                              \
        SIDE_BOTH(side, format, name, flushed),                                \
        SIDE_BOTH(side, format, name, shifted_flushed)
#define DETAILS(format, name)                                                  \
    REAL(at.formats[format].subnormal, name "_subnormal", "range", 0),         \
        REAL(at.formats[format].product_model, name "_product_probability",    \
             "range", 0),                                                      \
        SIDE(q, format, name), SIDE(k, format, name)

static const record_column fixed_columns[] = {
    RECORD_INTEGER(landscape_record, point, "point", COLUMNS_DEFAULT, 0),
    RECORD_TEXT(landscape_record, method, "method", COLUMNS_DEFAULT, 0),
    SHOWN(a, "a", 0),
    SHOWN(b, "b", 0),
    SHOWN(at.alpha, "alpha", 0),
    SHOWN(at.beta, "beta", 0),
    SHOWN(sigma_q, "sigma_q", 0),
    SHOWN(sigma_k, "sigma_k", 0),
    SHOWN(softmax_variance, "softmax_log_variance_row", PASS_REPORT),
    SHOWN(at.lln.log_variance, "log_variance_row", PASS_REPORT),
    SHOWN(at.relative_error, "relative_error", PASS_REPORT),
    SHOWN(at.lln.entropy, "entropy_nats", PASS_REPORT),
    SHOWN(at.entropy_gap, "entropy_gap_nats", PASS_REPORT),
    SHOWN(at.distance.matrix_error, "matrix_error", PASS_FIDELITY),
    SHOWN(at.distance.variation, "total_variation", PASS_FIDELITY),
    SHOWN(at.distance.divergence, "kl_nats", PASS_FIDELITY),
    SHOWN(at.max_exponent, "max_exponent", 0),
    FORMAT(LLN_FP16, "fp16"),
    FORMAT(LLN_BF16, "bf16"),
    FORMAT(LLN_FP32, "fp32"),
    REAL(at.lln.lambda2, "lambda2", "spectrum", PASS_SPECTRUM),
    REAL(at.lambda2_ratio, "lambda2_ratio", "spectrum", PASS_SPECTRUM),
    REAL(at.max_product_exponent, "max_product_exponent", "range", 0),
    REAL(at.max_log_sum, "max_log_sum", "range", PASS_SUMS),
    REAL(at.log_sum_model, "log_sum_model", "range", 0),
    DETAILS(LLN_FP16, "fp16"),
    DETAILS(LLN_BF16, "bf16"),
    DETAILS(LLN_FP32, "fp32"),
    RECORD_DIGITS(landscape_record, seed, "seed", COLUMNS_DEFAULT, 0),
    RECORD_TEXT(landscape_record, status, "status", COLUMNS_DEFAULT, 0),
};

enum { FIXED = sizeof fixed_columns / sizeof *fixed_columns };

/* The fixed columns, a distance for each method, and an end. */
static record_column columns[FIXED + MATCH_METHODS + 1];

typedef struct {
    const landscape_options *options;
    lln_number_list a, b;
    size_t points; /* of the grid */
    char seed[32];
} grid;

static grid map; /* of --map-a and --map-b */

/* Appends a column to the table for the distance from each method. */
static void add_distances(const match_methods *methods)
{
    memcpy(columns, fixed_columns, sizeof fixed_columns);
    for (size_t i = 0; i < methods->count; i++) {
        char name[64], *hyphen;
        snprintf(name, sizeof name, "distance_%s", methods->items[i]->name);
        while ((hyphen = strchr(name, '-')))
            *hyphen = '_';
        columns[FIXED + i] = (record_column)REAL(distance[i], cli_copy(name),
                                                 COLUMNS_DEFAULT, 0);
    }
}

static lln_status start_points(run_block *block)
{
    LLN_TRY(run_block_resize(block, map.points + map.options->methods->count));
    for (size_t i = 0; i < block->rows; i++) {
        landscape_record *out = run_block_record(block, i);
        out->point = (long)i;
        out->seed = options_sampled() ? map.seed : NULL;
        if (i < map.points) {
            out->a = map.a.values[i / map.b.count];
            out->b = map.b.values[i % map.b.count];
        } else {
            out->method = map.options->methods->items[i - map.points]->name;
            out->status = lln_match_state_names[LLN_MATCH_NONE];
        }
    }
    return LLN_OK;
}

/* The queries at each a, and the keys at each b. */
typedef struct {
    lln_landscape *landscape;
    lln_landscape_side *q, *k; /* [map.a.count], [map.b.count] */
} open_map;

/* Measures the point of these sides into the record. */
static lln_status fill_point(const open_map *open, const lln_landscape_side *q,
                             const lln_landscape_side *k, landscape_record *out)
{
    LLN_TRY(lln_landscape_measure(open->landscape, q, k, &out->at));
    out->q = *q;
    out->k = *k;
    out->a = out->at.a;
    out->b = out->at.b;
    out->sigma_q = lln_landscape_sigma_q(open->landscape);
    out->sigma_k = lln_landscape_sigma_k(open->landscape);
    out->softmax_variance =
        lln_landscape_softmax(open->landscape)->log_variance;
    return LLN_OK;
}

/* Warns of a failure that concerns only this point; any other is returned. */
static lln_status tolerate(const run_case *c, const char *what,
                           lln_status status)
{
    if (!warnings_suffice(status))
        return status;
    warnings_add_failure(c->head, c->tau, what);
    return LLN_OK;
}

static lln_status fill_grid(const run_case *c, const open_map *open,
                            run_block *block)
{
    for (size_t i = 0; i < map.a.count; i++)
        LLN_TRY(lln_landscape_queries(open->landscape, map.a.values[i],
                                      &open->q[i]));
    for (size_t j = 0; j < map.b.count; j++)
        LLN_TRY(
            lln_landscape_keys(open->landscape, map.b.values[j], &open->k[j]));
    for (size_t i = 0; i < map.points; i++)
        LLN_TRY(tolerate(c, "",
                         fill_point(open, &open->q[i / map.b.count],
                                    &open->k[i % map.b.count],
                                    run_block_record(block, i))));
    return LLN_OK;
}

static bool is_within(double x, const lln_number_list *list)
{
    bool below = false, above = false;
    for (size_t i = 0; i < list->count; i++) {
        below = below || list->values[i] <= x;
        above = above || list->values[i] >= x;
    }
    return below && above;
}

/* The default values of a or b are not for all heads. */
static void warn_outside(const run_case *c, const landscape_record *out)
{
    char reason[256];
    const char *option = NULL;
    if (!map.options->a && !is_within(out->a, &map.a))
        option = "map-a";
    else if (!map.options->b && !is_within(out->b, &map.b))
        option = "map-b";
    if (!option)
        return;
    snprintf(reason, sizeof reason,
             "method '%s': a = %.3g, b = %.3g is outside the map; extend it "
             "with --%s",
             out->method, out->a, out->b, option);
    warnings_add_text(c->head, c->tau, reason);
}

/* Fills the row of a method with its first match, or the nearest; a method
 * without one keeps an empty row. */
static lln_status fill_match(const run_case *c, const open_map *open,
                             const lln_match_method *method,
                             landscape_record *out)
{
    char what[64];
    lln_match_list found;
    lln_landscape_side q, k;
    snprintf(what, sizeof what, "method '%s': ", method->name);
    lln_status status =
        lln_match_list_find(method, c->head, map.options->how, &found);
    LLN_TRY(tolerate(c, what, status));
    if (found.count == 0)
        return LLN_OK;
    out->status = lln_match_state_names[found.items[0].state];
    status = lln_landscape_match(open->landscape, &found.items[0], &q, &k);
    if (status == LLN_OK)
        status = fill_point(open, &q, &k, out);
    if (status == LLN_OK && found.items[0].state == LLN_MATCH_SOLVED)
        warn_outside(c, out);
    return tolerate(c, what, status);
}

static void fill_distances(run_block *block)
{
    for (size_t i = 0; i < block->rows; i++)
        for (size_t j = map.points; j < block->rows; j++) {
            landscape_record *from = run_block_record(block, i);
            const landscape_record *to = run_block_record(block, j);
            from->distance[j - map.points] =
                lln_landscape_distance(from->a, from->b, to->a, to->b);
        }
}

static lln_status fill_block(const run_case *c, const open_map *open,
                             run_block *block)
{
    LLN_TRY(fill_grid(c, open, block));
    for (size_t i = map.points; i < block->rows; i++)
        LLN_TRY(fill_match(c, open, map.options->methods->items[i - map.points],
                           run_block_record(block, i)));
    fill_distances(block);
    return LLN_OK;
}

static lln_status measure_opened(const run_case *c, open_map *open,
                                 run_block *block)
{
    open->q = lln_array_alloc(map.a.count, sizeof *open->q);
    open->k = lln_array_alloc(map.b.count, sizeof *open->k);
    lln_status status =
        open->q && open->k ? fill_block(c, open, block) : LLN_ENOMEM;
    free(open->q);
    free(open->k);
    return status;
}

static lln_status measure_map(const run_case *c, const void *context,
                              run_block *block)
{
    (void)context;
    open_map open;
    lln_status status =
        lln_landscape_open(c->head, c->passes & PASSES, &open.landscape);
    if (status == LLN_EUNDEFINED) {
        warnings_add_failure(c->head, c->tau, "");
        return LLN_OK;
    }
    LLN_TRY(status);
    status = measure_opened(c, &open, block);
    lln_landscape_close(open.landscape);
    return status;
}

int landscape_write(const landscape_options *options)
{
    map.options = options;
    map.a =
        number_list_read("map-a", options->a ? options->a : LANDSCAPE_SIDES);
    map.b =
        number_list_read("map-b", options->b ? options->b : LANDSCAPE_SIDES);
    if (map.a.count > MOST_POINTS / map.b.count)
        cli_usage("--map-a and --map-b: %zu x %zu points; expected at most %d",
                  map.a.count, map.b.count, MOST_POINTS);
    map.points = map.a.count * map.b.count;
    snprintf(map.seed, sizeof map.seed, "%" PRIu64, run_shared.seed);
    add_distances(options->methods);
    return run_plan_write(&(run_plan){
        .name = "lln-match --map",
        .table = {columns, sizeof(landscape_record)},
        .measure = measure_map,
        .start = start_points,
        .measures_head = true,
        .has_many_rows = true,
        .kernel = "lln",
    });
}
