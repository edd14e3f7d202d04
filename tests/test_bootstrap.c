/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The bootstrap of the fit of ln P against a plain loop over drawn heads, its
 * null distribution against an independent program, and small runs of its size
 * and power (tests/study_bootstrap.c has the large ones). */

#include "bootstrap_heads.h"
#include "core/random.h"
#include "core/sorting.h"
#include "core/threads.h"
#include "kernel/table/table.h"
#include "measure/lognormal.h"

static double distance_of(const lln_head *head, const char *kernel,
                          const size_t *queries, size_t count)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_lognormal out;
    expect_ok(lln_kernel_parse(kernel, &choice));
    expect_ok(lln_kernel_open(&choice, head, &attention));
    expect_ok(lln_lognormal_measure(&attention, queries, count, &out, NULL));
    lln_attention_close(&attention);
    return out.fit.ks;
}

/* T* of draw b, by the definition. */
static double draw_distance(const lln_head *head, const char *kernel,
                            const size_t *queries, size_t count, uint64_t seed,
                            size_t b)
{
    double mean, sigma_q, sigma_k;
    size_t n = head->q.rows, m = head->k.rows, d = head->q.columns;
    uint32_t blocks = (uint32_t)((n - 1) / 256 + 1);
    uint32_t first = (uint32_t)(b * (blocks + (m - 1) / 256 + 1));
    uint64_t own = lln_random_number(~seed, 1);
    own = lln_random_number(own, (uint64_t)(head->layer + 1));
    own = lln_random_number(own, (uint64_t)(head->head + 1));
    double *values = lln_array_alloc((n + m) * d, sizeof *values);
    lln_matrix_moments(head->q, &mean, &sigma_q);
    lln_matrix_moments(head->k, &mean, &sigma_k);
    expect_ok(lln_gaussian_draw(
        &(lln_gaussian_matrix){n, d, sigma_q, LLN_FLOAT64, own, first},
        values));
    expect_ok(lln_gaussian_draw(
        &(lln_gaussian_matrix){m, d, sigma_k, LLN_FLOAT64, own, first + blocks},
        values + n * d));
    lln_head drawn = *head;
    drawn.q.data = values;
    drawn.k.data = values + n * d;
    double distance = distance_of(&drawn, kernel, queries, count);
    free(values);
    return distance;
}

/* The complete result, by the definition. */
static lln_bootstrap plain(const lln_head *head, const char *kernel,
                           const size_t *queries, size_t count,
                           const lln_bootstrap_plan *plan)
{
    lln_bootstrap out = {.distance = distance_of(head, kernel, queries, count)};
    double all[1000], sum = 0;
    size_t above = 0, used = 0;
    while (out.draws < plan->draws &&
           !(plan->enough && above == plan->enough)) {
        double t = draw_distance(head, kernel, queries, count, plan->seed,
                                 out.draws++);
        above += t >= out.distance * (1 - 1e-9);
        if (!(plan->enough && above == plan->enough))
            sum += all[used++] = t;
    }
    out.p = plan->enough && above == plan->enough
                ? (double)above / (double)out.draws
                : (double)(above + 1) / (double)(out.draws + 1);
    qsort(all, used, sizeof *all, lln_compare_reals);
    size_t rank = (size_t)ceil(0.95 * (double)(used + 1));
    out.mean = used ? sum / (double)used : NAN;
    out.upper = rank <= used ? all[rank - 1] : NAN;
    return out;
}

static void expect_same(lln_bootstrap a, lln_bootstrap b)
{
    ck_assert_uint_eq(a.draws, b.draws);
    expect_relative(a.p, b.p, 0);
    expect_relative(a.distance, b.distance, 0);
    expect_relative(a.mean, b.mean, 1e-14);
    expect_relative(a.upper, b.upper, 0);
}

static const struct {
    const char *kernel;
    size_t n, m, d;
    bool causal, some;
    size_t draws, enough;
} RUNS[] = {
    {"softmax", 24, 24, 4, false, false, 25, 10},
    {"softmax", 24, 24, 4, true, false, 25, 3},
    {"softmax", 24, 9, 4, false, false, 40, 1},
    {"softmax", 1, 30, 3, false, false, 25, 10},
    {"softmax", 30, 2, 1, false, false, 19, 0},
    {"softmax", 300, 300, 2, false, true, 12, 2},
    {"lln:alpha=2:beta=1.5", 24, 24, 4, true, true, 25, 4},
    {"elu", 24, 24, 4, false, false, 18, 10},
    {"kvt:k=5", 24, 24, 4, false, false, 1, 1},
    {"tempscale:divisor=0.5", 370, 370, 8, false, false, 5, 0},
};
enum { RUN_COUNT = sizeof RUNS / sizeof *RUNS };

START_TEST(measure_plain)
{
    const size_t some[] = {2, 3, 7, 21};
    const size_t *queries = RUNS[_i].some ? some : NULL;
    lln_head head = bootstrap_head(RUNS[_i].n, RUNS[_i].m, RUNS[_i].d, 1.2, 5);
    head.rule.mask.causal = RUNS[_i].causal;
    head.layer = _i % 3 - 1;
    head.head = _i;
    const lln_bootstrap_plan plan = {RUNS[_i].draws, RUNS[_i].enough, 42, NULL,
                                     NULL};
    lln_kernel_choice choice;
    lln_bootstrap out;
    expect_ok(lln_kernel_parse(RUNS[_i].kernel, &choice));
    expect_ok(lln_bootstrap_measure(&choice, &head, queries, 4, &plan, &out));
    expect_same(out, plain(&head, RUNS[_i].kernel, queries, 4, &plan));
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_any_threads)
{
    lln_head head = bootstrap_head(40, 40, 4, 1, 9);
    lln_threads_set(1);
    lln_bootstrap one = bootstrap_softmax(&head, 60, 10, 3);
    lln_threads_set(2);
    lln_bootstrap two = bootstrap_softmax(&head, 60, 10, 3);
    expect_same(one, two);
    ck_assert(one.mean == two.mean);
    ck_assert(bootstrap_softmax(&head, 60, 10, 4).mean != one.mean);
    head.number = head.at.batch = 1; /* what else is measured */
    expect_same(one, bootstrap_softmax(&head, 60, 10, 3));
    head.head = 1;
    ck_assert(bootstrap_softmax(&head, 60, 10, 3).mean != one.mean);
    head.head = -1;
    head.layer = 2;
    ck_assert(bootstrap_softmax(&head, 60, 10, 3).mean != one.mean);
    lln_head_free(&head);
}
END_TEST

/* A head near the middle of its null distribution stops early, at the same draw
 * for all larger B. */
START_TEST(measure_any_draws)
{
    lln_head head = bootstrap_head(40, 40, 4, 1, 9);
    lln_bootstrap few = bootstrap_softmax(&head, 100, 5, 3);
    ck_assert_uint_lt(few.draws, 100);
    expect_same(few, bootstrap_softmax(&head, 99999, 5, 3));
    expect_same(few, bootstrap_softmax(&head, few.draws, 5, 3));
    lln_head_free(&head);
}
END_TEST

/* Two entries always have the distance Phi(1/sqrt 2) - 1/2, by rounding a bit
 * more or less: p is 1. */
START_TEST(measure_ties)
{
    for (uint64_t seed = 1; seed <= 20; seed++) {
        lln_head head = bootstrap_head(2, 2, 1, 1, seed);
        head.rule.mask.causal = true;
        lln_bootstrap out = bootstrap_softmax(&head, 99, 10, seed);
        expect_relative(out.distance, 0.26024993890652326, 1e-6);
        ck_assert(out.p == 1 && out.draws == 10);
        lln_head_free(&head);
    }
}
END_TEST

/* Null distribution of T: mean and its standard error, 95 % point and standard
 * deviation of 600 draws by an independent program (numpy, float64: sd with
 * divisor N - 1, rows of one key left out). Here with `draws` draws; the
 * standard error of a 95 % point of n normal values is 2.11 sd / sqrt(n). */
static const struct {
    size_t n, d;
    double sigma;
    bool causal;
    double mean, error, upper, deviation;
    size_t draws;
} NULLS[] = {
    {96, 16, 1, false, 0.01907171, 0.00014168, 0.02478238, 0.00347054, 600},
    {96, 16, 1, true, 0.01543924, 0.00014478, 0.02170543, 0.00354648, 600},
    {128, 64, 1, false, 0.00762296, 0.00006999, 0.01058904, 0.00171442, 400},
    {96, 16, 2, false, 0.02630, 0.00018, 0.0341, 0.0044, 600},
};

START_TEST(measure_null_moments)
{
    size_t n = NULLS[_i].n, d = NULLS[_i].d, draws = NULLS[_i].draws;
    lln_head head = bootstrap_head(n, n, d, 1, 77);
    bootstrap_scale(head.q, NULLS[_i].sigma);
    bootstrap_scale(head.k, 1);
    head.rule.mask.causal = NULLS[_i].causal;
    lln_bootstrap out = bootstrap_softmax(&head, draws, 0, 1);
    double both = sqrt(1 + 600. / (double)draws);
    double error = NULLS[_i].error * both;
    double upper_error = 2.11 * NULLS[_i].deviation / sqrt(600) * both;
    ck_assert_uint_eq(out.draws, draws);
    expect_absolute(out.mean, NULLS[_i].mean, 4 * error);
    expect_absolute(out.upper, NULLS[_i].upper, 4 * upper_error);
    lln_head_free(&head);
}
END_TEST

/* Under the null hypothesis p is uniform: of 300 heads, P(p <= x) is x within 4
 * standard errors for x = 0.1, 0.3, 0.5 and 0.7. Above about 0.7, a p of 10 / l
 * takes few values. */
START_TEST(measure_uniform)
{
    enum { HEADS = 300 };
    static const double at[] = {0.1, 0.3, 0.5, 0.7};
    double below[4] = {0};
    for (size_t i = 0; i < HEADS; i++) {
        lln_head head = bootstrap_head(24, 24, 8, 1, 1000 + i);
        double p = bootstrap_softmax(&head, 99, 10, i).p;
        for (size_t j = 0; j < 4; j++)
            below[j] += p <= at[j];
        lln_head_free(&head);
    }
    for (size_t j = 0; j < 4; j++)
        expect_absolute(below[j] / HEADS, at[j],
                        4 * sqrt(at[j] * (1 - at[j]) / HEADS));
}
END_TEST

/* Keys with heavy tails: tests/study_bootstrap.txt has a power of 0.56 at the
 * level 0.05. Of 60 heads within 4 standard errors. */
START_TEST(measure_power)
{
    enum { HEADS = 60 };
    double found = 0;
    for (size_t i = 0; i < HEADS; i++) {
        lln_head head = bootstrap_head(96, 96, 16, 1, 5000 + i);
        bootstrap_t5_keys(&head, (uint32_t)(i + 1));
        found += bootstrap_softmax(&head, 99, 10, i).p <= 0.05;
        lln_head_free(&head);
    }
    expect_absolute(found / HEADS, 0.5615, 4 * sqrt(0.5615 * 0.4385 / HEADS));
}
END_TEST

/* Sets alpha and beta so that alpha sigma_q = beta sigma_k = *context on the
 * drawn head; without a context no head has them. */
static lln_status adapt(const void *context, const lln_head *drawn,
                        lln_kernel_choice *choice)
{
    double mean, sigma_q, sigma_k;
    const double *side = context;
    if (!side)
        return lln_fail(LLN_ENOCONV, "none");
    lln_matrix_moments(drawn->q, &mean, &sigma_q);
    lln_matrix_moments(drawn->k, &mean, &sigma_k);
    LLN_TRY(lln_kernel_set(choice, "alpha", *side / sigma_q));
    return lln_kernel_set(choice, "beta", *side / sigma_k);
}

START_TEST(measure_adapted)
{
    const double side = 1.5;
    lln_head head = bootstrap_head(32, 32, 4, 1, 3);
    lln_kernel_choice choice;
    lln_bootstrap fixed, matched;
    lln_bootstrap_plan plan = {30, 0, 1, NULL, NULL};
    expect_ok(lln_kernel_parse("lln", &choice));
    expect_ok(adapt(&side, &head, &choice));
    expect_ok(lln_bootstrap_measure(&choice, &head, NULL, 0, &plan, &fixed));
    plan.adapt = adapt;
    plan.context = &side;
    expect_ok(lln_bootstrap_measure(&choice, &head, NULL, 0, &plan, &matched));
    ck_assert(fixed.distance == matched.distance);
    ck_assert(fixed.mean != matched.mean);
    expect_relative(matched.mean, fixed.mean, 0.05);
    /* Draws without a distance count as at least as large. */
    plan.context = NULL;
    plan.enough = 10;
    expect_ok(lln_bootstrap_measure(&choice, &head, NULL, 0, &plan, &matched));
    ck_assert(matched.p == 1 && matched.draws == 10);
    ck_assert(isnan(matched.mean) && isnan(matched.upper));
    lln_head_free(&head);
}
END_TEST

static lln_status refuse(const void *context, const lln_head *drawn,
                         lln_kernel_choice *choice)
{
    (void)drawn;
    (void)choice;
    return lln_fail(*(const lln_status *)context, "of a test");
}

START_TEST(measure_failing)
{
    static const lln_status statuses[] = {LLN_ENOMEM, LLN_EINTERRUPTED};
    lln_head head = bootstrap_head(8, 8, 4, 1, 3);
    lln_kernel_choice choice;
    lln_bootstrap out;
    expect_ok(lln_kernel_parse("softmax", &choice));
    for (size_t i = 0; i < 2; i++) {
        const lln_bootstrap_plan plan = {9, 3, 1, refuse, &statuses[i]};
        expect_status(
            lln_bootstrap_measure(&choice, &head, NULL, 0, &plan, &out),
            statuses[i]);
        ck_assert_str_eq(lln_error_message(), "of a test");
        ck_assert(isnan(out.p));
    }
    lln_head_free(&head);
}
END_TEST

/* No spread, a single key in each row, equal keys; no draws, too many. */
START_TEST(measure_undefined)
{
    static const struct {
        size_t n, m, d, draws;
        double factor;
        lln_status status;
    } cases[] = {{8, 8, 2, 9, 0, LLN_EUNDEFINED},
                 {1, 1, 1, 9, 1, LLN_EUNDEFINED},
                 {8, 1, 2, 9, 1, LLN_EUNDEFINED},
                 {8, 8, 2, 0, 1, LLN_EINVAL},
                 {8, 8, 2, SIZE_MAX / 2, 1, LLN_EINVAL},
                 {8, 8, 2, LLN_RANDOM_STREAMS, 1, LLN_EINVAL}};
    lln_head head = bootstrap_head(cases[_i].n, cases[_i].m, cases[_i].d, 1, 3);
    double *q = head.storage;
    for (size_t i = 0; i < cases[_i].n * cases[_i].d; i++)
        q[i] *= cases[_i].factor;
    lln_kernel_choice choice;
    lln_bootstrap out;
    const lln_bootstrap_plan plan = {cases[_i].draws, 10, 1, NULL, NULL};
    expect_ok(lln_kernel_parse("softmax", &choice));
    expect_status(lln_bootstrap_measure(&choice, &head, NULL, 0, &plan, &out),
                  cases[_i].status);
    ck_assert(isnan(out.p) && isnan(out.mean) && isnan(out.upper));
    ck_assert_uint_eq(out.draws, 0);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("bootstrap");
    TCase *measure = tcase_create("measure");
    tcase_set_timeout(measure, 120);
    tcase_add_loop_test(measure, measure_plain, 0, RUN_COUNT);
    tcase_add_test(measure, measure_any_threads);
    tcase_add_test(measure, measure_any_draws);
    tcase_add_test(measure, measure_ties);
    tcase_add_loop_test(measure, measure_null_moments, 0, 4);
    tcase_add_test(measure, measure_uniform);
    tcase_add_test(measure, measure_power);
    tcase_add_test(measure, measure_adapted);
    tcase_add_test(measure, measure_failing);
    tcase_add_loop_test(measure, measure_undefined, 0, 6);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
