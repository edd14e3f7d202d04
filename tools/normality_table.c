/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "normality_table.h"

#include <stdlib.h>

#include "core/memory.h"
#include "measure/feature.h"
#include "measure/normality.h"
#include "measure/normality_features.h"
#include "run.h"
#include "stored.h"

enum { PASS_EFFECTS = 1, PASS_TESTS = 2 };

/* A row: a matrix, or one of its features. */
typedef struct {
    const char *matrix;
    long feature, entries;
    lln_normality effects;
    lln_tested tested;
    const char *p_status;
} normality_record;

#define EFFECT(field, name)                                                    \
    RECORD_REAL(normality_record, effects.field, name, COLUMNS_DEFAULT,        \
                PASS_EFFECTS)
#define TESTED(field, name)                                                    \
    RECORD_REAL(normality_record, tested.field, name, COLUMNS_DEFAULT,         \
                PASS_TESTS)

#define EFFECTS                                                                \
    RECORD_INTEGER(normality_record, entries, "entries", COLUMNS_DEFAULT, 0),  \
        EFFECT(mean, "mean"), EFFECT(deviation, "deviation"),                  \
        EFFECT(skewness, "skewness"),                                          \
        EFFECT(excess_kurtosis, "excess_kurtosis"),                            \
        EFFECT(fit.ks, "ks_distance"), EFFECT(fit.wasserstein, "wasserstein"), \
        EFFECT(fit.qq, "qq_correlation")
#define TOKENS                                                                 \
    TESTED(effective.n_mean, "n_mean"), TESTED(effective.n_var, "n_var"),      \
        TESTED(effective.features, "effective_features"),                      \
        TESTED(effective.values, "effective_values"), TESTED(step, "thin"),    \
        TESTED(tokens, "tested_tokens")
#define TEST(at, statistic_name, p_name)                                       \
    TESTED(tests[at].statistic, statistic_name), TESTED(tests[at].p, p_name)
#define TESTS                                                                  \
    TEST(LLN_LILLIEFORS, "lilliefors_d", "lilliefors_p"),                      \
        TEST(LLN_ANDERSON_DARLING, "anderson_a2", "anderson_p"),               \
        TEST(LLN_SHAPIRO_WILK, "shapiro_w", "shapiro_p"),                      \
        TEST(LLN_SHAPIRO_FRANCIA, "francia_w", "francia_p"),                   \
        TEST(LLN_DAGOSTINO_PEARSON, "dagostino_k2", "dagostino_p"),            \
        TEST(LLN_JARQUE_BERA, "jarque_jb", "jarque_p"),                        \
        RECORD_TEXT(normality_record, p_status, "p_status", COLUMNS_DEFAULT,   \
                    PASS_TESTS)
#define MATRIX                                                                 \
    RECORD_TEXT(normality_record, matrix, "matrix", COLUMNS_DEFAULT, 0)

static const record_column matrix_columns[] = {
    MATRIX, EFFECTS, TOKENS, TESTS, TESTED(features, "tested_features"), {0},
};

static const record_column feature_columns[] = {
    MATRIX,
    RECORD_INTEGER(normality_record, feature, "feature", COLUMNS_DEFAULT, 0),
    EFFECTS,
    TOKENS,
    TESTS,
    TESTED(adjusted[LLN_LILLIEFORS], "lilliefors_p_adjusted"),
    TESTED(adjusted[LLN_ANDERSON_DARLING], "anderson_p_adjusted"),
    TESTED(adjusted[LLN_SHAPIRO_WILK], "shapiro_p_adjusted"),
    TESTED(adjusted[LLN_SHAPIRO_FRANCIA], "francia_p_adjusted"),
    TESTED(adjusted[LLN_DAGOSTINO_PEARSON], "dagostino_p_adjusted"),
    TESTED(adjusted[LLN_JARQUE_BERA], "jarque_p_adjusted"),
    TESTED(features, "tested_features"),
    {0},
};

static void set_tested(normality_record *out, const lln_tested *tested)
{
    static const char *const names[] = {[LLN_TESTED] = "ok",
                                        [LLN_TESTED_SOME] = "some",
                                        [LLN_TESTED_FEW] = "few",
                                        [LLN_TESTED_MANY] = "many",
                                        [LLN_TESTED_CONSTANT] = "constant"};
    out->tested = *tested;
    out->p_status = names[tested->state];
}

/* What is undefined, such as in constant data, stays NaN. */
static lln_status fill_effects(lln_matrix a, normality_record *out)
{
    lln_status status = lln_normality_measure(a, &out->effects);
    return status == LLN_EUNDEFINED ? LLN_OK : status;
}

static lln_status start_matrices(run_block *block)
{
    LLN_TRY(run_block_resize(block, 2));
    for (size_t i = 0; i < 2; i++) {
        normality_record *out = run_block_record(block, i);
        out->matrix = i == 0 ? "q" : "k";
    }
    return LLN_OK;
}

static lln_status measure_matrix(const run_case *c, size_t step, lln_matrix a,
                                 normality_record *out)
{
    lln_tested tested;
    out->entries = (long)(a.rows * a.columns);
    if (c->passes & PASS_EFFECTS)
        LLN_TRY(fill_effects(a, out));
    if (!(c->passes & PASS_TESTS))
        return LLN_OK;
    LLN_TRY(lln_normality_features_test(a, step, &tested, NULL));
    set_tested(out, &tested);
    return LLN_OK;
}

static lln_status measure_matrices(const run_case *c, const void *context,
                                   run_block *block)
{
    const size_t *step = context;
    LLN_TRY(measure_matrix(c, *step, c->head->q, run_block_record(block, 0)));
    return measure_matrix(c, *step, c->head->k, run_block_record(block, 1));
}

/* Fills the rows of the features of a from row `first` on; x [rows] is
 * scratch. */
static lln_status fill_features(const run_case *c, lln_matrix a,
                                const lln_tested *tested, double *x,
                                run_block *block, size_t first)
{
    for (size_t j = 0; j < a.columns; j++) {
        normality_record *out = run_block_record(block, first + j);
        lln_matrix values = {LLN_FLOAT64, a.rows, 1, x};
        out->matrix = first == 0 ? "q" : "k";
        out->feature = (long)j;
        out->entries = (long)a.rows;
        if (c->passes & PASS_TESTS)
            set_tested(out, &tested[j]);
        if (!(c->passes & PASS_EFFECTS))
            continue;
        lln_feature_read(a, j, 1, x);
        LLN_TRY(fill_effects(values, out));
    }
    return LLN_OK;
}

static lln_status measure_features(const run_case *c, size_t step, lln_matrix a,
                                   run_block *block, size_t first)
{
    lln_tested all;
    double *x = lln_array_alloc(a.rows, sizeof *x);
    lln_tested *tested = lln_array_alloc(a.columns, sizeof *tested);
    lln_status status = x && tested ? LLN_OK : LLN_ENOMEM;
    if (status == LLN_OK && (c->passes & PASS_TESTS))
        status = lln_normality_features_test(a, step, &all, tested);
    if (status == LLN_OK)
        status = fill_features(c, a, tested, x, block, first);
    free(tested);
    free(x);
    return status;
}

static lln_status measure_all_features(const run_case *c, const void *context,
                                       run_block *block)
{
    const size_t *step = context;
    size_t d = c->head->q.columns;
    LLN_TRY(run_block_resize(block, d + c->head->k.columns));
    LLN_TRY(measure_features(c, *step, c->head->q, block, 0));
    return measure_features(c, *step, c->head->k, block, d);
}

void normality_table_absent(void)
{
    columns_elsewhere(matrix_columns, "normality");
    columns_elsewhere(feature_columns, "per-feature");
}

int normality_table_write(size_t step, bool per_feature)
{
    stored_refuse("--normality");
    run_plan plan = {.name = "--normality",
                     .table = {matrix_columns, sizeof(normality_record)},
                     .measure = measure_matrices,
                     .start = start_matrices,
                     .context = &step,
                     .has_many_rows = true,
                     .measures_head = true};
    if (per_feature) {
        plan.table.columns = feature_columns;
        plan.measure = measure_all_features;
        plan.start = NULL;
        plan.rows_depend_on_head = true;
    } else {
        columns_elsewhere(feature_columns, "per-feature");
    }
    return run_plan_write(&plan);
}
