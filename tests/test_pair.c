/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Comparisons of two attentions against rows of P and R that another path
 * computes: masks, kernels, hidden keys, sinks and outputs. */
#include "measure/pair.h"

#include "shapes.h"

#define LLN "lln:alpha=1.1:beta=0.9"
enum { FIELDS = sizeof(lln_pair) / sizeof(double) };

/* Adds a row's field to a mean. */
static void add(double value, double *sum, double *used)
{
    *sum += isnan(value) ? 0 : value;
    *used += !isnan(value);
}

/* The means over listed rows from dense entries of all keys that the mask
 * shows. */
static lln_pair slow_pair(lln_attention *p, lln_attention *r,
                          const size_t *list, size_t count, size_t top)
{
    double *a = dense_rows(p), *b = dense_rows(r), used[FIELDS] = {0};
    lln_pair out = {0};
    double product = 0, square = 0, other = 0;
    for (size_t i = 0; i < count; i++) {
        size_t query = list ? list[i] : i, first, end, from, to;
        lln_mask_keys(p->mask, p->n, p->m, query, &first, &end);
        lln_mask_keys(r->mask, p->n, p->m, query, &from, &to);
        if (first != from || end != to)
            continue;
        lln_row_pair row = lln_row_pair_from_entries(a + query * p->m + first,
                                                     b + query * p->m + first,
                                                     end - first, top);
        add(row.js, &out.js, &used[0]);
        add(row.kl, &out.kl, &used[1]);
        add(row.kl_reverse, &out.kl_reverse, &used[2]);
        add(row.variation, &out.variation, &used[3]);
        add(row.hellinger, &out.hellinger, &used[4]);
        add(row.cosine, &out.row_cosine, &used[5]);
        add(row.overlap, &out.top_overlap, &used[6]);
        add(row.recall, &out.transfer_recall, &used[7]);
        add(row.recall_relative, &out.transfer_recall_relative, &used[8]);
        product += row.product;
        square += row.square;
        other += row.other;
    }
    for (int f = 0; f < 9; f++)
        ((double *)&out)[f] /= used[f];
    out.matrix_cosine = product / sqrt(square * other);
    out.cosine = out.relative_error = NAN;
    free(a);
    free(b);
    return out;
}

static void expect_pair(const lln_pair *out, const lln_pair *wanted,
                        double tolerance)
{
    const double *x = (const double *)out, *y = (const double *)wanted;
    for (int f = 0; f < FIELDS; f++)
        if (isfinite(y[f]))
            expect_absolute(x[f], y[f], tolerance * (1 + fabs(y[f])));
        else
            ck_assert(isnan(y[f]) ? isnan(x[f]) : x[f] == y[f]);
}

static const char *const kernels[] = {
    "softmax", LLN, "elu", "relu", "window:reach=5", "topth:k=3"};

/* Two heads of several blocks of rows, each with each kind of kernel. */
static void check_pair(const lln_head *head, const lln_head *other,
                       const char *kernel, double tolerance)
{
    lln_attention p, r;
    lln_pair out, error;
    size_t list[] = {3, 4, 5, 17, 25, 26, head->q.rows - 1};
    if (!kernel_supports(kernel, head))
        return;
    open_kernel(kernel, head, NULL, 0, &p);
    open_kernel(kernel, other, NULL, 0, &r);
    lln_pair_options options = {.top = 5, .distances = true};
    expect_ok(lln_pair_measure(&p, &r, &options, &out, &error));
    lln_pair wanted = slow_pair(&p, &r, NULL, p.n, 5);
    expect_pair(&out, &wanted, tolerance);
    ck_assert(error.js == 0 && isnan(error.matrix_cosine));
    options.queries = list;
    options.count = sizeof list / sizeof *list;
    expect_ok(lln_pair_measure(&p, &r, &options, &out, &error));
    wanted = slow_pair(&p, &r, list, options.count, 5);
    expect_pair(&out, &wanted, tolerance);
    ck_assert(error.js > 0 && error.top_overlap >= 0);
    lln_attention_close(&p);
    lln_attention_close(&r);
}

START_TEST(masks_and_kernels)
{
    static const lln_mask masks[] = {{0},
                                     {.causal = true},
                                     {.causal = true, .window = 7},
                                     {.window = 9},
                                     {.causal = true, .prefix = 5},
                                     {.chunk = 16}};
    for (size_t i = 0; i < sizeof masks / sizeof *masks; i++) {
        size_t m = masks[i].chunk ? 200 : 203;
        lln_head head = dense_head(200, m, 6, 1, masks[i], LLN_FLOAT64);
        lln_head other = dense_head(200, m, 6, 2, masks[i], LLN_FLOAT64);
        check_pair(&head, &other, kernels[_i], 1e-12);
        lln_head_free(&head);
        lln_head_free(&other);
        head = dense_head(200, m, 6, 1, masks[i], LLN_FLOAT32);
        other = dense_head(200, m, 6, 2, masks[i], LLN_FLOAT32);
        check_pair(&head, &other, kernels[_i], 4e-6);
        lln_head_free(&head);
        lln_head_free(&other);
    }
}
END_TEST

/* Layers of one model may differ in their masks: the rows that see the same
 * keys are compared. */
START_TEST(masks_differ)
{
    lln_attention p, r;
    lln_pair out;
    lln_head head =
        dense_head(30, 30, 4, 1, (lln_mask){.causal = true}, LLN_FLOAT32);
    lln_head other = dense_head(
        30, 30, 4, 1, (lln_mask){.causal = true, .window = 4}, LLN_FLOAT32);
    open_kernel("softmax", &head, NULL, 0, &p);
    open_kernel("softmax", &other, NULL, 0, &r);
    lln_pair_options options = {.top = 2, .distances = true};
    expect_ok(lln_pair_measure(&p, &r, &options, &out, NULL));
    expect_absolute(out.js, 0, 1e-9); /* of rows 0 to 3 */
    ck_assert(out.top_overlap == 1);
    size_t last = 29;
    options.queries = &last;
    options.count = 1;
    expect_ok(lln_pair_measure(&p, &r, &options, &out, NULL));
    ck_assert(isnan(out.js) && isnan(out.top_overlap));
    ck_assert(isnan(out.matrix_cosine));
    lln_attention_close(&p);
    lln_attention_close(&r);
    lln_head_free(&head);
    lln_head_free(&other);
}
END_TEST

/* A mask with holes and rows without keys, by scores and by rows. */
START_TEST(hidden_keys)
{
    enum { N = 20, M = 26 };
    unsigned char flags[N * M];
    const char *kernel = _i == 0 ? "softmax" : "topth:k=3";
    for (size_t j = 0; j < N * M; j++)
        flags[j] = j % M % 5 != 2 && j / M != 7;
    lln_logit_grid grid = {.flags = flags, .slice = {0, N, M, M, 1}};
    lln_logit_bias bias = {.mask = &grid, .hides = true};
    lln_head head = dense_head(N, M, 4, 1, (lln_mask){0}, LLN_FLOAT64);
    lln_head other = dense_head(N, M, 4, 3, (lln_mask){0}, LLN_FLOAT64);
    lln_attention p, r;
    lln_pair out, wanted = {0};
    head.rule.bias = other.rule.bias = &bias;
    open_kernel(kernel, &head, NULL, 0, &p);
    open_kernel(kernel, &other, NULL, 0, &r);
    lln_pair_options options = {.top = 25, .distances = true};
    expect_ok(lln_pair_measure(&p, &r, &options, &out, NULL));
    ck_assert(out.top_overlap == 1); /* 21 keys are seen, fewer than 25 */
    double *a = dense_rows(&p), *b = dense_rows(&r), used = 0;
    for (size_t i = 0; i < N; i++)
        if (i != 7)
            add(lln_row_pair_from_entries(a + i * M, b + i * M, M, 0).js,
                &wanted.js, &used);
    expect_relative(out.js, wanted.js / used, 1e-12);
    free(a);
    free(b);
    lln_attention_close(&p);
    lln_attention_close(&r);
    lln_head_free(&head);
    lln_head_free(&other);
}
END_TEST

/* With a sink, rows sum to less than 1: distances are of divided rows, recall
 * and the matrix cosine of rows as they are. */
START_TEST(sink)
{
    lln_mask causal = {.causal = true};
    for (int single = 0; single < 2; single++) {
        lln_precision precision = single ? LLN_FLOAT32 : LLN_FLOAT64;
        lln_head head = dense_head(40, 40, 4, 1, causal, precision);
        lln_head other = dense_head(40, 40, 4, 2, causal, precision);
        head.rule.has_sink = other.rule.has_sink = true;
        head.rule.sink = 0.7;
        other.rule.sink = -0.4;
        check_pair(&head, &other, "softmax", single ? 1e-6 : 1e-13);
        lln_head_free(&head);
        lln_head_free(&other);
    }
}
END_TEST

/* Outputs against products of dense rows, each with its own values. */
START_TEST(output_values)
{
    enum { N = 33, M = 35, DV = 3 };
    lln_mask causal = {.causal = true};
    double v[2][M * DV], error2 = 0, output2 = 0, cosine = 0;
    for (int single = 0; single < 2; single++) {
        lln_precision precision = single ? LLN_FLOAT32 : LLN_FLOAT64;
        lln_head head = dense_head(N, M, 4, 1, causal, precision);
        lln_head other = dense_head(N, M, 4, 2, causal, precision);
        head.rule.has_sink = other.rule.has_sink = _i == 0;
        lln_attention p, r;
        lln_pair out;
        for (int a = 0; a < 2; a++)
            draw_numbers(50 + (uint64_t)a, M * DV, 1, v[a]);
        open_kernel(_i == 0 ? "softmax" : "topth:k=3", &head, NULL, 0, &p);
        open_kernel(_i == 0 ? "softmax" : "topth:k=3", &other, NULL, 0, &r);
        lln_pair_options options = {.values = {LLN_FLOAT64, M, DV, v[0]},
                                    .other_values = {LLN_FLOAT64, M, DV, v[1]},
                                    .top = 5,
                                    .distances = true};
        expect_ok(lln_pair_measure(&p, &r, &options, &out, NULL));
        lln_pair wanted = slow_pair(&p, &r, NULL, N, 5);
        double *a = dense_rows(&p), *b = dense_rows(&r);
        error2 = output2 = cosine = 0;
        for (size_t i = 0; i < N; i++) {
            double x[DV] = {0}, y[DV] = {0}, xy = 0, xx = 0, yy = 0;
            for (size_t c = 0; c < DV; c++) {
                for (size_t j = 0; j < M; j++) {
                    x[c] += a[i * M + j] * v[0][j * DV + c];
                    y[c] += b[i * M + j] * v[1][j * DV + c];
                }
                error2 += (x[c] - y[c]) * (x[c] - y[c]);
                xy += x[c] * y[c];
                xx += x[c] * x[c];
                yy += y[c] * y[c];
            }
            output2 += yy;
            cosine += xy / sqrt(xx * yy) / N;
        }
        wanted.relative_error = sqrt(error2 / output2);
        wanted.cosine = cosine;
        expect_pair(&out, &wanted, single ? 2e-6 : 1e-12);
        free(a);
        free(b);
        lln_attention_close(&p);
        lln_attention_close(&r);
        lln_head_free(&head);
        lln_head_free(&other);
    }
}
END_TEST

/* The same bytes with any number of threads. */
START_TEST(threads)
{
    lln_head head = dense_head(1000, 1000, 8, 1, (lln_mask){0}, LLN_FLOAT32);
    lln_head other = dense_head(1000, 1000, 8, 2, (lln_mask){0}, LLN_FLOAT32);
    lln_attention p, r;
    lln_pair one, two;
    open_kernel("softmax", &head, NULL, 0, &p);
    open_kernel("softmax", &other, NULL, 0, &r);
    lln_pair_options options = {
        .values = head.q, .other_values = other.q, .top = 5, .distances = true};
    lln_threads_set(1);
    expect_ok(lln_pair_measure(&p, &r, &options, &one, NULL));
    lln_threads_set(2);
    expect_ok(lln_pair_measure(&p, &r, &options, &two, NULL));
    ck_assert_int_eq(memcmp(&one, &two, sizeof one), 0);
    lln_attention_close(&p);
    lln_attention_close(&r);
    lln_head_free(&head);
    lln_head_free(&other);
}
END_TEST

START_TEST(only_what_is_asked)
{
    lln_head head = dense_head(9, 9, 2, 1, (lln_mask){0}, LLN_FLOAT32);
    lln_attention p;
    lln_pair out;
    open_kernel("softmax", &head, NULL, 0, &p);
    lln_pair_options options = {.distances = true};
    expect_ok(lln_pair_measure(&p, &p, &options, &out, NULL));
    ck_assert(out.js == 0 && isnan(out.top_overlap));
    options = (lln_pair_options){.top = 3};
    expect_ok(lln_pair_measure(&p, &p, &options, &out, NULL));
    ck_assert(isnan(out.js) && out.top_overlap == 1);
    ck_assert(out.transfer_recall_relative == 1 && isnan(out.matrix_cosine));
    lln_attention_close(&p);
    lln_head_free(&head);
}
END_TEST

START_TEST(refusals)
{
    lln_head head = dense_head(9, 9, 2, 1, (lln_mask){0}, LLN_FLOAT32);
    lln_head wide = dense_head(9, 10, 2, 1, (lln_mask){0}, LLN_FLOAT32);
    lln_attention p, r;
    lln_pair out;
    size_t none = 0;
    open_kernel("softmax", &head, NULL, 0, &p);
    open_kernel("softmax", &wide, NULL, 0, &r);
    lln_pair_options options = {.top = 1};
    expect_status(lln_pair_measure(&p, &r, &options, &out, NULL), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "attention is 9 x 9, the other 9 x 10");
    options.top = LLN_ROW_TOP + 1;
    expect_status(lln_pair_measure(&p, &p, &options, &out, NULL), LLN_EINVAL);
    options.top = 1;
    options.queries = &none;
    expect_status(lln_pair_measure(&p, &p, &options, &out, NULL), LLN_EINVAL);
    options.queries = NULL;
    options.values = head.k;
    options.other_values = wide.k;
    expect_status(lln_pair_measure(&p, &p, &options, &out, NULL), LLN_EINVAL);
    lln_attention_close(&p);
    lln_attention_close(&r);
    lln_head_free(&head);
    lln_head_free(&wide);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pair");
    TCase *measure = tcase_create("lln_pair_measure");
    tcase_add_loop_test(measure, masks_and_kernels, 0,
                        sizeof kernels / sizeof *kernels);
    tcase_add_test(measure, masks_differ);
    tcase_add_loop_test(measure, hidden_keys, 0, 2);
    tcase_add_test(measure, sink);
    tcase_add_loop_test(measure, output_values, 0, 2);
    tcase_add_test(measure, threads);
    tcase_add_test(measure, only_what_is_asked);
    tcase_add_test(measure, refusals);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
