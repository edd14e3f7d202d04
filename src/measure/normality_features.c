/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "measure/normality_features.h"

#include <math.h>
#include <omp.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/failure.h"
#include "core/memory.h"
#include "core/threads.h"
#include "measure/feature.h"
#include "measure/shapiro.h"

/* The tests in the order of their positions; `sign` is positive if large
 * statistics speak against normality. */
static const struct {
    lln_test (*compute)(const lln_standard_sample *sample);
    double sign;
} tests[LLN_NORMALITY_TESTS] = {
    [LLN_LILLIEFORS] = {lln_lilliefors, 1},
    [LLN_ANDERSON_DARLING] = {lln_anderson_darling, 1},
    [LLN_SHAPIRO_WILK] = {lln_shapiro_wilk, -1},
    [LLN_SHAPIRO_FRANCIA] = {lln_shapiro_francia, -1},
    [LLN_DAGOSTINO_PEARSON] = {lln_dagostino_pearson, 1},
    [LLN_JARQUE_BERA] = {lln_jarque_bera, 1},
};

/* Values that are worth several threads. */
enum { LARGE = 1 << 14 };

/* What the tests of one matrix share. */
typedef struct {
    lln_matrix a;
    size_t step; /* 0: n / n_var of each column */
    bool few;    /* the matrix has too few effective tokens */
} plan;

/* Of one thread: values of a column, and normal scores of as many. */
typedef struct {
    double *x, *scores; /* [n] */
    size_t scored;      /* number of tokens whose scores are there */
} scratch;

static lln_tested nothing_tested(void)
{
    lln_tested out = {
        .effective = {NAN, NAN, NAN, NAN}, .step = NAN, .tokens = NAN};
    for (size_t t = 0; t < LLN_NORMALITY_TESTS; t++) {
        out.tests[t] = (lln_test){NAN, NAN};
        out.adjusted[t] = NAN;
    }
    return out;
}

static lln_tested_state state_of(const lln_tested *tested, bool few)
{
    bool undefined = false;
    for (size_t t = 0; t < LLN_NORMALITY_TESTS; t++)
        undefined |= isnan(tested->tests[t].p);
    if (!undefined)
        return LLN_TESTED;
    return !few && tested->tokens > LLN_SHAPIRO_MOST ? LLN_TESTED_MANY
                                                     : LLN_TESTED_FEW;
}

/* n / n_var rounded up; 1 if n_var is NaN. */
static size_t choose_step(size_t n, double n_var)
{
    return n_var > 0 ? (size_t)ceil((double)n / n_var) : 1;
}

static double *find_scores(scratch *own, size_t tokens)
{
    if (own->scored != tokens)
        lln_normal_scores(tokens, own->scores);
    own->scored = tokens;
    return own->scores;
}

/* Tests column j. */
static lln_status test_column(const plan *p, size_t j, scratch *own,
                              lln_tested *out)
{
    lln_standard_sample sample;
    LLN_TRY(lln_threads_check_stop());
    size_t n = p->a.rows;
    size_t step = p->step ? p->step : choose_step(n, out->effective.n_var);
    size_t tokens = lln_feature_tokens(n, step);
    out->step = (double)step;
    out->tokens = (double)tokens;
    lln_feature_read(p->a, j, step, own->x);
    lln_status status = lln_standard_sample_make(
        own->x, find_scores(own, tokens), tokens, &sample);
    if (status == LLN_EUNDEFINED) {
        out->state = tokens < 2 ? LLN_TESTED_FEW : LLN_TESTED_CONSTANT;
        return LLN_OK;
    }
    LLN_TRY(status);
    bool few =
        p->few || (!p->step && !(out->effective.n_var >= LLN_TESTED_LEAST));
    for (size_t t = 0; t < LLN_NORMALITY_TESTS; t++) {
        out->tests[t] = tests[t].compute(&sample);
        if (few)
            out->tests[t].p = NAN;
    }
    out->state = state_of(out, few);
    return LLN_OK;
}

static lln_status test_columns(const plan *p, double *work,
                               lln_tested *features)
{
    lln_failure failure = LLN_NO_FAILURE;
    size_t n = p->a.rows, d = p->a.columns;
#pragma omp parallel if (n * d >= LARGE)
    {
        double *x = work + 2 * n * (size_t)omp_get_thread_num();
        scratch own = {.x = x, .scores = x + n, .scored = 0};
#pragma omp for schedule(dynamic)
        for (size_t j = 0; j < d; j++) {
            lln_status status = test_column(p, j, &own, &features[j]);
            if (status != LLN_OK)
                lln_failure_note(&failure, j, status);
        }
    }
    return lln_failure_report(&failure);
}

/* Whether test a speaks more against normality than b. */
static bool more_extreme(lln_test a, lln_test b, double sign)
{
    if (isnan(b.p) != isnan(a.p))
        return isnan(b.p);
    if (a.p < b.p || a.p > b.p)
        return a.p < b.p;
    return isnan(b.statistic) || sign * a.statistic > sign * b.statistic;
}

/* Bonferroni's adjustment of test t over the columns. */
static void combine(lln_tested *features, size_t d, size_t t, lln_tested *all)
{
    double defined = 0;
    lln_test worst = {NAN, NAN};
    for (size_t j = 0; j < d; j++) {
        defined += !isnan(features[j].tests[t].p);
        if (more_extreme(features[j].tests[t], worst, tests[t].sign))
            worst = features[j].tests[t];
    }
    for (size_t j = 0; j < d; j++)
        if (!isnan(features[j].tests[t].p))
            features[j].adjusted[t] = fmin(1, defined * features[j].tests[t].p);
    if (defined > 0)
        worst.p = fmin(1, defined * worst.p);
    all->tests[t] = worst;
}

/* Why no column has a p-value. Columns that vary say more than constant
 * ones. */
static lln_tested_state reason_of(const lln_tested *features, size_t d)
{
    lln_tested_state reason = d > 0 ? LLN_TESTED_CONSTANT : LLN_TESTED_FEW;
    for (size_t j = d; j-- > 0;)
        if (features[j].state == LLN_TESTED_FEW ||
            features[j].state == LLN_TESTED_MANY)
            reason = features[j].state;
    return reason;
}

static bool has_p(const lln_tested *feature)
{
    for (size_t t = 0; t < LLN_NORMALITY_TESTS; t++)
        if (!isnan(feature->tests[t].p))
            return true;
    return false;
}

/* The number of columns with a p-value, and the widest step among them, or of
 * all columns if there are none. */
static void summarise_steps(const lln_tested *features, size_t d,
                            lln_tested *all)
{
    for (size_t j = 0; j < d; j++)
        all->features += has_p(&features[j]);
    for (size_t j = 0; j < d; j++)
        if (all->features == 0 || has_p(&features[j])) {
            all->step = fmax(all->step, features[j].step);
            all->tokens = fmin(all->tokens, features[j].tokens);
        }
}

static void combine_all(lln_tested *features, size_t d, lln_tested *all)
{
    bool undefined = d == 0, some = false;
    summarise_steps(features, d, all);
    for (size_t t = 0; t < LLN_NORMALITY_TESTS; t++) {
        combine(features, d, t, all);
        undefined |= isnan(all->tests[t].p);
    }
    for (size_t j = 0; j < d; j++) {
        features[j].features = all->features;
        some |= features[j].state != LLN_TESTED;
    }
    all->state = some ? LLN_TESTED_SOME : LLN_TESTED;
    if (undefined)
        all->state = reason_of(features, d);
}

static lln_status test_with(lln_matrix a, size_t step, lln_tested *all,
                            lln_tested *features, lln_effective *effective)
{
    plan p = {.a = a, .step = step};
    size_t threads = (size_t)lln_threads_count();
    lln_status status = lln_effective_measure(a, &all->effective, effective);
    if (status != LLN_OK && status != LLN_EUNDEFINED)
        return status;
    p.few = !step && !(all->effective.n_var >= LLN_TESTED_LEAST);
    for (size_t j = 0; j < a.columns; j++) {
        features[j] = nothing_tested();
        features[j].effective = effective[j];
    }
    double *work = lln_array_alloc(2 * threads * a.rows, sizeof *work);
    if (!work)
        return LLN_ENOMEM;
    status = test_columns(&p, work, features);
    free(work);
    if (status == LLN_OK)
        combine_all(features, a.columns, all);
    return status;
}

lln_status lln_normality_features_test(lln_matrix a, size_t step,
                                       lln_tested *all, lln_tested *features)
{
    size_t d = a.columns, bad = lln_matrix_find_nonfinite(a);
    *all = nothing_tested();
    if (bad < a.rows * d)
        return lln_fail(LLN_EINVAL, "entry (%zu, %zu) is not finite", bad / d,
                        bad % d);
    lln_effective *effective = lln_array_alloc(d, sizeof *effective);
    lln_tested *own = features ? features : lln_array_alloc(d, sizeof *own);
    lln_status status =
        effective && own ? test_with(a, step, all, own, effective) : LLN_ENOMEM;
    if (own != features)
        free(own);
    free(effective);
    return status;
}
