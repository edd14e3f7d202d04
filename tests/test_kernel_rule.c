/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels of softmax under all parts of the rule of logits, against the
 * definition: a cap, a bias by distance, by position and from arrays, masks of
 * all kinds and a sink, one by one and together. */
#include "kernel/attention.h"

#include "cases.h"
#include "dense.h"
#include "measure/operator.h"
#include "measure/rows.h"

enum { N = 37, M = 41, D = 6, SQUARE = 41 };

/* Documents of 5, 12, 1 and 23 keys. */
static size_t first_key[M], end_key[M];
static const lln_documents documents = {M, first_key, end_key};
static double slopes[2 * M - 1], positions[M], numbers[M * M];
static unsigned char flags[M * M];
static lln_logit_grid grid, mask;

static void fill(void)
{
    static const size_t start[] = {0, 5, 17, 18, M};
    for (size_t d = 0; d < 4; d++)
        for (size_t j = start[d]; j < start[d + 1]; j++) {
            first_key[j] = start[d];
            end_key[j] = start[d + 1];
        }
    draw_numbers(11, 2 * M - 1, 2, slopes);
    draw_numbers(12, M * M, 1.5, numbers);
    for (size_t j = 0; j < M; j++)
        positions[j] = (double)(j * j % 19 + j);
    for (size_t e = 0; e < (size_t)M * M; e++) {
        flags[e] = numbers[e] > -1;
        if (numbers[e] < -2.5)
            numbers[e] = -INFINITY;
    }
    for (size_t i = 0; i < M; i++) { /* of query i + M - n and of query i */
        size_t own = i * M + i;
        flags[own] = 1;
        numbers[own] = 0.3;
        for (size_t j = 0; j <= 4 && j <= i; j++) {
            flags[own - j] = 1;
            numbers[own - j] = isinf(numbers[own - j]) ? -1 : numbers[own - j];
        }
        for (size_t j = 0; j <= 4 && i + j < M; j++)
            flags[own + j] = 1;
    }
    grid = (lln_logit_grid){.tensor = {LLN_DTYPE_F64, .axes = 2,
                                       .shape = {M, M}, .strides = {M, 1},
                                       .data = (const unsigned char *)numbers},
                            .slice = {0, M, M, M, 1}};
    mask = (lln_logit_grid){.flags = flags, .slice = {0, M, M, M, 1}};
}

/* What the bias adds for query i at key p, and key j. */
static double bias_of(const lln_logit_bias *bias, size_t i, size_t p, size_t j)
{
    double sum = 0;
    if (bias->by_distance)
        sum += bias->by_distance[bias->zero + j - p];
    if (bias->position)
        sum -= bias->slope * fabs(bias->position[p] - bias->position[j]);
    if (bias->numbers)
        sum += numbers[i * M + j];
    if (bias->mask && !flags[i * M + j])
        sum = -INFINITY;
    return sum;
}

/* The definition of the mask, pair by pair. */
static bool sees(lln_mask x, size_t n, size_t m, size_t i, size_t j)
{
    size_t p = x.top ? i : i + m - n;
    size_t right = x.right || x.causal ? x.right : x.window;
    if (x.causal && j > p && j >= x.prefix)
        return false;
    if (x.window > 0 && j + x.window <= p)
        return false;
    if (right > 0 && j >= p + right)
        return false;
    if ((x.chunk > 0 && j / x.chunk != p / x.chunk) ||
        (x.block > 0 && j / x.block != p / x.block))
        return false;
    return !x.documents ||
           (j >= x.documents->first[p] && j < x.documents->end[p]);
}

static double logit_of(const lln_head *head, size_t i, size_t j)
{
    const lln_logit_rule *rule = &head->rule;
    size_t n = head->q.rows, m = head->k.rows;
    double s = dense_logit(head, i, j);
    if (rule->softcap > 0)
        s = rule->softcap * tanh(s / rule->softcap);
    if (rule->bias)
        s += bias_of(rule->bias, i, rule->mask.top ? i : i + m - n, j);
    return sees(rule->mask, n, m, i, j) ? s : -INFINITY;
}

/* Release by free. */
static double *dense_rule(const lln_head *head)
{
    size_t n = head->q.rows, m = head->k.rows;
    double *p = lln_array_alloc(n * m, sizeof *p);
    for (size_t i = 0; i < n; i++) {
        double sum = head->rule.has_sink ? exp(head->rule.sink) : 0;
        for (size_t j = 0; j < m; j++)
            sum += p[i * m + j] = exp(logit_of(head, i, j));
        for (size_t j = 0; j < m; j++)
            p[i * m + j] /= sum;
    }
    return p;
}

static const lln_logit_bias by_distance = {.by_distance = slopes,
                                           .zero = M - 1};
static const lln_logit_bias by_position = {.position = positions, .slope = 0.2};
static const lln_logit_bias by_numbers = {.numbers = &grid, .hides = true};
static const lln_logit_bias by_flags = {.mask = &mask, .hides = true};
static const lln_logit_bias by_all = {.by_distance = slopes,
                                      .zero = M - 1,
                                      .position = positions,
                                      .slope = 0.1,
                                      .numbers = &grid,
                                      .mask = &mask,
                                      .hides = true};

static const lln_logit_rule rules[] = {
    {.softcap = 0.7},
    {.bias = &by_distance},
    {.bias = &by_position},
    {.bias = &by_numbers},
    {.bias = &by_flags},
    {.has_sink = true, .sink = 0},
    {.has_sink = true, .sink = 3.1},
    {.mask = {.causal = true, .prefix = 9}},
    {.mask = {.causal = true, .prefix = 9, .window = 4}},
    {.mask = {.causal = true, .top = true}},
    {.mask = {.causal = true, .top = true, .window = 3}},
    {.mask = {.window = 4, .right = 3}},
    {.mask = {.window = 4, .right = 1000}},
    {.mask = {.right = 2}},
    {.mask = {.chunk = 7}},
    {.mask = {.causal = true, .chunk = 7}},
    {.mask = {.documents = &documents}},
    {.mask = {.causal = true, .documents = &documents, .window = 5}},
    {.mask = {.causal = true, .prefix = 9, .documents = &documents}},
    {.mask = {.causal = true}, .bias = &by_all, .softcap = 1.3},
    {.mask = {.causal = true, .window = 5},
     .bias = &by_distance,
     .softcap = 1.3,
     .has_sink = true,
     .sink = -0.4},
    {.mask = {.documents = &documents, .chunk = 6},
     .bias = &by_flags,
     .has_sink = true,
     .sink = 1},
};

enum { RULES = sizeof rules / sizeof *rules, SHAPES = 2, PRECISIONS = 2 };

static lln_head rule_head(int number)
{
    size_t n = number % SHAPES ? SQUARE : N;
    lln_precision precision =
        number / SHAPES % PRECISIONS ? LLN_FLOAT32 : LLN_FLOAT64;
    lln_logit_rule rule = rules[number / SHAPES / PRECISIONS];
    lln_head head = dense_head(n, M, D, 1.5, rule.mask, precision);
    double scale = head.rule.scale;
    head.rule = rule;
    head.rule.scale = scale;
    return head;
}

START_TEST(softmax_rules)
{
    fill();
    lln_head head = rule_head(_i);
    bool single = head.q.precision == LLN_FLOAT32;
    double *p = dense_rule(&head);
    lln_attention attention;
    case_open(&head, "softmax", &attention);
    expect_dense(&attention, p, single ? 2e-6 : 1e-13, 5e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

/* Row by row: entropy of the row divided by its sum, and what a visitor of the
 * scores sees. */
typedef struct {
    const lln_head *head;
    bool same;
} visited;

static void visit(void *context, int thread, size_t index, const lln_row *row,
                  lln_matrix scores)
{
    visited *v = context;
    size_t at = 0;
    double shift = NAN;
    (void)thread;
    for (size_t j = 0; j < M; j++) {
        double s = logit_of(v->head, index, j);
        if (isinf(s))
            continue;
        double here = lln_matrix_get(scores, 0, at++);
        if (isnan(shift))
            shift = s - here;
        if (!(fabs(s - here - shift) < 1e-4))
            v->same = false;
    }
    if (at != row->keys || scores.columns != at)
        v->same = false;
}

START_TEST(rows_rules)
{
    fill();
    lln_head head = rule_head(_i);
    size_t n = head.q.rows;
    double *p = dense_rule(&head);
    double tolerance = head.q.precision == LLN_FLOAT32 ? 1e-5 : 1e-12;
    lln_row *rows = lln_array_alloc(n, sizeof *rows);
    lln_attention attention;
    visited v = {&head, true};
    case_open(&head, "softmax", &attention);
    expect_ok(lln_rows_visit(&attention, NULL, n, visit, &v, rows));
    ck_assert(v.same);
    for (size_t i = 0; i < n; i++) {
        double sum = 0, entropy = 0, top = 0, most = -INFINITY;
        size_t keys = 0;
        for (size_t j = 0; j < M; j++)
            sum += p[i * M + j];
        for (size_t j = 0; j < M; j++) {
            double share = p[i * M + j] / sum;
            keys += share > 0;
            entropy -= share > 0 ? share * log(share) : 0;
            top = fmax(top, p[i * M + j]);
            most = fmax(most, logit_of(&head, i, j));
        }
        ck_assert_uint_eq(rows[i].keys, keys);
        expect_absolute(rows[i].entropy, entropy, tolerance);
        expect_absolute(rows[i].outside, 1 - sum, tolerance);
        expect_absolute(rows[i].sum, sum, tolerance);
        expect_absolute(rows[i].top, top, tolerance);
        expect_absolute(rows[i].logit, most, 10 * tolerance);
    }
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(rows);
    free(p);
}
END_TEST

/* Products by the operator of spectra, which keeps weights of rows. */
START_TEST(operator_rules)
{
    fill();
    lln_head head = rule_head(_i);
    size_t n = head.q.rows;
    double *p = dense_rule(&head), x[M], y[M], wanted[M];
    double tolerance = head.q.precision == LLN_FLOAT32 ? 1e-5 : 1e-12;
    lln_attention attention;
    lln_operator op;
    draw_numbers(3, M, 1, x);
    dense_multiply(p, n, M, false, x, 1, wanted);
    case_open(&head, "softmax", &attention);
    expect_ok(lln_operator_open(&attention, 1 << 20, &op));
    expect_ok(lln_operator_product(&op, x, y));
    expect_all((lln_matrix){LLN_FLOAT64, n, 1, y}, wanted, tolerance);
    dense_multiply(p, n, M, true, x, 1, wanted);
    expect_ok(lln_operator_transposed(&op, x, y));
    expect_all((lln_matrix){LLN_FLOAT64, M, 1, y}, wanted, tolerance);
    lln_operator_close(&op);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

/* Kernels with keys of their own: those of each row by the logits. */
START_TEST(kvt_rules)
{
    fill();
    lln_head head = rule_head(_i);
    if (head.rule.has_sink || head.q.precision == LLN_FLOAT32) {
        lln_head_free(&head);
        return;
    }
    size_t n = head.q.rows;
    double *p = lln_array_alloc(n * M, sizeof *p);
    for (size_t i = 0; i < n; i++) {
        double sum = 0, kept[3] = {-INFINITY, -INFINITY, -INFINITY};
        for (size_t j = 0; j < M; j++) {
            double s = logit_of(&head, i, j);
            for (int r = 0; r < 3; r++)
                if (s > kept[r]) {
                    double t = kept[r];
                    kept[r] = s;
                    s = t;
                }
        }
        for (size_t j = 0; j < M; j++)
            if (logit_of(&head, i, j) >= kept[2])
                sum += p[i * M + j] = exp(logit_of(&head, i, j));
        for (size_t j = 0; j < M; j++)
            p[i * M + j] /= sum;
    }
    lln_attention attention;
    case_open(&head, "kvt:k=3", &attention);
    expect_dense(&attention, p, 1e-13, 1e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

/* LLN attention has no logits, but may see any run of keys. */
START_TEST(lln_runs)
{
    fill();
    lln_head head = rule_head(_i);
    if (head.rule.has_sink || head.rule.bias || head.rule.softcap > 0) {
        lln_head_free(&head);
        return;
    }
    double single = head.q.precision == LLN_FLOAT32;
    double *p = dense_lln(&head, 0.8, 1.1);
    lln_attention attention;
    case_open(&head, "lln:alpha=0.8:beta=1.1", &attention);
    expect_dense(&attention, p, single ? 3e-6 : 1e-13, 5e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

START_TEST(mask_keys_sees)
{
    fill();
    lln_head head = rule_head(_i);
    size_t n = head.q.rows, first, end;
    bool same = true;
    for (size_t i = 0; i < n; i++) {
        lln_mask_keys(head.rule.mask, n, M, i, &first, &end);
        for (size_t j = 0; j < M; j++)
            same &= (j >= first && j < end) == sees(head.rule.mask, n, M, i, j);
    }
    ck_assert(same);
    lln_head_free(&head);
}
END_TEST

/* Logits of tens under a cap: float32 to 1e-5 of each probability. */
START_TEST(softmax_large_cap)
{
    lln_head head = dense_head(SQUARE, M, D, 3, (lln_mask){0}, LLN_FLOAT32);
    head.rule.softcap = 30;
    double *p = dense_rule(&head);
    lln_attention attention;
    case_open(&head, "softmax", &attention);
    expect_dense(&attention, p, 1e-5, 1e-5);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel rule");
    TCase *t = tcase_create("rule");
    int all = RULES * SHAPES * PRECISIONS;
    tcase_add_loop_test(t, softmax_rules, 0, all);
    tcase_add_loop_test(t, rows_rules, 0, all);
    tcase_add_loop_test(t, operator_rules, 0, all);
    tcase_add_loop_test(t, kvt_rules, 0, all);
    tcase_add_loop_test(t, lln_runs, 0, all);
    tcase_add_loop_test(t, mask_keys_sees, 0, all);
    tcase_add_test(t, softmax_large_cap);
    suite_add_tcase(suite, t);
    return run_suite(suite);
}
