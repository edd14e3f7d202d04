/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The streaming pass against rows that a dense float64 program computed
 * (tests/data/cases), against a slow dense version, and against itself on other
 * numbers of threads. */
#include "cases.h"
#include "core/threads.h"
#include "measure/rows.h"

/* Row statistics of a reference file: index, mean ln P, variance, entropy,
 * sum P^2, max P, argmax. */
static void check_rows(const char *name, const char *attention_name,
                       const lln_row *rows, size_t n, double tolerance)
{
    char path[128], line[512];
    snprintf(path, sizeof path, "tests/data/cases/case_%s_%s_rows.csv", name,
             attention_name);
    FILE *file = fopen(path, "r");
    ck_assert(file && fgets(line, sizeof line, file));
    size_t i = 0;
    for (; fgets(line, sizeof line, file); i++) {
        double expected[6];
        char *at = strchr(line, ',');
        for (int c = 0; c < 5; c++)
            expected[c] = strtod(at + 1, &at);
        expect_relative(rows[i].scores.mean - rows[i].log_norm, expected[0],
                        tolerance);
        expect_relative(rows[i].scores.m2 / (double)(rows[i].keys - 1),
                        expected[1], tolerance);
        /* In case E the file itself has lost digits by cancellation in ln P
         * near 0; see measure_tiny_entropy. */
        expect_absolute(rows[i].entropy, expected[2],
                        tolerance * expected[2] + 5e-14);
        expect_relative(rows[i].sum_squares, expected[3], tolerance);
        expect_relative(rows[i].top, expected[4], tolerance);
    }
    fclose(file);
    ck_assert_uint_eq(i, n);
}

static void run_case(const char *name, const char *kernel, const char *label,
                     lln_precision precision, double tolerance)
{
    lln_head head = case_head(name, precision, false);
    lln_row *rows = calloc(head.q.rows, sizeof *rows);
    lln_attention attention;
    case_open(&head, kernel, &attention);
    expect_ok(lln_rows_measure(&attention, NULL, head.q.rows,
                               LLN_ROW_ENTROPY | LLN_ROW_MOMENTS, rows));
    check_rows(name, label, rows, head.q.rows, tolerance);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(rows);
}

START_TEST(measure_softmax_double)
{
    run_case(CASES[_i].name, "softmax", "softmax", LLN_FLOAT64, 1e-12);
}
END_TEST

START_TEST(measure_lln_double)
{
    run_case(CASES[_i].name, CASES[_i].lln, "lln", LLN_FLOAT64, 1e-12);
}
END_TEST

START_TEST(measure_softmax_single)
{
    if (strcmp(CASES[_i].name, "E") != 0) /* float64 input, rounded: below */
        run_case(CASES[_i].name, "softmax", "softmax", LLN_FLOAT32, 1e-5);
}
END_TEST

START_TEST(measure_lln_single)
{
    if (strcmp(CASES[_i].name, "E") != 0)
        run_case(CASES[_i].name, CASES[_i].lln, "lln", LLN_FLOAT32, 1e-5);
}
END_TEST

/* Rows that are nearly one-hot. mpmath with 400 digits: ln Z + sum P (max - s)
 * from the float64 inputs. */
START_TEST(measure_tiny_entropy)
{
    static const double expected[] = {
        0.00095689664044487521, 1.4989861436140788e-7, 3.5550228537098369e-64,
        5.0881030020647263e-12};
    lln_head head = case_head("E", LLN_FLOAT64, false);
    lln_attention attention;
    lln_row rows[4];
    case_open(&head, "softmax", &attention);
    expect_ok(lln_rows_measure(&attention, NULL, 4, LLN_ROW_ENTROPY, rows));
    for (int i = 0; i < 4; i++)
        expect_relative(rows[i].entropy, expected[i], 1e-12);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Fourth and third moments, masks and extreme scores against dense rows. */
static void check_against_dense(lln_head *head, const char *kernel)
{
    size_t n = head->q.rows, m = head->k.rows;
    lln_row *rows = calloc(n, sizeof *rows);
    double *p = calloc(n * m, sizeof *p);
    lln_attention attention;
    case_open(head, kernel, &attention);
    expect_ok(lln_rows_measure(&attention, NULL, n,
                               LLN_ROW_ENTROPY | LLN_ROW_MOMENTS, rows));
    expect_ok(lln_attention_rows(&attention, 0, n, p));
    for (size_t i = 0; i < n; i++) {
        double mean = 0, m3 = 0, m4 = 0, entropy = 0, sum = 0;
        size_t first, end;
        lln_mask_keys(head->rule.mask, n, m, i, &first, &end);
        ck_assert_uint_eq(rows[i].keys, end - first);
        for (size_t j = first; j < end; j++) {
            sum += p[i * m + j];
            mean += log(p[i * m + j]) / (double)(end - first);
            entropy -= p[i * m + j] * log(p[i * m + j]);
        }
        for (size_t j = first; j < end; j++) {
            m3 += pow(log(p[i * m + j]) - mean, 3);
            m4 += pow(log(p[i * m + j]) - mean, 4);
        }
        expect_absolute(sum, 1, 1e-13);
        expect_absolute(rows[i].scores.mean - rows[i].log_norm, mean, 1e-11);
        expect_absolute(rows[i].scores.m3, m3, 1e-10 * (1 + m4));
        expect_absolute(rows[i].scores.m4, m4, 1e-10 * (1 + m4));
        expect_absolute(rows[i].entropy, entropy, 1e-11);
    }
    lln_attention_close(&attention);
    free(rows);
    free(p);
}

START_TEST(measure_causal)
{
    lln_head head = case_head("B", LLN_FLOAT64, true);
    check_against_dense(&head, "softmax");
    check_against_dense(&head, "lln:alpha=1.5:beta=2");
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_fewer_queries)
{
    lln_head head = case_head("B", LLN_FLOAT64, true);
    head.q.rows = 100;
    check_against_dense(&head, "softmax");
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_windows)
{
    static const size_t windows[] = {1, 2, 50, 256};
    lln_head head = case_head("B", LLN_FLOAT64, _i % 2);
    head.rule.mask.window = windows[_i / 2];
    check_against_dense(&head, "softmax");
    check_against_dense(&head, "lln:alpha=1.5:beta=2");
    head.q.rows = 100;
    check_against_dense(&head, "softmax");
    lln_head_free(&head);
}
END_TEST

/* More keys than one tile holds: 256 x 64 read as 2048 x 8. */
START_TEST(measure_many_tiles)
{
    lln_head head = case_head("B", LLN_FLOAT64, _i);
    head.q.rows = head.k.rows = 2048;
    head.q.columns = head.k.columns = 8;
    check_against_dense(&head, "softmax");
    check_against_dense(&head, "lln:alpha=2:beta=1.5");
    head.rule.mask.window = 700;
    check_against_dense(&head, "softmax");
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_causal_entropy)
{
    lln_head head = case_head("A", LLN_FLOAT64, true);
    lln_row rows[64];
    lln_attention attention;
    case_open(&head, "softmax", &attention);
    expect_ok(lln_rows_measure(&attention, NULL, 64, LLN_ROW_ENTROPY, rows));
    double sum = 0;
    for (size_t i = 0; i < 64; i++)
        sum += rows[i].entropy;
    expect_relative(sum / 64,
                    case_scalar("A", "softmax_causal", "mean_entropy_nats"),
                    1e-12);
    ck_assert(isnan(rows[3].scores.mean));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Row statistics of LLN by log-sum-exp in long double. */
static void slow_lln_row(const lln_head *head, double alpha, double beta,
                         size_t i, double *entropy, double *variance)
{
    size_t m = head->k.rows, d = head->k.columns;
    long double *s = calloc(m, sizeof *s), max = -INFINITY, mean = 0;
    long double sum = 0, slope = 0, squares = 0;
    for (size_t j = 0; j < m; j++) {
        long double top = -INFINITY, inner = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t l = 0; l < d; l++) {
                long double x =
                    (long double)alpha * lln_matrix_get(head->q, i, l) +
                    (long double)beta * lln_matrix_get(head->k, j, l);
                top = pass == 0 && x > top ? x : top;
                inner += pass == 1 ? expl(x - top) : 0;
            }
        s[j] = top + logl(inner);
        max = s[j] > max ? s[j] : max;
        mean += s[j] / (long double)m;
    }
    for (size_t j = 0; j < m; j++) {
        long double w = expl(s[j] - max);
        sum += w;
        slope += (max - s[j]) * w;
        squares += (s[j] - mean) * (s[j] - mean);
    }
    *entropy = (double)(logl(sum) + slope / sum);
    *variance = (double)(squares / (long double)(m - 1));
    free(s);
}

/* The float32 and float64 ranges of LLN, and log-sum-exp beyond them, on both
 * sides of each limit: beta k of case A has a range of 5.5 beta, so that
 * float32 ends at beta = 13.6 and float64 at 125; with d = 1, the range is 5
 * beta. */
START_TEST(measure_lln_ranges)
{
    static const double betas[] = {9, 13, 14, 16, 20, 40, 120, 130, 150, 300};
    for (int one = 0; one < 2; one++) {
        lln_head head = case_head("A", LLN_FLOAT32, false);
        if (one)
            head.q.columns = head.k.columns = 1;
        char kernel[64];
        snprintf(kernel, sizeof kernel, "lln:alpha=7:beta=%g", betas[_i]);
        lln_attention attention;
        lln_row rows[64];
        case_open(&head, kernel, &attention);
        expect_ok(lln_rows_measure(&attention, NULL, 64,
                                   LLN_ROW_ENTROPY | LLN_ROW_MOMENTS, rows));
        for (size_t r = 0; r < 64; r++) {
            double entropy, variance;
            slow_lln_row(&head, 7, betas[_i], r, &entropy, &variance);
            expect_absolute(rows[r].entropy, entropy, 3e-6);
            expect_relative(rows[r].scores.m2 / 63, variance, 3e-6);
        }
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

START_TEST(measure_row_list)
{
    lln_head head = case_head("B", LLN_FLOAT32, false);
    lln_attention attention;
    lln_row all[256], some[3];
    size_t list[3] = {200, 3, 97};
    case_open(&head, "softmax", &attention);
    expect_ok(lln_rows_measure(&attention, NULL, 256, LLN_ROW_ENTROPY, all));
    expect_ok(lln_rows_measure(&attention, list, 3, LLN_ROW_ENTROPY, some));
    for (int i = 0; i < 3; i++)
        expect_relative(some[i].entropy, all[list[i]].entropy, 1e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_no_such_rows)
{
    lln_head head = case_head("A", LLN_FLOAT32, false);
    lln_attention attention;
    lln_row rows[65];
    const size_t list[] = {63, 64};
    case_open(&head, "softmax", &attention);
    expect_ok(lln_rows_measure(&attention, list, 1, LLN_ROW_ENTROPY, rows));
    expect_status(lln_rows_measure(&attention, list, 2, LLN_ROW_ENTROPY, rows),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "row 64, expected one below 64");
    expect_status(lln_rows_measure(&attention, NULL, 65, LLN_ROW_ENTROPY, rows),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "65 rows, expected at most 64");
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_any_threads)
{
    lln_head head = case_head("B", LLN_FLOAT32, false);
    lln_attention attention;
    lln_row one[256], two[256];
    case_open(&head, "softmax", &attention);
    unsigned what = LLN_ROW_ENTROPY | LLN_ROW_MOMENTS;
    lln_threads_set(1);
    expect_ok(lln_rows_measure(&attention, NULL, 256, what, one));
    lln_threads_set(2);
    expect_ok(lln_rows_measure(&attention, NULL, 256, what, two));
    ck_assert_mem_eq(one, two, sizeof one);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_interrupted)
{
    lln_head head = case_head("A", LLN_FLOAT32, false);
    lln_attention attention;
    lln_row rows[64];
    case_open(&head, "softmax", &attention);
    lln_stop_requested = 1;
    expect_status(lln_rows_measure(&attention, NULL, 64, LLN_ROW_ENTROPY, rows),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(alloc_counts)
{
    lln_attention attention = {.n = 5, .m = 7};
    const size_t listed[] = {4, 1, 2};
    lln_row *rows;
    size_t count = 0;
    expect_ok(lln_rows_alloc(&attention, NULL, &count, &rows));
    ck_assert(count == 5 && rows[4].keys == 0);
    free(rows);
    count = 3;
    expect_ok(lln_rows_alloc(&attention, listed, &count, &rows));
    ck_assert(count == 3 && rows[2].keys == 0);
    free(rows);
    count = 0;
    expect_status(lln_rows_alloc(&attention, listed, &count, &rows),
                  LLN_EINVAL);
    attention.n = 0;
    count = 3;
    expect_status(lln_rows_alloc(&attention, NULL, &count, &rows), LLN_EINVAL);
    count = (size_t)-1 / 2;
    expect_status(lln_rows_alloc(&attention, listed, &count, &rows),
                  LLN_ENOMEM);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("rows");
    TCase *measure = tcase_create("measure");
    tcase_set_timeout(measure, 120);
    tcase_add_loop_test(measure, measure_softmax_double, 0, CASE_COUNT);
    tcase_add_loop_test(measure, measure_lln_double, 0, CASE_COUNT);
    tcase_add_loop_test(measure, measure_softmax_single, 0, CASE_COUNT);
    tcase_add_loop_test(measure, measure_lln_single, 0, CASE_COUNT);
    tcase_add_loop_test(measure, measure_many_tiles, 0, 2);
    tcase_add_test(measure, measure_causal_entropy);
    tcase_add_test(measure, measure_tiny_entropy);
    tcase_add_test(measure, measure_causal);
    tcase_add_loop_test(measure, measure_windows, 0, 8);
    tcase_add_test(measure, measure_fewer_queries);
    tcase_add_loop_test(measure, measure_lln_ranges, 0, 10);
    tcase_add_test(measure, measure_row_list);
    tcase_add_test(measure, measure_no_such_rows);
    tcase_add_test(measure, measure_any_threads);
    tcase_add_test(measure, measure_interrupted);
    suite_add_tcase(suite, measure);
    TCase *alloc = tcase_create("lln_rows_alloc");
    tcase_add_test(alloc, alloc_counts);
    suite_add_tcase(suite, alloc);
    return run_suite(suite);
}
