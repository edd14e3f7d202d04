/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The fit of ln P against dense float64 programs (tests/data/cases) and
 * against a plain sort. */
#include "cases.h"
#include "core/threads.h"
#include "measure/lognormal.h"

static void check(const char *name, const char *kernel, const char *label,
                  lln_precision precision, double tolerance, double absolute)
{
    lln_head head = case_head(name, precision, false);
    lln_attention attention;
    lln_lognormal out;
    case_open(&head, kernel, &attention);
    expect_ok(lln_lognormal_measure(&attention, NULL, 0, &out, NULL));
    expect_relative(out.mean, case_scalar(name, label, "mu_all"), tolerance);
    expect_relative(out.variance, case_scalar(name, label, "D1_var_all_ddof0"),
                    tolerance);
    expect_relative(out.variance_row,
                    case_scalar(name, label, "D2_within_row_ddof1"), tolerance);
    expect_absolute(out.skewness, case_scalar(name, label, "skew_all"),
                    absolute);
    expect_absolute(out.excess_kurtosis, case_scalar(name, label, "exkurt_all"),
                    absolute);
    expect_absolute(out.fit.ks, case_scalar(name, label, "KS_D_all"), absolute);
    expect_absolute(out.fit.qq, case_scalar(name, label, "QQcorr_all"),
                    absolute);
    expect_absolute(out.fit.wasserstein,
                    case_scalar(name, label, "W1_over_sd_all"), absolute);
    ck_assert(out.resolution == 0);
    lln_attention_close(&attention);
    lln_head_free(&head);
}

START_TEST(measure_softmax_double)
{
    check(CASES[_i].name, "softmax", "softmax", LLN_FLOAT64, 1e-12, 1e-10);
}
END_TEST

START_TEST(measure_lln_double)
{
    check(CASES[_i].name, CASES[_i].lln, "lln", LLN_FLOAT64, 1e-12, 1e-10);
}
END_TEST

START_TEST(measure_single)
{
    /* KS may move by one step of the distribution function. */
    check(CASES[_i].name, "softmax", "softmax", LLN_FLOAT32, 1e-5, 1e-4);
    check(CASES[_i].name, CASES[_i].lln, "lln", LLN_FLOAT32, 1e-5, 1e-4);
}
END_TEST

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* ln P of all allowed keys, sorted; rows of one key are left out. */
static lln_sample sort_entries(lln_attention *attention)
{
    size_t n = attention->n;
    double *p = calloc(n * n, sizeof *p);
    lln_sample exact = {0};
    expect_ok(lln_attention_prepare(attention));
    expect_ok(lln_attention_rows(attention, 0, n, p));
    exact.values = calloc(n * n, sizeof(double));
    for (size_t i = attention->mask.causal; i < n; i++)
        for (size_t j = 0; j < (attention->mask.causal ? i + 1 : n); j++)
            exact.values[exact.size++] = log(p[i * n + j]);
    exact.total = (double)exact.size;
    qsort(exact.values, exact.size, sizeof(double), compare);
    free(p);
    return exact;
}

/* Quantiles to half a bin or 5e-4 of their size. */
static void check_quantiles(const lln_lognormal *out, const lln_sample *binned,
                            const lln_sample *exact)
{
    double binned_q[99], exact_q[99], normal_q[99];
    double deviation = sqrt(out->variance);
    expect_ok(lln_sample_quantiles(binned, out->sample_mean, deviation, 99,
                                   binned_q, normal_q));
    for (int i = 0; i < 99; i++) {
        double at = ((double)i + 0.5) / 99 * exact->total;
        exact_q[i] =
            (exact->values[(size_t)ceil(at) - 1] - out->mean) / deviation;
        expect_absolute(binned_q[i], exact_q[i],
                        3e-4 + 5e-4 * fmax(fabs(exact_q[i]) - 6, 0));
    }
}

/* A bin of the histogram has at least the values inside it by 6e-4 standard
 * deviations, and at most those inside it or closer than that. */
static void check_histogram(const lln_lognormal *out, const lln_sample *binned,
                            const lln_sample *exact)
{
    enum { COUNT = 24 };
    double density[COUNT], normal[COUNT], least[COUNT] = {0}, most[COUNT] = {0};
    double deviation = sqrt(out->variance);
    expect_ok(lln_sample_histogram(binned, out->sample_mean, deviation, 6,
                                   COUNT, density, normal));
    for (size_t i = 0; i < exact->size; i++) {
        double at = 2 * ((exact->values[i] - out->mean) / deviation + 6);
        int near = (int)fmax(fmin(at, COUNT), 0);
        for (int b = near - 1; b <= near + 1; b++) {
            if (b < 0 || b >= COUNT)
                continue;
            least[b] += at > b + 1.2e-3 && at < b + 1 - 1.2e-3;
            most[b] += at > b - 1.2e-3 && at < b + 1 + 1.2e-3;
        }
    }
    for (int b = 0; b < COUNT; b++) {
        double share = density[b] / 2 * exact->total;
        ck_assert(share >= least[b] - 1e-6 && share <= most[b] + 1e-6);
    }
}

/* The errors that the page states for distances found in bins. */
static void check_distances(const lln_lognormal *out, const lln_sample *exact)
{
    lln_normal_fit fit;
    ck_assert(out->resolution > 0 && out->resolution < 2.5e-4);
    expect_ok(
        lln_sample_normal_fit(exact, out->mean, sqrt(out->variance), &fit));
    ck_assert(out->fit.ks <= fit.ks + 1e-5);
    expect_absolute(out->fit.ks, fit.ks, out->resolution + 1e-5);
    expect_absolute(out->fit.wasserstein, fit.wasserstein, 3.5e-4);
    expect_absolute(out->fit.qq, fit.qq, 3e-5);
}

/* Other queries and keys, both [n x d]. */
typedef void change(size_t n, size_t d, double *q, double *k);

/* The first entries of 256 x 64 read as 400 x 16: 160000 entries, counted in
 * bins, against the sorted values. */
static void check_bins(lln_precision precision, const char *kernel, bool causal,
                       change *alter)
{
    lln_head head = case_head("B", LLN_FLOAT64, causal), tried;
    size_t n = 400, d = 16;
    head.q.rows = head.k.rows = n;
    head.q.columns = head.k.columns = d;
    if (alter)
        alter(n, d, (double *)head.q.data, (double *)head.k.data);
    tried = head;
    tried.q.precision = tried.k.precision = precision;
    float *narrow = calloc(2 * n * d, sizeof *narrow);
    lln_matrix_convert(head.q, LLN_FLOAT32, narrow);
    lln_matrix_convert(head.k, LLN_FLOAT32, narrow + n * d);
    if (precision == LLN_FLOAT32) {
        tried.q.data = narrow;
        tried.k.data = narrow + n * d;
    }
    lln_attention attention, reference;
    lln_lognormal out;
    lln_sample binned;
    case_open(&tried, kernel, &attention);
    case_open(&head, kernel, &reference);
    expect_ok(lln_lognormal_measure(&attention, NULL, 0, &out, &binned));
    lln_sample exact = sort_entries(&reference);
    ck_assert(binned.total == exact.total);
    check_distances(&out, &exact);
    check_quantiles(&out, &binned, &exact);
    check_histogram(&out, &binned, &exact);
    lln_sample_free(&binned);
    lln_sample_free(&exact);
    lln_attention_close(&attention);
    lln_attention_close(&reference);
    lln_head_free(&head);
    free(narrow);
}

START_TEST(measure_bins)
{
    check_bins(LLN_FLOAT64, "softmax", false, NULL);
    check_bins(LLN_FLOAT32, "softmax", true, NULL);
    check_bins(LLN_FLOAT32, "lln:alpha=1.5:beta=2", false, NULL);
}
END_TEST

static void half_zero(size_t n, size_t d, double *q, double *k)
{
    (void)k;
    for (size_t i = 0; i < n * d; i += 2 * d)
        memset(q + i, 0, d * sizeof *q);
}

static void few_queries(size_t n, size_t d, double *q, double *k)
{
    (void)k;
    for (size_t i = 0; i < n * d; i++)
        if (i / d % 4 > 0)
            q[i] = 0;
}

static void two_values(size_t n, size_t d, double *q, double *k)
{
    for (size_t i = 0; i < n * d; i++) {
        q[i] = 1;
        k[i] = i / d % 3 == 0;
    }
}

/* Logits in steps of 1/4. */
static void whole_numbers(size_t n, size_t d, double *q, double *k)
{
    for (size_t i = 0; i < n * d; i++) {
        q[i] = 1;
        k[i] = round(k[i]);
    }
}

static void few_huge(size_t n, size_t d, double *q, double *k)
{
    (void)q;
    for (size_t i = 0; i < n * d; i++)
        k[i] = pow(k[i], 5);
}

/* ln P of one key is 17 standard deviations away. */
static void one_key(size_t n, size_t d, double *q, double *k)
{
    for (size_t i = 0; i < n * d; i++) {
        q[i] = 0.1 + 0.01 * q[i];
        k[i] *= 0.2;
        if (i / d == 77)
            k[i] = 5;
    }
}

/* As many standard deviations as the number of entries allows. */
static void one_entry(size_t n, size_t d, double *q, double *k)
{
    for (size_t i = 0; i < n * d; i++) {
        q[i] = i / d == 5 ? 1 : 1e-6;
        k[i] = i / d == 77 ? 5 : 1e-6 * k[i];
    }
}

/* Rows at equal distances differ from the others. */
static void sixteenth_wide(size_t n, size_t d, double *q, double *k)
{
    (void)k;
    for (size_t i = 0; i < n * d; i++)
        if (i / d % 16 == 8)
            q[i] *= 20;
}

START_TEST(measure_bins_shapes)
{
    static change *const changes[] = {half_zero,     few_queries,   two_values,
                                      whole_numbers, few_huge,      one_key,
                                      one_entry,     sixteenth_wide};
    check_bins(LLN_FLOAT64, "softmax", false, changes[_i]);
    check_bins(LLN_FLOAT32, "softmax", false, changes[_i]);
    if (_i < 4)
        check_bins(LLN_FLOAT32, "lln:alpha=1:beta=1", false, changes[_i]);
}
END_TEST

START_TEST(measure_any_threads)
{
    lln_head head = case_head("B", LLN_FLOAT32, false);
    head.q.rows = head.k.rows = 1024;
    head.q.columns = head.k.columns = 16;
    lln_attention attention;
    lln_lognormal one, two;
    case_open(&head, "softmax", &attention);
    lln_threads_set(1);
    expect_ok(lln_lognormal_measure(&attention, NULL, 0, &one, NULL));
    lln_threads_set(2);
    expect_ok(lln_lognormal_measure(&attention, NULL, 0, &two, NULL));
    ck_assert_mem_eq(&one, &two, sizeof one);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Case B read as n x 16, with queries and keys of one kind. */
static lln_head constant_head(lln_precision precision, size_t n, bool causal,
                              double query, double key)
{
    lln_head head = case_head("B", precision, causal);
    head.q.rows = head.k.rows = n;
    head.q.columns = head.k.columns = 16;
    for (size_t i = 0; i < 16 * n; i++) {
        /* NaN: the data; for keys, all are the first */
        double q = isnan(query) ? lln_matrix_get(head.q, 0, i) : query;
        double k = isnan(key) ? lln_matrix_get(head.k, 0, i % 16) : key;
        if (precision == LLN_FLOAT32) {
            ((float *)head.q.data)[i] = (float)q;
            ((float *)head.k.data)[i] = (float)k;
        } else {
            ((double *)head.q.data)[i] = q;
            ((double *)head.k.data)[i] = k;
        }
    }
    return head;
}

static void check_uniform(const lln_head *head, const char *kernel)
{
    lln_attention attention;
    lln_lognormal out;
    lln_sample sample;
    double first[3], second[3];
    case_open(head, kernel, &attention);
    expect_status(lln_lognormal_measure(&attention, NULL, 0, &out, &sample),
                  LLN_EUNDEFINED);
    expect_relative(out.mean, -log((double)head->k.rows), 1e-14);
    ck_assert(out.variance == 0 && isnan(out.skewness));
    ck_assert(isnan(out.excess_kurtosis) && isnan(out.fit.ks));
    ck_assert(isnan(out.fit.wasserstein) && isnan(out.fit.qq));
    expect_absolute(out.variance_row, 0, 0);
    expect_status(lln_lognormal_histogram(&out, &sample, 6, 3, first, second),
                  LLN_EUNDEFINED);
    expect_status(lln_lognormal_quantiles(&out, &sample, 3, first, second),
                  LLN_EUNDEFINED);
    lln_sample_free(&sample);
    lln_attention_close(&attention);
}

/* All keys are equal: P_ij = 1/n, which float32 products reach only nearly. */
START_TEST(measure_constant)
{
    static const char *const kernels[] = {"softmax",
                                          "lln:alpha=1:beta=1",
                                          "tempscale:divisor=3",
                                          "performer-relu-det",
                                          "performer",
                                          "lln:alpha=3:beta=2"};
    static const double queries[] = {NAN, NAN, NAN, -3.7, NAN, 0};
    static const double keys[] = {14.3, NAN, 1e-40, 14.3, 1e6, 0};
    for (int k = 0; k < 6; k++)
        for (int precision = LLN_FLOAT32; precision <= LLN_FLOAT64; precision++)
            for (size_t n = 77; n < 500; n += 300) {
                if (strncmp(kernels[k], "perf", 4) == 0 && keys[_i] == 1e6)
                    continue; /* of no practical use as attention */
                lln_head head = constant_head((lln_precision)precision, n,
                                              false, queries[_i], keys[_i]);
                check_uniform(&head, kernels[k]);
                lln_head_free(&head);
            }
}
END_TEST

/* P_ij = 1/i for i keys: the moments of -ln i, weighted with i. Rows of one key
 * are left out, and there is no variance within rows. */
START_TEST(measure_constant_causal)
{
    static const char *const kernels[] = {"softmax", "lln:alpha=1:beta=1"};
    for (int k = 0; k < 4; k++) {
        lln_head head = constant_head(k / 2, 100, true, NAN, 14.3);
        lln_attention attention;
        lln_lognormal out;
        double n = 0, mean = 0, m2 = 0, m3 = 0;
        for (int i = 2; i <= 100; i++)
            n += i, mean -= i * log(i);
        mean /= n;
        for (int i = 2; i <= 100; i++) {
            m2 += i * pow(-log(i) - mean, 2);
            m3 += i * pow(-log(i) - mean, 3);
        }
        case_open(&head, kernels[k % 2], &attention);
        expect_ok(lln_lognormal_measure(&attention, NULL, 0, &out, NULL));
        expect_relative(out.mean, mean, 1e-14);
        expect_relative(out.variance, m2 / n, 1e-13);
        expect_relative(out.skewness, m3 / n / pow(m2 / n, 1.5), 1e-12);
        expect_absolute(out.variance_row, 0, 0);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

/* The keys differ far less than they are large: float32 products would lose the
 * differences, and must agree with float64 ones of the same values. */
START_TEST(measure_offset)
{
    lln_lognormal out[2];
    double step = pow(10, -_i);
    for (int i = 0; i < 2; i++) {
        lln_head head = case_head("A", LLN_FLOAT64, false), tried;
        float narrow[2 * 64 * 8];
        double *k = (double *)head.k.data;
        for (size_t j = 0; j < 64 * 8; j++)
            k[j] = (double)(float)(14.3 + step * k[j]);
        lln_matrix_convert(head.q, LLN_FLOAT32, narrow);
        lln_matrix_convert(head.k, LLN_FLOAT32, narrow + 64 * 8);
        tried = head;
        if (i == 0) {
            tried.q = (lln_matrix){LLN_FLOAT32, 64, 8, narrow};
            tried.k = (lln_matrix){LLN_FLOAT32, 64, 8, narrow + 64 * 8};
        } else {
            for (size_t j = 0; j < 64 * 8; j++)
                ((double *)head.q.data)[j] = (double)narrow[j];
        }
        lln_attention attention;
        case_open(&tried, "softmax", &attention);
        expect_ok(lln_lognormal_measure(&attention, NULL, 0, &out[i], NULL));
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
    expect_relative(out[0].variance, out[1].variance, 1e-5);
    expect_relative(out[0].variance_row, out[1].variance_row, 1e-5);
    expect_absolute(out[0].skewness, out[1].skewness, 1e-4);
    expect_absolute(out[0].fit.ks, out[1].fit.ks, 1e-3);
    expect_absolute(out[0].fit.wasserstein, out[1].fit.wasserstein, 1e-4);
}
END_TEST

/* For logits that go to 0, ln P is a linear function: its shape has a limit,
 * and its variance is proportional to the square. Keys times 1e-6 and 1e-30. */
START_TEST(measure_small)
{
    lln_lognormal out[2];
    for (int i = 0; i < 2; i++) {
        lln_head head = case_head("B", LLN_FLOAT32, false);
        for (size_t j = 0; j < 256 * 64; j++)
            ((float *)head.k.data)[j] *= i == 0 ? 1e-6F : 1e-30F;
        lln_attention attention;
        case_open(&head, "softmax", &attention);
        expect_ok(lln_lognormal_measure(&attention, NULL, 0, &out[i], NULL));
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
    expect_relative(out[1].variance, out[0].variance * 1e-48, 1e-5);
    expect_relative(out[1].variance_row, out[0].variance_row * 1e-48, 1e-5);
    expect_absolute(out[1].skewness, out[0].skewness, 1e-5);
    expect_absolute(out[1].excess_kurtosis, out[0].excess_kurtosis, 1e-5);
    expect_absolute(out[1].fit.ks, out[0].fit.ks, 2e-5);
    expect_absolute(out[1].fit.wasserstein, out[0].fit.wasserstein, 1e-5);
    expect_absolute(out[1].fit.qq, out[0].fit.qq, 1e-6);
}
END_TEST

START_TEST(pool_moments)
{
    lln_head head = case_head("C", LLN_FLOAT64, _i);
    lln_attention attention;
    lln_lognormal all, pooled;
    lln_row *rows;
    size_t n = 0;
    case_open(&head, "lln:alpha=0.8:beta=0.9", &attention);
    expect_ok(lln_lognormal_measure(&attention, NULL, 128, &all, NULL));
    expect_ok(lln_rows_alloc(&attention, NULL, &n, &rows));
    expect_ok(lln_rows_measure(&attention, NULL, n, LLN_ROW_MOMENTS, rows));
    expect_ok(lln_lognormal_pool(&attention, rows, n, &pooled));
    expect_relative(pooled.variance, all.variance, 1e-13);
    expect_relative(pooled.skewness, all.skewness, 1e-12);
    expect_relative(pooled.excess_kurtosis, all.excess_kurtosis, 1e-12);
    expect_status(lln_lognormal_pool(&attention, rows, 0, &pooled),
                  LLN_EUNDEFINED);
    free(rows);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_one_key)
{
    lln_head head = case_head("A", LLN_FLOAT64, true);
    head.q.rows = head.k.rows = 1;
    lln_attention attention;
    lln_lognormal out;
    case_open(&head, "softmax", &attention);
    expect_status(lln_lognormal_measure(&attention, NULL, 0, &out, NULL),
                  LLN_EUNDEFINED);
    ck_assert(isnan(out.mean) && isnan(out.variance_row));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("lognormal");
    TCase *measure = tcase_create("measure");
    tcase_set_timeout(measure, 120);
    tcase_add_loop_test(measure, measure_softmax_double, 0, CASE_COUNT);
    tcase_add_loop_test(measure, measure_lln_double, 0, CASE_COUNT);
    tcase_add_loop_test(measure, measure_single, 0, 3);
    tcase_add_test(measure, measure_bins);
    tcase_add_loop_test(measure, measure_bins_shapes, 0, 8);
    tcase_add_test(measure, measure_any_threads);
    tcase_add_loop_test(measure, measure_constant, 0, 6);
    tcase_add_test(measure, measure_constant_causal);
    tcase_add_loop_test(measure, measure_offset, 0, 6);
    tcase_add_test(measure, measure_small);
    tcase_add_test(measure, measure_one_key);
    tcase_add_loop_test(measure, pool_moments, 0, 2);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
