/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reformer attention against reference matrices and against its definition. */
#include "dense.h"
#include "kernel_cases.h"

static const kernel_case cases[] = {
    {.kernel = "reformer:b=3:hashes=2",
     .matrix = "reformer_b3_h2",
     .arrays = {{"rotations", "R_lsh", 4}}},
    {.kernel = "reformer:b=3:hashes=2",
     .matrix = "reformer_b3_h2_causal",
     .tolerance = 3e-12, /* the reference has 1.0000000000011 for 1, because of
                            exp(-5e4) */
     .arrays = {{"rotations", "R_lsh", 4}}},
};
enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(matrix)
{
    expect_kernel(&cases[_i]);
}
END_TEST

/* Rounds one after the other, weighted by the softmax of their log-sums. Every
 * slot of a window counts by itself. order: [n] for each of `hashes` rounds. */
static void dense_reformer(const lln_head *head, const size_t *order, size_t b,
                           size_t hashes, double *p)
{
    size_t n = head->q.rows, d = head->q.columns, slots = n * hashes;
    double *logits = lln_array_alloc(2 * b * hashes, sizeof *logits);
    for (size_t i = 0; i < n; i++) {
        double total = 0;
        for (size_t h = 0; h < hashes; h++) {
            size_t at = h * n;
            while (order[at] != i)
                at++;
            size_t start = at / b * b + slots - b;
            for (size_t s = 0; s < 2 * b; s++) {
                size_t j = order[(start + s) % slots];
                double length = 0, dot = 0;
                for (size_t l = 0; l < d; l++) {
                    double key = lln_matrix_get(head->q, j, l);
                    length += key * key;
                    dot += key * lln_matrix_get(head->q, i, l);
                }
                double logit = head->rule.scale * dot / sqrt(length);
                logit = j == i ? -5e4 : logit;
                double weight =
                    head->rule.mask.causal && j > i ? 0 : exp(logit);
                p[i * n + j] += weight;
                total += weight;
            }
        }
        for (size_t j = 0; j < n; j++)
            p[i * n + j] /= total;
        if (total == 0) /* exp(-5e4) */
            for (size_t j = 0; j < n; j++)
                p[i * n + j] = j == i;
    }
    free(logits);
}

/* Rotations of one column, the coordinate h: two buckets, x_h >= 0 first. */
START_TEST(definition)
{
    enum { N = 48, D = 5, B = 4, HASHES = 3 };
    double rotations[D * HASHES] = {0}, *p;
    size_t order[N * HASHES];
    lln_kernel_array array = {"rotations", {LLN_FLOAT64, D, HASHES, rotations}};
    lln_attention attention;
    lln_head head =
        dense_head(N, N, D, 1, (lln_mask){.causal = _i}, LLN_FLOAT64);
    for (size_t h = 0, at = 0; h < HASHES; h++) {
        rotations[h * HASHES + h] = 1;
        for (int negative = 0; negative < 2; negative++)
            for (size_t i = 0; i < N; i++)
                if ((lln_matrix_get(head.q, i, h) < 0) == negative)
                    order[at++] = i;
    }
    open_kernel("reformer:b=4:hashes=3:buckets=2", &head, &array, 1,
                &attention);
    p = lln_array_alloc(N * N, sizeof *p);
    dense_reformer(&head, order, B, HASHES, p);
    expect_dense(&attention, p, 1e-12, 3e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

/* The same draw gives the same rotations, another draw others. */
START_TEST(draws)
{
    double row[3][64];
    lln_kernel_choice choice;
    lln_attention attention;
    lln_head head = dense_head(64, 64, 8, 1, (lln_mask){0}, LLN_FLOAT64);
    expect_ok(lln_kernel_parse("reformer:b=4:hashes=2", &choice));
    for (uint32_t draw = 0; draw < 3; draw++) {
        choice.draw = draw / 2;
        expect_ok(lln_kernel_open(&choice, &head, &attention));
        expect_ok(attention.rows.make(&attention, 5, 1, row[draw]));
        lln_attention_close(&attention);
    }
    ck_assert_mem_eq(row[0], row[1], sizeof row[0]);
    ck_assert_mem_ne(row[0], row[2], sizeof row[0]);
    lln_head_free(&head);
}
END_TEST

START_TEST(bad_length)
{
    lln_head head = dense_head(12, 12, 3, 1, (lln_mask){0}, LLN_FLOAT64);
    expect_refusal(
        "reformer:b=4", NULL, 0, &head,
        "kernel 'reformer:b=4': 12 queries and 12 keys; expected equal "
        "multiples of 8");
    lln_head_free(&head);
}
END_TEST

START_TEST(bad_head)
{
    double numbers[12] = {0};
    lln_kernel_array rotations = {"rotations", {LLN_FLOAT64, 3, 4, numbers}};
    lln_head head =
        dense_head(12, 12, 3, 1, (lln_mask){.window = 3}, LLN_FLOAT64);
    expect_refusal("reformer:b=2", NULL, 0, &head,
                   "kernel 'reformer:b=2' does not support a window");
    head.rule.mask.window = 0;
    expect_refusal("reformer:b=2", &rotations, 1, &head,
                   "kernel 'reformer:b=2': array 'rotations' is 3 x 4; "
                   "expected 3 x 24");
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_reformer");
    TCase *all = tcase_create("reformer");
    tcase_add_loop_test(all, matrix, 0, CASES);
    tcase_add_loop_test(all, definition, 0, 2);
    tcase_add_test(all, draws);
    tcase_add_test(all, bad_length);
    tcase_add_test(all, bad_head);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
