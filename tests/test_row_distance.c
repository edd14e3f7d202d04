/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Distances of attention from a reference, against lln_fidelity_measure, whose
 * own test has a slow version. */
#include "measure/row_distance.h"

#include "cases.h"
#include "core/random.h"
#include "core/threads.h"
#include "measure/fidelity.h"

static lln_fidelity measured_slowly(const lln_head *head, const char *kernel,
                                    const char *reference)
{
    lln_attention p, r;
    lln_fidelity_options options = {.top = 1};
    lln_fidelity fidelity;
    case_open(head, kernel, &p);
    case_open(head, reference, &r);
    expect_ok(lln_fidelity_measure(&p, &r, &options, &fidelity, NULL));
    lln_attention_close(&p);
    lln_attention_close(&r);
    return fidelity;
}

static lln_distance measured(const lln_head *head, const char *kernel,
                             const char *reference)
{
    lln_attention p, r;
    lln_distance_reference *open;
    lln_distance distance, again;
    case_open(head, kernel, &p);
    case_open(head, reference, &r);
    expect_ok(lln_distance_open(&r, &open));
    expect_ok(lln_distance_measure(open, &p, &distance));
    /* The second time, the reference is not computed again. */
    expect_ok(lln_distance_measure(open, &p, &again));
    ck_assert_mem_eq(&distance, &again, sizeof distance);
    lln_distance_close(open);
    lln_attention_close(&p);
    lln_attention_close(&r);
    return distance;
}

static void expect_agreement(const lln_head *head, const char *kernel,
                             const char *reference, double tolerance)
{
    lln_fidelity slow = measured_slowly(head, kernel, reference);
    lln_distance fast = measured(head, kernel, reference);
    expect_relative(fast.divergence, slow.divergence, tolerance);
    expect_relative(fast.variation, slow.variation, tolerance);
    expect_relative(fast.matrix_error, slow.matrix_error, tolerance);
}

START_TEST(distance_cases)
{
    bool causal = _i % 2, single = _i / 2 % 2;
    const char *name = CASES[_i / 4].name;
    lln_head head = case_head(name, single ? LLN_FLOAT32 : LLN_FLOAT64, causal);
    expect_agreement(&head, CASES[_i / 4].lln, "softmax",
                     single ? 1e-5 : 1e-11);
    expect_agreement(&head, "softmax", CASES[_i / 4].lln,
                     single ? 1e-5 : 1e-11);
    head.k.rows -= 7;
    head.q.rows -= causal ? 20 : 3;
    expect_agreement(&head, CASES[_i / 4].lln, "softmax",
                     single ? 1e-5 : 1e-11);
    lln_head_free(&head);
}
END_TEST

/* P = (1/2, 1/2), R = (1/4, 3/4), in closed form; then P = R. */
START_TEST(distance_by_hand)
{
    static const double q[1] = {1}, k[2] = {0, 1.0986122886681098};
    lln_head head = {.source = "test", .rule.scale = 1};
    head.q = (lln_matrix){LLN_FLOAT64, 1, 1, q};
    head.k = (lln_matrix){LLN_FLOAT64, 2, 1, k};
    lln_distance d = measured(&head, "lln:alpha=0:beta=0", "softmax");
    expect_absolute(d.variation, 0.25, 1e-15);
    expect_absolute(d.divergence, log(0.5) / 4 + log(1.5) * 3 / 4, 1e-15);
    expect_absolute(d.matrix_error, sqrt(0.125 / 0.625), 1e-15);
    d = measured(&head, "lln:alpha=3:beta=1", "softmax");
    expect_absolute(d.variation, 0, 1e-15);
    expect_absolute(d.divergence, 0, 1e-15);
    ck_assert_double_ge(d.divergence, 0);
}
END_TEST

/* 2100 rows of 2100 keys have more entries than are kept. */
START_TEST(distance_blocks)
{
    enum { N = 2100 };
    float *x = lln_array_alloc(4 * N, sizeof *x);
    for (uint32_t i = 0; i < 4 * N; i++)
        x[i] = (float)((double)lln_random_number(3, i) * 0x1p-64 * 4 - 2);
    lln_head head = {.source = "test", .rule.scale = 1};
    head.q = (lln_matrix){LLN_FLOAT32, N, 2, x};
    head.k = (lln_matrix){LLN_FLOAT32, N, 2, x + 2 * N};
    head.rule.mask.causal = _i;
    expect_agreement(&head, "lln:alpha=1.5:beta=0.7", "softmax", 1e-5);
    free(x);
}
END_TEST

/* A sink takes mass from R only. */
START_TEST(distance_sink)
{
    lln_head head = case_head("A", LLN_FLOAT64, false);
    lln_head with = head;
    lln_attention p, r;
    lln_distance_reference *open;
    lln_distance fast;
    lln_fidelity slow;
    lln_fidelity_options options = {.top = 1};
    with.rule.sink = 2;
    with.rule.has_sink = true;
    case_open(&head, CASES[0].lln, &p);
    case_open(&with, "softmax", &r);
    expect_ok(lln_fidelity_measure(&p, &r, &options, &slow, NULL));
    expect_ok(lln_distance_open(&r, &open));
    expect_ok(lln_distance_measure(open, &p, &fast));
    expect_relative(fast.divergence, slow.divergence, 1e-11);
    expect_relative(fast.matrix_error, slow.matrix_error, 1e-11);
    expect_relative(fast.variation, slow.variation, 1e-11);
    lln_distance_close(open);
    lln_attention_close(&p);
    lln_attention_close(&r);
    lln_head_free(&head);
}
END_TEST

START_TEST(distance_statuses)
{
    lln_head head = case_head("A", LLN_FLOAT64, false), shorter = head;
    lln_attention p, r, rows;
    lln_distance_reference *open = NULL;
    lln_distance distance;
    shorter.k.rows -= 1;
    case_open(&shorter, "softmax", &p);
    case_open(&head, "softmax", &r);
    case_open(&head, "nystrom:landmarks=8", &rows);
    expect_status(lln_distance_open(&rows, &open), LLN_EINVAL);
    ck_assert_ptr_null(open);
    expect_ok(lln_distance_open(&r, &open));
    expect_status(lln_distance_measure(open, &p, &distance), LLN_EINVAL);
    expect_status(lln_distance_measure(open, &rows, &distance), LLN_EINVAL);
    lln_stop_requested = 1;
    expect_status(lln_distance_measure(open, &r, &distance), LLN_EINTERRUPTED);
    lln_stop_requested = 0;
    expect_ok(lln_distance_measure(open, &r, &distance));
    ck_assert_double_eq(distance.variation, 0);
    lln_distance_close(open);
    lln_distance_close(NULL);
    lln_attention_close(&p);
    lln_attention_close(&r);
    lln_attention_close(&rows);
    lln_head_free(&head);
}
END_TEST

/* Different masks cannot be compared. */
START_TEST(distance_masks)
{
    lln_head head = case_head("A", LLN_FLOAT64, false), causal = head;
    lln_attention p, r;
    lln_distance_reference *open;
    lln_distance distance;
    causal.rule.mask.causal = true;
    case_open(&head, "softmax", &p);
    case_open(&causal, "softmax", &r);
    expect_ok(lln_distance_open(&r, &open));
    expect_ok(lln_distance_measure(open, &p, &distance));
    ck_assert(isnan(distance.divergence) && isnan(distance.variation) &&
              isnan(distance.matrix_error));
    lln_distance_close(open);
    lln_attention_close(&p);
    lln_attention_close(&r);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("row_distance");
    TCase *distance = tcase_create("row_distance");
    tcase_add_loop_test(distance, distance_cases, 0, 4 * CASE_COUNT);
    tcase_add_test(distance, distance_by_hand);
    tcase_add_loop_test(distance, distance_blocks, 0, 2);
    tcase_add_test(distance, distance_sink);
    tcase_add_test(distance, distance_statuses);
    tcase_add_test(distance, distance_masks);
    suite_add_tcase(suite, distance);
    return run_suite(suite);
}
