/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fidelity of attention to a reference: heads against a slow version. */
#include "measure/fidelity.h"

#include "cases.h"
#include "core/threads.h"

enum { N = 256, MOST = N * N, FIGURES = sizeof(lln_fidelity) / sizeof(double) };

/* The slow version: P and R with all entries, ranks by counting. */
static double dense_p[MOST], dense_r[MOST], dense_v[N * 4];

/* Whether entry j is among the `top` largest. */
static bool is_top(const double *x, size_t m, size_t top, size_t j)
{
    size_t before = 0;
    for (size_t l = 0; l < m; l++)
        before += x[l] > x[j] || (x[l] == x[j] && l < j);
    return before < top;
}

static void slow_order(const double *p, const double *r, size_t m, size_t top,
                       double *overlap, double *order)
{
    double common = 0, pairs = 0, sign = 0;
    bool is_key[N];
    size_t keys = 0;
    for (size_t j = 0; j < m; j++)
        keys += is_key[j] = r[j] > 0 && is_top(r, m, top, j);
    for (size_t j = 0; j < m; j++) {
        common += is_key[j] && p[j] > 0 && is_top(p, m, top, j);
        for (size_t l = 0; l < m; l++)
            if (is_key[j] && is_key[l] && r[l] < r[j]) {
                pairs++;
                sign += p[j] > p[l] ? 1 : p[j] < p[l] ? -1 : 0;
            }
    }
    *overlap = common / (double)keys;
    *order = pairs > 0 ? sign / pairs : NAN;
}

/* Adds what a row contributes to the fields that row_pair.h defines. */
static void add_distances(const double *p, const double *r, size_t m,
                          size_t top, size_t n, lln_fidelity *f)
{
    double of_p = 0, of_r = 0, pr = 0, pp = 0, rr = 0, js = 0, root = 0;
    for (size_t j = 0; j < m; j++) {
        of_p += p[j];
        of_r += r[j];
        pr += p[j] * r[j];
        pp += p[j] * p[j];
        rr += r[j] * r[j];
        if (p[j] > 0 && is_top(p, m, top, j))
            f->transfer_recall += r[j] / (double)n;
    }
    for (size_t j = 0; j < m; j++) {
        double a = p[j] / of_p, b = r[j] / of_r, middle = (a + b) / 2;
        js += a > 0 ? a / 2 * log(a / middle) : 0;
        js += b > 0 ? b / 2 * log(b / middle) : 0;
        root += pow(sqrt(a) - sqrt(b), 2) / 2;
    }
    f->js += js / (double)n;
    f->hellinger += sqrt(root) / (double)n;
    f->row_cosine += pr / sqrt(pp * rr) / (double)n;
}

/* Of P and R [n x m], both without rows of zeros. The logarithm of a negative
 * entry is NaN. */
static lln_fidelity slow_fidelity(size_t n, size_t m, bool causal, size_t top)
{
    double x = 0, y = 0, entries_x = 0, entries_y = 0, ordered = 0;
    lln_fidelity f = {.row_sum_min = INFINITY};
    for (size_t i = 0; i < n; i++) {
        const double *p = dense_p + i * m, *r = dense_r + i * m;
        size_t keys = causal ? i + 1 + m - n : m;
        double sum = 0, pv[4] = {0}, rv[4] = {0}, dot = 0, pp = 0, rr = 0;
        double overlap, order;
        for (size_t j = 0; j < keys; j++) {
            sum += p[j];
            if (r[j] > 0)
                f.divergence += r[j] * log(r[j] / p[j]) / (double)n;
            f.divergence += (p[j] - r[j]) / (double)n;
            f.lost_mass += p[j] > 0 ? 0 : r[j] / (double)n;
            f.variation += fabs(p[j] - r[j]) / 2 / (double)n;
            entries_x += pow(p[j] - r[j], 2);
            entries_y += r[j] * r[j];
            for (size_t c = 0; c < 4; c++) {
                pv[c] += p[j] * dense_v[j * 4 + c];
                rv[c] += r[j] * dense_v[j * 4 + c];
            }
        }
        for (size_t c = 0; c < 4; c++) {
            x += pow(pv[c] - rv[c], 2);
            y += rv[c] * rv[c];
            dot += pv[c] * rv[c];
            pp += pv[c] * pv[c];
            rr += rv[c] * rv[c];
        }
        f.cosine += dot / sqrt(pp * rr) / (double)n;
        add_distances(p, r, m, top, n, &f);
        f.row_sum_min = fmin(f.row_sum_min, sum);
        f.row_sum_error += fabs(1 - sum) / (double)n;
        slow_order(p, r, m, top, &overlap, &order);
        f.top_overlap += overlap / (double)n;
        f.rank_correlation += isnan(order) ? 0 : order;
        ordered += !isnan(order);
    }
    f.relative_error = sqrt(x / y);
    f.matrix_error = sqrt(entries_x / entries_y);
    f.rank_correlation /= ordered;
    return f;
}

/* The first n queries of a case, with values of mean 0. */
static lln_head open_pair(const char *name, const char *kernel, bool causal,
                          size_t n, lln_attention pair[2])
{
    lln_head head = case_head(name, LLN_FLOAT64, causal);
    head.q.rows = n;
    case_open(&head, kernel, &pair[0]);
    case_open(&head, "softmax", &pair[1]);
    for (size_t i = 0; i < head.k.rows * 4; i++)
        dense_v[i] = sin((double)(i * i));
    return head;
}

static void close_pair(lln_head *head, lln_attention pair[2])
{
    lln_attention_close(&pair[0]);
    lln_attention_close(&pair[1]);
    lln_head_free(head);
}

static lln_fidelity_options options_of(const lln_head *head, size_t top)
{
    return (lln_fidelity_options){
        .values = {LLN_FLOAT64, head->k.rows, 4, dense_v}, .top = top};
}

static void expect_fidelity(const lln_fidelity *f, const lln_fidelity *slow)
{
    expect_relative(f->relative_error, slow->relative_error, 1e-12);
    expect_relative(f->matrix_error, slow->matrix_error, 1e-12);
    expect_absolute(f->cosine, slow->cosine, 1e-13);
    expect_relative(f->divergence, slow->divergence, 1e-12);
    expect_absolute(f->lost_mass, slow->lost_mass, 1e-13);
    expect_relative(f->variation, slow->variation, 1e-12);
    expect_relative(f->top_overlap, slow->top_overlap, 1e-12);
    expect_absolute(f->rank_correlation, slow->rank_correlation, 1e-13);
    expect_relative(f->row_sum_min, slow->row_sum_min, 1e-14);
    expect_relative(f->js, slow->js, 1e-12);
    expect_relative(f->hellinger, slow->hellinger, 1e-12);
    expect_relative(f->row_cosine, slow->row_cosine, 1e-12);
    expect_relative(f->transfer_recall, slow->transfer_recall, 1e-12);
    expect_absolute(f->row_sum_error, slow->row_sum_error, 1e-13);
    ck_assert(f->row_sum_error <= f->row_sum_error_largest);
}

/* Both matrices in full, for slow_fidelity. */
static lln_fidelity measure_pair(lln_attention pair[2],
                                 const lln_fidelity_options *options)
{
    lln_fidelity f;
    expect_ok(lln_fidelity_measure(&pair[0], &pair[1], options, &f, NULL));
    expect_ok(lln_attention_rows(&pair[0], 0, pair[0].n, dense_p));
    expect_ok(lln_attention_rows(&pair[1], 0, pair[1].n, dense_r));
    return f;
}

/* Cases A, B, C, E causal and not, all their queries and the first 45. */
START_TEST(fidelity_slow)
{
    static const size_t rows[] = {64, 256, 128, 48};
    lln_attention pair[2];
    bool causal = _i & 1;
    size_t n = _i & 2 ? 45 : rows[_i / 4], top = _i & 2 ? 7 : 10;
    lln_head head =
        open_pair(CASES[_i / 4].name, CASES[_i / 4].lln, causal, n, pair);
    lln_fidelity_options options = options_of(&head, top);
    lln_fidelity f = measure_pair(pair, &options);
    lln_fidelity slow = slow_fidelity(n, head.k.rows, causal, top);
    expect_fidelity(&f, &slow);
    ck_assert(f.lost_mass == 0 && f.divergence > 0.01);
    close_pair(&head, pair);
}
END_TEST

/* Zeros where softmax has none, negative entries, rows that do not sum to 1:
 * divergences that are infinite, missing and finite. */
START_TEST(fidelity_slow_kernels)
{
    static const char *const kernels[] = {"blockdiag:block=24", "kvt:k=7",
                                          "linformer:k=16", "flowformer",
                                          "taylor2"};
    lln_attention pair[2];
    lln_head head = open_pair("B", kernels[_i], false, N, pair);
    lln_fidelity_options options = options_of(&head, 10);
    lln_fidelity f = measure_pair(pair, &options);
    lln_fidelity slow = slow_fidelity(N, N, false, 10);
    expect_fidelity(&f, &slow);
    ck_assert_int_eq(isinf(f.divergence), _i < 2);
    ck_assert_int_eq(isnan(f.divergence), _i == 2);
    ck_assert((f.lost_mass > 0) == (_i < 3));
    ck_assert((f.row_sum_error > 0.1) == (_i == 2 || _i == 3));
    close_pair(&head, pair);
}
END_TEST

/* The same bits from one thread and from two. */
START_TEST(fidelity_threads)
{
    lln_attention pair[2];
    lln_fidelity one, two;
    lln_head head = open_pair("B", CASES[1].lln, true, N, pair);
    lln_fidelity_options options = options_of(&head, 10);
    lln_threads_set(1);
    expect_ok(lln_fidelity_measure(&pair[0], &pair[1], &options, &one, NULL));
    lln_threads_set(0);
    expect_ok(lln_fidelity_measure(&pair[0], &pair[1], &options, &two, NULL));
    ck_assert_mem_eq(&one, &two, sizeof one);
    close_pair(&head, pair);
}
END_TEST

/* Several kernels and one reference: the same bits in any order. By scores in
 * both precisions, by entries, and with other masks. */
START_TEST(fidelity_several)
{
    static const char *const kernels[] = {"elu",     "blockdiag:block=24",
                                          "softmax", "lln:alpha=1:beta=1",
                                          "taylor2", "kvt:k=7"};
    enum { COUNT = sizeof kernels / sizeof *kernels };
    static const char *const references[] = {"softmax", "elu", "kvt:k=7"};
    size_t rows[] = {3, 4, 70, 255};
    lln_precision precision = _i & 1 ? LLN_FLOAT32 : LLN_FLOAT64;
    lln_head head = case_head("B", precision, false);
    lln_attention reference, other;
    lln_fidelity_reference *opened;
    lln_fidelity f, alone;
    for (size_t i = 0; i < head.k.rows * 4; i++)
        dense_v[i] = sin((double)(i * i));
    lln_fidelity_options options = options_of(&head, 10);
    options.queries = _i & 2 ? rows : NULL;
    options.count = 4;
    case_open(&head, references[_i / 4], &reference);
    expect_ok(lln_fidelity_open(&reference, &options, &opened));
    for (size_t k = 0; k < COUNT; k++) {
        case_open(&head, kernels[k], &other);
        expect_ok(lln_fidelity_compare(opened, &other, &f, NULL));
        expect_ok(
            lln_fidelity_measure(&other, &reference, &options, &alone, NULL));
        ck_assert_mem_eq(&f, &alone, sizeof f);
        lln_attention_close(&other);
    }
    lln_fidelity_close(opened);
    lln_attention_close(&reference);
    lln_head_free(&head);
}
END_TEST

/* Comparisons in float32 against those of the same head in float64. */
START_TEST(fidelity_precisions)
{
    static const char *const kernels[] = {"lln:alpha=1:beta=1", "elu", "relu",
                                          "tempscale:divisor=2", "taylor2"};
    lln_fidelity f[2];
    bool causal = _i & 1;
    for (int single = 0; single < 2; single++) {
        lln_head head =
            case_head("B", single ? LLN_FLOAT32 : LLN_FLOAT64, causal);
        lln_attention pair[2];
        case_open(&head, kernels[_i / 2], &pair[0]);
        case_open(&head, "softmax", &pair[1]);
        for (size_t i = 0; i < head.k.rows * 4; i++)
            dense_v[i] = sin((double)(i * i));
        lln_fidelity_options options = options_of(&head, 10);
        expect_ok(lln_fidelity_measure(&pair[0], &pair[1], &options, &f[single],
                                       NULL));
        close_pair(&head, pair);
    }
    const double *x = (const double *)&f[0], *y = (const double *)&f[1];
    for (size_t k = 0; k < FIGURES; k++)
        if (!(isnan(x[k]) && isnan(y[k])) && x[k] != y[k])
            expect_absolute(y[k], x[k], 2e-5 * fmax(1, fabs(x[k])));
}
END_TEST

/* A list of all rows gives the same as no list. A head compared with itself
 * loses nothing. */
START_TEST(fidelity_list)
{
    lln_attention pair[2];
    lln_fidelity all, listed, error;
    size_t rows[N];
    lln_head head = open_pair("B", CASES[1].lln, false, N, pair);
    lln_fidelity_options options = options_of(&head, 10);
    expect_ok(lln_fidelity_measure(&pair[0], &pair[1], &options, &all, NULL));
    for (size_t i = 0; i < N; i++)
        rows[i] = i;
    options.queries = rows;
    options.count = N;
    expect_ok(
        lln_fidelity_measure(&pair[0], &pair[1], &options, &listed, &error));
    ck_assert_mem_eq(&all, &listed, sizeof all);
    ck_assert(error.relative_error == 0 && error.divergence == 0);
    options.count = 20;
    expect_ok(
        lln_fidelity_measure(&pair[1], &pair[1], &options, &listed, &error));
    ck_assert(listed.relative_error == 0 && error.relative_error == 0);
    ck_assert(listed.divergence == 0 && listed.top_overlap == 1);
    ck_assert(listed.rank_correlation == 1 && listed.variation == 0);
    expect_absolute(listed.cosine, 1, 1e-15);
    close_pair(&head, pair);
}
END_TEST

/* Standard errors equal the spread over 200 draws of 32 rows. The spread of 200
 * values is known to 5 %; the tolerance is four times that. */
START_TEST(fidelity_errors)
{
    lln_attention pair[2];
    lln_fidelity all, some, error;
    double squares[FIGURES] = {0}, claimed[FIGURES] = {0};
    size_t rows[32];
    lln_head head = open_pair("C", CASES[2].lln, false, 128, pair);
    lln_fidelity_options options = options_of(&head, 10);
    expect_ok(lln_fidelity_measure(&pair[0], &pair[1], &options, &all, NULL));
    options.queries = rows;
    options.count = 32;
    for (uint32_t stream = 0; stream < 200; stream++) {
        expect_ok(lln_rows_draw(128, 32, 11, stream, rows));
        expect_ok(
            lln_fidelity_measure(&pair[0], &pair[1], &options, &some, &error));
        const double *x = (const double *)&some, *e = (const double *)&error;
        for (size_t k = 0; k < FIGURES; k++) {
            squares[k] += pow(x[k] - ((const double *)&all)[k], 2) / 200;
            claimed[k] += e[k] * e[k] / 200;
        }
    }
    for (size_t k = 0; k < FIGURES; k++)
        if (squares[k] > 1e-12 && !isnan(claimed[k]))
            expect_relative(sqrt(squares[k]), sqrt(claimed[k]), 0.2);
    ck_assert(isnan(error.row_sum_min) && isnan(error.row_sum_error_largest));
    ck_assert(error.relative_error > 0 && error.matrix_error > 0);
    close_pair(&head, pair);
}
END_TEST

/* One query and one key; then two keys, of which the first query of causal
 * attention has one: that row keeps all of it and has no order. */
START_TEST(fidelity_small)
{
    lln_attention pair[2];
    lln_fidelity f, error;
    lln_head head = open_pair("D", "lln:alpha=1:beta=1", true, 2, pair);
    lln_fidelity_options options = options_of(&head, 10);
    expect_ok(lln_fidelity_measure(&pair[0], &pair[1], &options, &f, NULL));
    ck_assert(f.top_overlap == 1 && fabs(f.rank_correlation) == 1);
    close_pair(&head, pair);
    head = case_head("D", LLN_FLOAT64, true);
    head.q.rows = head.k.rows = 1;
    case_open(&head, "lln:alpha=1:beta=1", &pair[0]);
    case_open(&head, "softmax", &pair[1]);
    options = options_of(&head, 10);
    expect_ok(lln_fidelity_measure(&pair[0], &pair[1], &options, &f, &error));
    ck_assert(f.relative_error == 0 && f.divergence == 0 && f.variation == 0);
    ck_assert(f.top_overlap == 1 && isnan(f.rank_correlation));
    ck_assert(f.row_sum_min == 1 && error.cosine == 0);
    expect_absolute(f.cosine, 1, 1e-15);
    options.values = (lln_matrix){0};
    expect_ok(lln_fidelity_measure(&pair[0], &pair[1], &options, &f, NULL));
    ck_assert(isnan(f.relative_error) && isnan(f.cosine));
    ck_assert(f.matrix_error == 0);
    close_pair(&head, pair);
}
END_TEST

START_TEST(fidelity_refuses)
{
    lln_attention pair[2], other;
    lln_fidelity f;
    size_t row = 0;
    lln_head head = open_pair("A", CASES[0].lln, false, 64, pair);
    lln_head small = case_head("E", LLN_FLOAT64, false);
    case_open(&small, "softmax", &other);
    lln_fidelity_options options = options_of(&head, 0);
    expect_status(lln_fidelity_measure(&pair[0], &pair[1], &options, &f, NULL),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "0 top keys, expected 1 to 256");
    options.top = 257;
    expect_status(lln_fidelity_measure(&pair[0], &pair[1], &options, &f, NULL),
                  LLN_EINVAL);
    options = options_of(&head, 10);
    options.values = (lln_matrix){0};
    expect_status(lln_fidelity_measure(&pair[0], &other, &options, &f, NULL),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "attention is 64 x 64, its reference 48 x 48");
    options = options_of(&head, 10);
    options.values.rows = 63;
    expect_status(lln_fidelity_measure(&pair[0], &pair[1], &options, &f, NULL),
                  LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), "63 rows of values, expected 64");
    options = options_of(&head, 10);
    options.queries = &row;
    expect_status(lln_fidelity_measure(&pair[0], &pair[1], &options, &f, NULL),
                  LLN_EINVAL);
    lln_stop_requested = 1;
    options.queries = NULL;
    expect_status(lln_fidelity_measure(&pair[0], &pair[1], &options, &f, NULL),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_attention_close(&other);
    lln_head_free(&small);
    close_pair(&head, pair);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("fidelity");
    TCase *fidelity = tcase_create("fidelity");
    tcase_add_loop_test(fidelity, fidelity_slow, 0, 4 * CASE_COUNT);
    tcase_add_loop_test(fidelity, fidelity_slow_kernels, 0, 5);
    tcase_add_test(fidelity, fidelity_threads);
    tcase_add_loop_test(fidelity, fidelity_several, 0, 12);
    tcase_add_loop_test(fidelity, fidelity_precisions, 0, 10);
    tcase_add_test(fidelity, fidelity_list);
    tcase_add_test(fidelity, fidelity_errors);
    tcase_add_test(fidelity, fidelity_small);
    tcase_add_test(fidelity, fidelity_refuses);
    suite_add_tcase(suite, fidelity);
    return run_suite(suite);
}
