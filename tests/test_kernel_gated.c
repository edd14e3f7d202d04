/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Recurrent kernels against reference matrices and against their
 * recurrences. test_kernel_simple_gla.c has simple-gla and its cases. */
#include "dense.h"
#include "kernel/product.h"
#include "kernel_cases.h"

static const kernel_case cases[] = {
    {.kernel = "fox",
     .matrix = "fox_causal",
     .n = 13,
     .arrays = {{"gate", "scalar_gate_logits13", 1}}},
    {.kernel = "fox", .matrix = "fox_span64_causal", .n = 13},
    {.kernel = "gla",
     .matrix = "gla_causal",
     .arrays = {{"gate", "gate_logits", 4}}},
    {.kernel = "gla:gate=1", .matrix = "gla_nogate_causal"},
    {.kernel = "regla",
     .matrix = "regla_keygate_causal",
     .arrays = {{"gate", "gate_logits", 4}, {"refine", "refine_logits", 4}}},
    {.kernel = "regla:gate=1", .matrix = "regla_nogate_causal"},
    {.kernel = "rfa-gate",
     .matrix = "rfa_gate_causal",
     .arrays = {{"w", "W_rfa", 4}, {"gate", "scalar_gate_logits", 1}}},
    {.kernel = "deltanet",
     .matrix = "deltanet_l2_causal",
     .arrays = {{"beta", "beta_logits", 1}}},
    {.kernel = "deltanet:map=silu-l2",
     .matrix = "deltanet_silu_l2_causal",
     .arrays = {{"beta", "beta_logits", 1}}},
    {.kernel = "deltanet:beta=1", .matrix = "deltanet_l2_beta1_causal"},
};
enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(matrix)
{
    expect_kernel(&cases[_i]);
}
END_TEST

/* Gates on channels of values: each column of the output has its own matrix P,
 * with the gates of that column. */
START_TEST(regla_value_gates)
{
    double numbers[3][KERNEL_ENTRIES], column[2][KERNEL_N];
    double wanted[KERNEL_ENTRIES], y[KERNEL_ENTRIES];
    static const char *const names[] = {"gate_logits", "refine_logits", "V"};
    for (int a = 0; a < 3; a++)
        kernel_read("inputs", names[a], numbers[a]);
    kernel_read("outputs", "regla_valuegate_causal", wanted);
    lln_head head = kernel_head(KERNEL_N, 1, true, LLN_FLOAT64);
    lln_kernel_array arrays[] = {
        {"gate", {LLN_FLOAT64, KERNEL_N, 1, column[0]}},
        {"refine", {LLN_FLOAT64, KERNEL_N, 1, column[1]}}};
    for (size_t l = 0; l < KERNEL_D; l++) {
        lln_attention attention;
        for (size_t i = 0; i < 2 * KERNEL_N; i++)
            column[i / KERNEL_N][i % KERNEL_N] =
                numbers[i / KERNEL_N][i % KERNEL_N * KERNEL_D + l];
        open_kernel("regla", &head, arrays, 2, &attention);
        expect_ok(lln_attention_product(
            &attention,
            (lln_matrix){LLN_FLOAT64, KERNEL_N, KERNEL_D, numbers[2]}, y));
        for (size_t i = l; i < KERNEL_N * KERNEL_D; i += KERNEL_D)
            expect_absolute(y[i], wanted[i], 1e-12);
        lln_attention_close(&attention);
    }
    lln_head_free(&head);
}
END_TEST

/* ------------------------------------------------------------------ dense */

/* Chunks of 32 tokens and groups of 1024, with remainders. */
static const struct {
    size_t n, d;
} sizes[] = {{1, 3}, {37, 5}, {130, 16}, {1100, 3}, {2100, 2}};
enum { SIZES = sizeof sizes / sizeof sizes[0] };

/* P of any recurrence, column by column: step() takes the input at token t,
 * changes the state and returns the output. */
typedef double dense_step(const lln_head *head, const double *gate, size_t t,
                          double in, double *state);

static double *dense_recurrence(const lln_head *head, const double *gate,
                                size_t rank, dense_step *step)
{
    size_t n = head->q.rows;
    double *p = lln_array_alloc(n * n, sizeof *p);
    double *state = lln_array_alloc(rank, sizeof *state);
    for (size_t s = 0; s < n; s++) {
        memset(state, 0, rank * sizeof *state);
        for (size_t t = s; t < n; t++)
            p[t * n + s] = step(head, gate, t, t == s, state);
    }
    free(state);
    return p;
}

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

static double step_gla(const lln_head *head, const double *gate, size_t t,
                       double in, double *state)
{
    size_t d = head->q.columns;
    double out = 0;
    for (size_t l = 0; l < d; l++) {
        state[l] = pow(logistic(gate[t * d + l]), 1.0 / 16) * state[l] +
                   in * lln_matrix_get(head->k, t, l);
        out += head->rule.scale * lln_matrix_get(head->q, t, l) * state[l];
    }
    return out;
}

/* Of the current head. */
static double largest_key;

static double step_regla(const lln_head *head, const double *gate, size_t t,
                         double in, double *state)
{
    size_t d = head->q.columns;
    double out = 0, top_q = -INFINITY, e = exp(1);
    for (size_t l = 0; l < d; l++)
        top_q = fmax(top_q, lln_matrix_get(head->q, t, l));
    for (size_t l = 0; l < d; l++) {
        double g = logistic(gate[t * d + l]), r = 0.25;
        double c = (1 - r) * g * g + r * (2 * g - g * g);
        state[l] = c * state[l] +
                   in * exp(lln_matrix_get(head->k, t, l) - largest_key);
        out += exp(lln_matrix_get(head->q, t, l) - top_q) * state[l];
    }
    return out / (e * sqrt((double)d * (e * e - 1)));
}

/* gate: one number for each token, beta. */
static double step_delta(const lln_head *head, const double *gate, size_t t,
                         double in, double *state)
{
    size_t d = head->q.columns;
    double beta = logistic(gate[t]), length_q = 1e-6, length_k = 1e-6;
    double seen = 0, out = 0;
    for (size_t l = 0; l < d; l++) {
        double q = lln_matrix_get(head->q, t, l);
        double k = lln_matrix_get(head->k, t, l);
        length_q += q * q;
        length_k += k * k;
        seen += k * state[l];
    }
    seen /= sqrt(length_k);
    for (size_t l = 0; l < d; l++) {
        state[l] +=
            beta * (in - seen) * lln_matrix_get(head->k, t, l) / sqrt(length_k);
        out += lln_matrix_get(head->q, t, l) / sqrt(length_q) * state[l];
    }
    return head->rule.scale * out;
}

static const struct {
    const char *kernel, *array;
    bool narrow;     /* gates [n x 1] */
    double strength; /* of the logits; 40: from 1e-17 to 1 */
    dense_step *step;
} recurrences[] = {
    {"gla", "gate", false, 1, step_gla},
    {"gla", "gate", false, 400, step_gla},
    {"regla:refine=0.25", "gate", false, 1, step_regla},
    {"regla:refine=0.25", "gate", false, 40, step_regla},
    {"deltanet", "beta", true, 1, step_delta},
};
enum { RECURRENCES = sizeof recurrences / sizeof recurrences[0] };

static void compare(size_t number, size_t n, size_t d, lln_precision precision)
{
    lln_attention attention;
    size_t columns = recurrences[number].narrow ? 1 : d;
    double *gate = lln_array_alloc(n * columns, sizeof *gate);
    lln_head head =
        dense_head(n, n, d, 1, (lln_mask){.causal = true}, precision);
    draw_numbers(3, n * columns, 1, gate);
    largest_key = -INFINITY;
    for (size_t i = 0; i < n * d; i++)
        largest_key = fmax(largest_key, lln_matrix_get(head.k, i / d, i % d));
    for (size_t i = 0; i < n * columns; i++)
        gate[i] *= recurrences[number].strength;
    lln_kernel_array array = {recurrences[number].array,
                              {LLN_FLOAT64, n, columns, gate}};
    double *p = dense_recurrence(&head, gate, d, recurrences[number].step);
    open_kernel(recurrences[number].kernel, &head, &array, 1, &attention);
    ck_assert(attention.unnormalised);
    expect_dense(&attention, p, 1e-11, 3e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(gate);
    free(p);
}

START_TEST(recurrence)
{
    for (size_t r = 0; r < RECURRENCES; r++) {
        compare(r, sizes[_i].n, sizes[_i].d, LLN_FLOAT64);
        compare(r, sizes[_i].n, sizes[_i].d, LLN_FLOAT32);
    }
}
END_TEST

/* With all gates 1 - 1/span, weights fall by that factor from one key to the
 * next. */
START_TEST(rfa_gate_span)
{
    enum { N = 70, D = 3 };
    double w[5 * D], *p = lln_array_alloc(N * N, sizeof *p);
    lln_kernel_array array = {"w", {LLN_FLOAT64, 5, D, w}};
    lln_attention attention;
    lln_head head =
        dense_head(N, N, D, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    draw_numbers(9, 5 * D, 1, w);
    for (size_t t = 0; t < N; t++) {
        double sum = 0;
        for (size_t s = 0; s <= t; s++) {
            double length_q = 0, length_k = 0, a = 0;
            for (size_t l = 0; l < D; l++) {
                length_q += pow(lln_matrix_get(head.q, t, l), 2);
                length_k += pow(lln_matrix_get(head.k, s, l), 2);
            }
            for (size_t r = 0; r < 5; r++) {
                double angle = 0;
                for (size_t l = 0; l < D; l++)
                    angle += w[r * D + l] *
                             (lln_matrix_get(head.q, t, l) / sqrt(length_q) -
                              lln_matrix_get(head.k, s, l) / sqrt(length_k));
                a += cos(angle);
            }
            p[t * N + s] = a * pow(1 - 1 / 16.0, (double)(t - s));
            sum += p[t * N + s];
        }
        for (size_t s = 0; s <= t; s++)
            p[t * N + s] /= sum;
    }
    open_kernel("rfa-gate:span=16", &head, &array, 1, &attention);
    ck_assert(!attention.unnormalised);
    expect_dense(&attention, p, 1e-11, 3e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

/* All gates are closed: only the diagonal is left. In rfa-gate with g = 1
 * nothing enters the state, and rows are zero. */
START_TEST(gates_at_their_ends)
{
    double zeros[9] = {0}, open[3] = {1000, 1000, 1000}, row[9];
    lln_attention attention;
    lln_head head =
        dense_head(9, 9, 3, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    open_kernel("gla:gate=0", &head, NULL, 0, &attention);
    expect_ok(attention.rows.make(&attention, 8, 1, row));
    for (size_t s = 0; s < 9; s++)
        expect_absolute(row[s], s == 8 ? dense_logit(&head, 8, 8) : 0, 1e-15);
    lln_attention_close(&attention);
    lln_kernel_array array = {"gate", {LLN_FLOAT64, 3, 1, open}};
    head.q.rows = head.k.rows = 3;
    open_kernel("rfa-gate", &head, &array, 1, &attention);
    ck_assert(attention.unnormalised);
    expect_ok(attention.rows.make(&attention, 2, 1, row));
    ck_assert_mem_eq(row, zeros, 3 * sizeof *row);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* One gate for all columns, as a row or a column. */
START_TEST(narrow_gates)
{
    double gate[5] = {1, -2, 0.5, 3, 0}, wide[10], p[2][25];
    lln_head head =
        dense_head(5, 5, 2, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    for (size_t i = 0; i < 10; i++)
        wide[i] = gate[i / 2];
    lln_kernel_array arrays[] = {{"gate", {LLN_FLOAT64, 5, 2, wide}},
                                 {"gate", {LLN_FLOAT64, 5, 1, gate}},
                                 {"gate", {LLN_FLOAT64, 1, 5, gate}}};
    for (size_t i = 0; i < 3; i++) {
        lln_attention attention;
        open_kernel("gla", &head, &arrays[i], 1, &attention);
        expect_ok(lln_attention_rows(&attention, 0, 5, p[i > 0]));
        lln_attention_close(&attention);
        ck_assert_mem_eq(p[0], p[i > 0], sizeof p[0]);
    }
    lln_head_free(&head);
}
END_TEST

START_TEST(product_threads)
{
    static const char *const kernels[] = {"gla", "deltanet"};
    lln_head head =
        dense_head(5000, 5000, 6, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    for (size_t i = 0; i < 2; i++) {
        lln_attention attention;
        open_kernel(kernels[i], &head, NULL, 0, &attention);
        expect_any_threads(&attention, head.k);
        lln_attention_close(&attention);
    }
    lln_head_free(&head);
}
END_TEST

START_TEST(refusals)
{
    static const struct {
        const char *kernel, *message;
        size_t n;
        lln_mask mask;
    } bad[] = {
        {"gla", "kernel 'gla' needs a causal mask", 6, {0}},
        {"gla",
         "kernel 'gla': 4 queries and 6 keys; expected equal numbers",
         4,
         {.causal = true}},
        {"deltanet",
         "kernel 'deltanet' does not support a window",
         6,
         {.causal = true, .window = 2}},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        lln_kernel_choice choice;
        lln_attention attention;
        lln_head head = dense_head(bad[i].n, 6, 3, 1, bad[i].mask, LLN_FLOAT64);
        expect_ok(lln_kernel_parse(bad[i].kernel, &choice));
        expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
        ck_assert_str_eq(lln_error_message(), bad[i].message);
        lln_head_free(&head);
    }
}
END_TEST

START_TEST(bad_gates)
{
    double numbers[20] = {0};
    lln_head head =
        dense_head(6, 6, 3, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
    lln_kernel_array array = {"gate", {LLN_FLOAT64, 6, 2, numbers}};
    expect_refusal("gla", &array, 1, &head,
                   "kernel \'gla\': array \'gate\' is 6 x 2; expected 6 x 3, "
                   "6 x 1, 1 x 6");
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    lln_threads_set(0);
    Suite *suite = suite_create("kernel_gated");
    TCase *all = tcase_create("gated");
    tcase_add_loop_test(all, matrix, 0, CASES);
    tcase_add_test(all, regla_value_gates);
    tcase_add_loop_test(all, recurrence, 0, SIZES);
    tcase_add_test(all, rfa_gate_span);
    tcase_add_test(all, gates_at_their_ends);
    tcase_add_test(all, narrow_gates);
    tcase_add_test(all, product_threads);
    tcase_add_test(all, refusals);
    tcase_add_test(all, bad_gates);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
