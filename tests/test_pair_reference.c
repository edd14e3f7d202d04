/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Comparisons of two attentions against tests/data/focus/compare.csv, by a
 * dense float64 program; see the README there. */
#include "measure/pair.h"

#include "dense.h"
#include "reference.h"

#define FOLDER "tests/data/focus/"
#define LLN "lln:alpha=1.1:beta=0.9"

static double *read_values(const char *name, const char *which, size_t count)
{
    char path[128];
    double *out = lln_array_alloc(count, sizeof *out);
    snprintf(path, sizeof path, FOLDER "%s_%s.npy", name, which);
    reference_array(path, out, count);
    return out;
}

static const struct {
    const char *name;
    size_t n, m, d;
    lln_mask mask;
    bool second;
} cases[] = {{"none", 64, 64, 8, {0}, true},
             {"causal", 96, 96, 16, {.causal = true}, true},
             {"cross", 48, 90, 12, {0}, true},
             {"window", 80, 80, 8, {.causal = true, .window = 12}, false},
             {"short", 40, 72, 8, {.causal = true}, false}};
enum { CASE_COUNT = sizeof cases / sizeof *cases };

/* A head of a case; the caller frees its storage. */
static lln_head read_head(int at, bool second, lln_precision precision)
{
    size_t n = cases[at].n, m = cases[at].m, d = cases[at].d;
    size_t size = lln_precision_size(precision);
    double *q = read_values(cases[at].name, second ? "second_q" : "q", n * d);
    double *k = read_values(cases[at].name, second ? "second_k" : "k", m * d);
    char *both = lln_array_alloc((n + m) * d, size);
    lln_matrix_convert((lln_matrix){LLN_FLOAT64, n, d, q}, precision, both);
    lln_matrix_convert((lln_matrix){LLN_FLOAT64, m, d, k}, precision,
                       both + n * d * size);
    free(q);
    free(k);
    return (lln_head){.source = "focus",
                      .layer = -1,
                      .head = -1,
                      .q = {precision, n, d, both},
                      .k = {precision, m, d, both + n * d * size},
                      .rule.mask = cases[at].mask,
                      .rule.scale = 1 / sqrt((double)d),
                      .storage = both};
}

static double reference(const char *name, const char *first, const char *second,
                        const char *quantity)
{
    char key[160];
    double value;
    snprintf(key, sizeof key, "%s,%s,%s,%s,", name, first, second, quantity);
    reference_values(FOLDER "compare.csv", key, &value, 1);
    return value;
}

static void check_reference(int at, bool second, lln_precision precision,
                            size_t top, double tolerance)
{
    lln_attention p, r;
    lln_pair out;
    char recall[64], relative[64], overlap[64];
    const char *a = second ? "softmax:first" : "softmax";
    const char *b = second ? "softmax:second" : LLN;
    lln_head head = read_head(at, false, precision);
    lln_head other = read_head(at, second, precision);
    open_kernel("softmax", &head, NULL, 0, &p);
    open_kernel(second ? "softmax" : LLN, &other, NULL, 0, &r);
    lln_pair_options options = {.top = top, .distances = true};
    expect_ok(lln_pair_measure(&p, &r, &options, &out, NULL));
    snprintf(recall, sizeof recall, "transfer_recall_%zu", top);
    snprintf(relative, sizeof relative, "transfer_recall_relative_%zu", top);
    snprintf(overlap, sizeof overlap, "top_overlap_%zu", top);
    const struct {
        const char *name;
        double value;
    } values[] = {{"js_nats", out.js},
                  {"kl_nats", out.kl},
                  {"kl_reverse_nats", out.kl_reverse},
                  {"total_variation", out.variation},
                  {"hellinger", out.hellinger},
                  {"cosine", out.row_cosine},
                  {overlap, out.top_overlap},
                  {recall, out.transfer_recall},
                  {relative, out.transfer_recall_relative},
                  {"matrix_cosine", out.matrix_cosine}};
    for (size_t i = 0; i < sizeof values / sizeof *values - !second; i++)
        expect_relative(values[i].value,
                        reference(cases[at].name, a, b, values[i].name),
                        tolerance);
    ck_assert(isnan(out.cosine) && isnan(out.relative_error));
    lln_attention_close(&p);
    lln_attention_close(&r);
    lln_head_free(&head);
    lln_head_free(&other);
}

START_TEST(measure_references)
{
    check_reference(_i, false, LLN_FLOAT64, 4, 1e-12);
    check_reference(_i, false, LLN_FLOAT32, 4, 1e-5);
    for (size_t top = 4; cases[_i].second && top <= 10; top += 6) {
        check_reference(_i, true, LLN_FLOAT64, top, 1e-12);
        check_reference(_i, true, LLN_FLOAT32, top, 1e-5);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("pair_reference");
    TCase *measure = tcase_create("lln_pair_measure");
    tcase_add_loop_test(measure, measure_references, 0, CASE_COUNT);
    suite_add_tcase(suite, measure);
    return run_suite(suite);
}
