/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels with a few mixtures of tokens against their definition, on other
 * sizes than those of the reference matrices. */
#include "core/threads.h"
#include "head_cases.h"
#include "kernel/row_math.h"
#include "kernel_cases.h"

/* out [rows x columns] = softmax over each row of s a_i.b_j */
static void softmax(double s, const double *a, const double *b, size_t rows,
                    size_t columns, size_t d, double *out)
{
    for (size_t i = 0; i < rows; i++) {
        double sum = 0;
        for (size_t j = 0; j < columns; j++)
            sum += out[i * columns + j] =
                exp(s * lln_row_dot(a + i * d, b + j * d, d));
        for (size_t j = 0; j < columns; j++)
            out[i * columns + j] /= sum;
    }
}

/* P = softmax(s Q (E K)') F */
START_TEST(linformer)
{
    enum { N = 37, M = 130, D = 5, R = 7 };
    static double e[R * M], f[R * M], ek[R * D], left[N * R], wanted[N * M];
    lln_attention attention;
    lln_head head = drawn_head(N, M, D, 1, false);
    draw_numbers(11, R * M, 0.5, e);
    draw_numbers(12, R * M, 0.5, f);
    lln_kernel_array arrays[] = {{"e", {LLN_FLOAT64, R, M, e}},
                                 {"f", {LLN_FLOAT64, R, M, f}}};
    open_kernel("linformer", &head, arrays, 2, &attention);
    double *rows = dense_rows(&attention);
    dense_multiply(e, R, M, false, head.k.data, D, ek);
    softmax(head.rule.scale, head.q.data, ek, N, R, D, left);
    dense_multiply(left, N, R, false, f, M, wanted);
    expect_absolute(difference(rows, wanted, N * M), 0, 1e-13);
    free(rows);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* F = (1 0): the first columns of P are the distribution over the mixtures,
 * reference matrix linformer_tilde_k4. */
START_TEST(linformer_mixtures)
{
    double e[KERNEL_ENTRIES], f[4 * 12] = {0}, wanted[KERNEL_ENTRIES];
    lln_attention attention;
    lln_head head = kernel_head(12, 1, false, LLN_FLOAT64);
    for (size_t l = 0; l < 4; l++)
        f[l * 12 + l] = 1;
    ck_assert_uint_eq(kernel_read("inputs", "E_linformer", e), 4 * 12);
    ck_assert_uint_eq(kernel_read("matrices", "linformer_tilde_k4", wanted),
                      12 * 4);
    lln_kernel_array arrays[] = {{"e", {LLN_FLOAT64, 4, 12, e}},
                                 {"f", {LLN_FLOAT64, 4, 12, f}}};
    open_kernel("linformer", &head, arrays, 2, &attention);
    double *rows = dense_rows(&attention);
    for (size_t i = 0; i < 12; i++)
        for (size_t l = 0; l < 12; l++)
            expect_absolute(rows[i * 12 + l], l < 4 ? wanted[i * 4 + l] : 0,
                            1e-14);
    free(rows);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* z = z (13 - az (15 - az (7 - az)))/4; [R x R]. */
static void nystrom_step(size_t r, const double *a, double *z)
{
    static double az[100], x[100], y[100];
    static const double diagonal[] = {7, 15, 13};
    dense_multiply(a, r, r, false, z, r, az);
    for (size_t l = 0; l < r * r; l++)
        x[l] = l % (r + 1) == 0;
    for (int term = 0; term < 3; term++) {
        dense_multiply(az, r, r, false, x, r, y);
        for (size_t l = 0; l < r * r; l++)
            x[l] = diagonal[term] * (l % (r + 1) == 0) - y[l];
    }
    dense_multiply(z, r, r, false, x, r, y);
    for (size_t l = 0; l < r * r; l++)
        z[l] = y[l] / 4;
}

/* F Z B with its three factors. */
START_TEST(nystrom)
{
    enum { N = 130, M = 260, D = 5, R = 10 };
    static double q[R * D], k[R * D], left[N * R], a[R * R], right[R * M];
    static double z[R * R], middle[N * R], wanted[N * M];
    lln_attention attention;
    lln_head head = drawn_head(N, M, D, 1, false);
    const double *queries = head.q.data, *keys = head.k.data;
    for (size_t l = 0; l < N * D; l++)
        q[l / D / (N / R) * D + l % D] += queries[l] / (N / R);
    for (size_t l = 0; l < M * D; l++)
        k[l / D / (M / R) * D + l % D] += keys[l] / (M / R);
    softmax(head.rule.scale, queries, k, N, R, D, left);
    softmax(head.rule.scale, q, k, R, R, D, a);
    softmax(head.rule.scale, q, keys, R, M, D, right);
    double top = 0;
    for (size_t c = 0; c < R; c++) {
        double sum = 0;
        for (size_t l = 0; l < R; l++)
            sum += a[l * R + c];
        top = fmax(top, sum);
    }
    for (size_t l = 0; l < R * R; l++)
        z[l] = a[l % R * R + l / R] / top;
    for (int steps = 0; steps < 8; steps++)
        nystrom_step(R, a, z);
    dense_multiply(left, N, R, false, z, R, middle);
    dense_multiply(middle, N, R, false, right, M, wanted);
    open_kernel("nystrom:landmarks=10:iterations=8", &head, NULL, 0,
                &attention);
    double *rows = dense_rows(&attention);
    expect_absolute(difference(rows, wanted, N * M), 0, 1e-12);
    free(rows);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* The time of the inverse grows with the number of steps. */
START_TEST(interrupted)
{
    lln_attention attention;
    lln_kernel_choice choice;
    lln_head head = drawn_head(130, 130, 5, 1, false);
    expect_ok(
        lln_kernel_parse("nystrom:landmarks=10:iterations=1000", &choice));
    lln_stop_requested = 1;
    expect_status(lln_kernel_open(&choice, &head, &attention),
                  LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    ck_assert_str_eq(lln_error_message(), "interrupted");
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_landmarks");
    lln_threads_set(0);
    TCase *all = tcase_create("landmarks");
    tcase_add_test(all, linformer);
    tcase_add_test(all, linformer_mixtures);
    tcase_add_test(all, nystrom);
    tcase_add_test(all, interrupted);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
