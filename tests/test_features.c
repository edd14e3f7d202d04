/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Attention from feature maps: results by chunks against its own rows, on any
 * number of threads; whether rows sum to 1; its spectrum. */
#include "kernel/features/features.h"

#include "core/threads.h"
#include "head_cases.h"
#include "kernel/product.h"
#include "measure/spectrum.h"

static const char *const KERNELS[] = {
    "performer:features=24",
    "rfa:features=9",
    "rfa:features=1",
    "rfa:form=cross",
    "elu",
    "relu:eps=0",
    "quadratic",
    "taylor2:eps=0",
    "cosformer",
    "hedgehog",
    "flowformer",
    "linformer:k=7",
    "nystrom:landmarks=1",
    "performer-relu-tf",
    "llnrepo-performer",
    "performer-relu-proj",
    "performer-relu-det",
    "lln:alpha=1:beta=1:eps=.1",
};
enum { KERNEL_COUNT = sizeof KERNELS / sizeof KERNELS[0] };

/* One token; less than a chunk of 128; several chunks and a part; more groups
 * than chunks and fewer; fewer queries than keys, by less than a chunk and by
 * more. */
static const struct {
    size_t n, m, d;
} SIZES[] = {{1, 1, 4},     {37, 37, 5},   {130, 130, 16}, {300, 300, 5},
             {100, 129, 5}, {90, 300, 16}, {2200, 2200, 4}};
enum { SIZE_COUNT = sizeof SIZES / sizeof SIZES[0], COLUMNS = 3 };

typedef struct {
    lln_head head;
    lln_attention attention;
    double *p; /* [n x m] */
} setting;

/* Whether the kernel is defined for the shape. */
static bool legal(const char *kernel, size_t size, bool causal)
{
    lln_kernel_choice choice;
    expect_ok(lln_kernel_parse(kernel, &choice));
    bool square = SIZES[size].n == SIZES[size].m;
    if (strcmp(kernel, "flowformer") == 0 && causal && !square)
        return false;
    return choice.kernel->honours &
           (causal ? LLN_HONOURS_CAUSAL : LLN_HONOURS_FULL);
}

static void open_setting(const char *kernel, size_t size, bool causal,
                         setting *s)
{
    s->head =
        drawn_head(SIZES[size].n, SIZES[size].m, SIZES[size].d, 1, causal);
    open_kernel(kernel, &s->head, NULL, 0, &s->attention);
    s->p = dense_rows(&s->attention);
}

static void close_setting(setting *s)
{
    lln_attention_close(&s->attention);
    lln_head_free(&s->head);
    free(s->p);
}

/* out [n x COLUMNS] = P x or, transposed, [m x COLUMNS] = P'x. */
static void multiply(const setting *s, bool transposed, const double *x,
                     double *out)
{
    size_t n = s->attention.n, m = s->attention.m;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++)
            for (size_t c = 0; c < COLUMNS; c++)
                out[(transposed ? j : i) * COLUMNS + c] +=
                    s->p[i * m + j] * x[(transposed ? i : j) * COLUMNS + c];
}

/* To 1e-12 of the largest entry of P times sqrt(terms). */
static void expect_product(const setting *s, bool transposed)
{
    size_t n = s->attention.n, m = s->attention.m;
    size_t from = transposed ? n : m, to = transposed ? m : n;
    double *x = lln_array_alloc(from * COLUMNS, sizeof *x);
    double *y = lln_array_alloc(to * COLUMNS, sizeof *y);
    double *wanted = lln_array_alloc(to * COLUMNS, sizeof *y), top = 1;
    draw_numbers(7, from * COLUMNS, 1, x);
    multiply(s, transposed, x, wanted);
    for (size_t i = 0; i < n * m; i++)
        top = fmax(top, fabs(s->p[i]));
    lln_matrix view = {LLN_FLOAT64, from, COLUMNS, x};
    expect_ok(transposed ? s->attention.transposed(&s->attention, view, y)
                         : s->attention.product(&s->attention, view, y));
    double worst = 0; /* Check writes a line for each assertion */
    for (size_t i = 0; i < to * COLUMNS; i++)
        worst = fmax(worst, fabs(y[i] - wanted[i]));
    expect_absolute(worst, 0, 1e-12 * top * sqrt((double)from));
    free(x);
    free(y);
    free(wanted);
}

/* Rows are products of matrices, and the diagonal is not: 1 + s near 0, which
 * (1 + s)^2 contains, loses different digits. */
static void expect_diagonal(const setting *s)
{
    size_t n = s->attention.n, m = s->attention.m;
    double *diagonal = lln_array_alloc(n, sizeof *diagonal);
    expect_ok(s->attention.diagonal(&s->attention, diagonal));
    for (size_t i = 0; i < n; i++)
        expect_absolute(diagonal[i], s->p[i * m + i + m - n], 1e-13);
    free(diagonal);
}

/* P = B A' */
static void expect_factors(const setting *s)
{
    size_t n = s->attention.n, m = s->attention.m, r = s->attention.rank;
    double *b = lln_array_alloc((n + m) * r, sizeof *b), *a = b + n * r;
    size_t half = n / 2;
    double worst = 0;
    s->attention.features(&s->attention, 0, half, b, NULL);
    s->attention.features(&s->attention, half, n - half, b + half * r, NULL);
    s->attention.features(&s->attention, 0, m, NULL, a);
    for (size_t i = 0; i < n; i += 3)
        for (size_t j = 0; j < m; j++) {
            double sum = 0, size = 1;
            for (size_t l = 0; l < r; l++) {
                sum += b[i * r + l] * a[j * r + l];
                size += fabs(b[i * r + l] * a[j * r + l]);
            }
            worst = fmax(worst, fabs(sum - s->p[i * m + j]) / size);
        }
    expect_absolute(worst, 0, 1e-13);
    free(b);
}

/* Rows sum to 1 where the attention says so. Elsewhere they may, as those of
 * nystrom with one landmark. */
static void expect_sums(const setting *s)
{
    double worst = 0;
    for (size_t i = 0; i < s->attention.n; i++) {
        double sum = 0, size = 1;
        for (size_t j = 0; j < s->attention.m; j++) {
            sum += s->p[i * s->attention.m + j];
            size += fabs(s->p[i * s->attention.m + j]);
        }
        worst = fmax(worst, fabs(sum - 1) / size);
    }
    ck_assert_msg(s->attention.unnormalised || worst < 1e-13, "%g", worst);
}

START_TEST(parts_agree)
{
    for (size_t size = 0; size < SIZE_COUNT; size++)
        for (int causal = 0; causal < 2; causal++) {
            setting s;
            if (!legal(KERNELS[_i], size, causal))
                continue;
            open_setting(KERNELS[_i], size, causal, &s);
            ck_assert((s.attention.features == NULL) == causal);
            expect_product(&s, false);
            expect_product(&s, true);
            expect_sums(&s);
            if (causal)
                expect_diagonal(&s);
            else
                expect_factors(&s);
            close_setting(&s);
        }
}
END_TEST

/* The same bytes: z, products, rows. */
START_TEST(any_threads)
{
    static double y[2][2200 * COLUMNS], row[2][2200];
    bool causal = legal(KERNELS[_i], SIZE_COUNT - 1, true);
    lln_head head = drawn_head(2200, 2200, 4, 1, causal);
    static double x[2200 * COLUMNS];
    draw_numbers(7, 2200 * COLUMNS, 1, x);
    for (int t = 0; t < 2; t++) {
        lln_attention attention;
        lln_threads_set(t ? 0 : 1);
        open_kernel(KERNELS[_i], &head, NULL, 0, &attention);
        lln_matrix view = {LLN_FLOAT64, 2200, COLUMNS, x};
        expect_ok(attention.product(&attention, view, y[t]));
        expect_ok(attention.rows.make(&attention, 1234, 1, row[t]));
        lln_attention_close(&attention);
    }
    ck_assert(memcmp(y[0], y[1], sizeof y[0]) == 0);
    ck_assert(memcmp(row[0], row[1], sizeof row[0]) == 0);
    lln_head_free(&head);
}
END_TEST

/* Rows before and after the features of the keys are stored; float32 values. */
START_TEST(rows_prepared)
{
    static double before[3 * 300], after[3 * 300];
    static float x[300 * 2], y[300 * 2];
    lln_attention attention;
    lln_head head = drawn_head(300, 300, 5, 1, true);
    open_kernel("performer:features=10", &head, NULL, 0, &attention);
    expect_ok(attention.rows.make(&attention, 200, 3, before));
    expect_ok(lln_attention_prepare(&attention));
    expect_ok(lln_attention_prepare(&attention));
    expect_ok(attention.rows.make(&attention, 200, 3, after));
    for (size_t j = 0; j < 900; j++)
        expect_absolute(after[j], before[j], 1e-16);
    for (size_t j = 0; j < 600; j++)
        x[j] = (float)(j % 7);
    lln_matrix view = {LLN_FLOAT32, 300, 2, x};
    expect_ok(lln_attention_product(&attention, view, y));
    double sum = 0;
    for (size_t j = 0; j < 300; j++)
        sum += after[300 + j] * (double)x[2 * j + 1];
    expect_relative((double)y[201 * 2 + 1], sum, 1e-7);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(interrupted)
{
    lln_kernel_choice choice;
    lln_attention attention;
    lln_head head = drawn_head(300, 300, 5, 1, true);
    double y[300];
    expect_ok(lln_kernel_parse("elu", &choice));
    expect_ok(lln_kernel_open(&choice, &head, &attention));
    lln_stop_requested = 1;
    lln_matrix view = {LLN_FLOAT64, 300, 1, head.q.data};
    expect_status(attention.product(&attention, view, y), LLN_EINTERRUPTED);
    lln_attention_close(&attention);
    expect_status(lln_kernel_open(&choice, &head, &attention),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    lln_head_free(&head);
}
END_TEST

/* P = 0 where queries and keys have no common feature, and the sums show it. */
START_TEST(rows_of_zeros)
{
    static const char *kernels[] = {"relu:eps=0", "relu", "cosformer"};
    const double q[] = {1, -1, -1, -1, -1, 2}, k[] = {1, 1, 1, -3, 0.5, 2};
    double p[9], y[3];
    lln_attention attention;
    lln_head head = {.q = {LLN_FLOAT64, 3, 2, q},
                     .k = {LLN_FLOAT64, 3, 2, k},
                     .rule.scale = 1};
    open_kernel(kernels[_i], &head, NULL, 0, &attention);
    ck_assert(attention.unnormalised);
    expect_ok(attention.rows.make(&attention, 0, 3, p));
    for (size_t j = 3; j < 6; j++)
        ck_assert(p[j] == 0);
    if (_i == 0) { /* (1, 0).k = 1, 1, 0.5 over their sum */
        expect_relative(p[0], 0.4, 1e-15);
        expect_relative(p[2], 0.2, 1e-15);
    }
    lln_matrix view = {LLN_FLOAT64, 3, 1, k};
    expect_ok(attention.transposed(&attention, view, y));
    for (size_t j = 0; j < 3; j++)
        expect_relative(y[j], p[j] * k[0] + p[6 + j] * k[2], 1e-15);
    lln_attention_close(&attention);
}
END_TEST

/* With eps rows sum to less than 1; without, to 1. */
START_TEST(sums_and_eps)
{
    static const struct {
        const char *kernel;
        bool unnormalised;
    } runs[] = {
        {"elu", true},
        {"elu:eps=0", false},
        {"quadratic", true},
        {"quadratic:eps=0", false},
        {"hedgehog", true},
        {"hedgehog:eps=0", false},
        {"cosformer", false}, /* if no row is below the floor */
        {"performer", false},
        {"performer-relu-det", false},
        {"rfa", false},
        {"rfa:form=recurrent", false}, /* all sums are above 1 */
        {"nystrom:landmarks=5", true},
        {"linformer", true},
        {"flowformer", true},
        {"lln:alpha=1:beta=1:eps=1e-8", true},
        {"lln:alpha=1:beta=1:eps=0", false},
    };
    lln_attention attention;
    lln_head head = drawn_head(100, 100, 16, 1, false);
    open_kernel(runs[_i].kernel, &head, NULL, 0, &attention);
    ck_assert_int_eq(attention.unnormalised, runs[_i].unnormalised);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* The small matrix of features, products, and the complete P have the same
 * spectrum. */
START_TEST(spectra_agree)
{
    static const char *kernels[] = {"performer:features=40",
                                    "performer:features=40:eps=0",
                                    "rfa:features=20",
                                    "quadratic:eps=0",
                                    "quadratic",
                                    "taylor2:eps=0",
                                    "elu",
                                    "elu:eps=0",
                                    "nystrom:landmarks=5",
                                    "linformer:k=20",
                                    "flowformer",
                                    "relu:eps=0",
                                    "performer-relu-proj:features=10"};
    static const lln_spectrum_method methods[] = {
        LLN_SPECTRUM_DENSE, LLN_SPECTRUM_LOWRANK, LLN_SPECTRUM_ARNOLDI};
    lln_head head = drawn_head(600, 600, 5, 1.2, false);
    lln_spectrum found[3];
    for (int i = 0; i < 3; i++) {
        lln_attention attention;
        lln_spectrum_options options = {methods[i], 3, true, 0, false};
        open_kernel(kernels[_i], &head, NULL, 0, &attention);
        expect_ok(lln_spectrum_measure(&attention, &options, &found[i]));
        lln_attention_close(&attention);
    }
    for (int i = 1; i < 3; i++) {
        for (size_t e = 0; e < 3; e++)
            expect_absolute(found[i].eigenvalues[e].modulus,
                            found[0].eigenvalues[e].modulus, 1e-10);
        expect_relative(found[i].unbiased_norm, found[0].unbiased_norm, 1e-10);
        expect_relative(found[i].centered_sigma1, found[0].centered_sigma1,
                        1e-8);
    }
    for (int i = 0; i < 3; i++)
        lln_spectrum_free(&found[i]);
    lln_head_free(&head);
}
END_TEST

/* Thousands of features do not make a small matrix. */
START_TEST(spectrum_of_many_features)
{
    lln_head head = drawn_head(1200, 1200, 40, 1, false);
    lln_attention attention;
    lln_spectrum found;
    lln_spectrum_options options = {LLN_SPECTRUM_AUTO, 2, false, 0, false};
    open_kernel("quadratic", &head, NULL, 0, &attention);
    ck_assert_uint_eq(attention.rank, 861);
    expect_ok(lln_spectrum_measure(&attention, &options, &found));
    ck_assert_int_eq(found.method, LLN_SPECTRUM_ARNOLDI);
    lln_spectrum_free(&found);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    lln_threads_set(0);
    Suite *suite = suite_create("features");
    TCase *engine = tcase_create("engine");
    tcase_add_loop_test(engine, parts_agree, 0, KERNEL_COUNT);
    tcase_add_loop_test(engine, any_threads, 0, KERNEL_COUNT);
    tcase_add_test(engine, rows_prepared);
    tcase_add_test(engine, interrupted);
    suite_add_tcase(suite, engine);
    TCase *sums = tcase_create("sums");
    tcase_add_loop_test(sums, rows_of_zeros, 0, 3);
    tcase_add_loop_test(sums, sums_and_eps, 0, 16);
    suite_add_tcase(suite, sums);
    TCase *spectra = tcase_create("spectra");
    tcase_add_loop_test(spectra, spectra_agree, 0, 13);
    tcase_add_test(spectra, spectrum_of_many_features);
    suite_add_tcase(suite, spectra);
    return run_suite(suite);
}
