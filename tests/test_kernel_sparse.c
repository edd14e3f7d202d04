/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels with few keys in each row, against reference matrices and against
 * dense definitions. test_kernel_reformer.c has reformer. */
#include "dense.h"
#include "kernel/sparse/top_keys.h"
#include "kernel_cases.h"

static const kernel_case cases[] = {
    {.kernel = "dilated:reach=2:dilation=2", .matrix = "swa_w2_dil2"},
    {.kernel = "dilated:reach=2:dilation=2", .matrix = "swa_w2_dil2_causal"},
    {.kernel = "dilated:reach=2:dilation=1", .matrix = "swa_w2"},
    {.kernel = "dilated:reach=20:dilation=1", .matrix = "softmax_causal"},
    {.kernel = "kvt:k=4", .matrix = "kvt_k4"},
    {.kernel = "kvt:k=4", .matrix = "kvt_k4_causal"},
    {.kernel = "kvt", .matrix = "softmax"},
    {.kernel = "topp:p=0.8", .matrix = "topp_p0.8", .n = 13},
    {.kernel = "topp:p=0.5", .matrix = "topp_p0.5_causal", .n = 13},
    {.kernel = "topp:p=1", .matrix = "softmax_causal"},
    {.kernel = "blocktopk:block=4:k=3",
     .matrix = "blocktopk_mean_b4_k3_causal_n24",
     .n = 24},
    {.kernel = "blocktopk:block=4:k=3:score=minmax:own=no",
     .matrix = "blocktopk_minmax_b4_k3_noown_causal_n24",
     .n = 24},
    {.kernel = "blocktopk:block=5:k=2:score=mass",
     .matrix = "blocktopk_mass_b5_k2_n24",
     .n = 24},
    {.kernel = "blocktopk:block=4:k=3:score=max",
     .matrix = "blocktopk_max_b4_k3_n24",
     .n = 24},
    {.kernel = "blocktopk:block=5:k=1", .matrix = "blockdiag_b5_causal"},
    {.kernel = "blocktopk", .matrix = "softmax"},
    {.kernel = "entmax", .matrix = "entmax1.5", .n = 13},
    {.kernel = "entmax:alpha=1.25", .matrix = "entmax1.25_causal", .n = 13},
    {.kernel = "entmax:alpha=2", .matrix = "sparsemax", .n = 13},
    {.kernel = "sparsemax", .matrix = "sparsemax_causal", .n = 13},
};
enum { CASES = sizeof cases / sizeof cases[0] };

START_TEST(matrix)
{
    expect_kernel(&cases[_i]);
}
END_TEST

/* ------------------------------------------------------------------ dense */

/* A kernel, its parameters, and its matrix by the definition. */
typedef struct {
    const char *kernel;
    size_t a, b; /* parameters */
    size_t n, m, d;
    lln_mask mask;
    void (*fill)(const lln_head *head, size_t a, size_t b, double *p);
} dense_case;

/* Softmax over the keys for which keep() is true. */
static void fill_softmax(const lln_head *head, size_t a, size_t b,
                         bool (*keep)(const lln_head *head, size_t i, size_t j,
                                      size_t a, size_t b),
                         double *p)
{
    for (size_t i = 0; i < head->q.rows; i++, p += head->k.rows) {
        double sum = 0;
        for (size_t j = 0; j < head->k.rows; j++)
            sum += p[j] =
                keep(head, i, j, a, b) ? exp(dense_logit(head, i, j)) : 0;
        for (size_t j = 0; j < head->k.rows; j++)
            p[j] /= sum;
    }
}

static bool in_reach(const lln_head *head, size_t i, size_t j, size_t w,
                     size_t dilation)
{
    size_t at = i + head->k.rows - head->q.rows;
    size_t distance = at > j ? at - j : j - at;
    return distance % dilation == 0 && distance / dilation <= w &&
           dense_allowed(head, i, j);
}

static void fill_dilated(const lln_head *head, size_t w, size_t dilation,
                         double *p)
{
    fill_softmax(head, w, dilation, in_reach, p);
}

/* Whether fewer than k allowed keys come before key j in the order of logits
 * and, for equal ones, of indices. */
static bool among(const lln_head *head, size_t i, size_t j, size_t k,
                  size_t unused)
{
    size_t before = 0;
    (void)unused;
    double own = dense_logit(head, i, j);
    for (size_t l = 0; l < head->k.rows; l++) {
        double other = dense_logit(head, i, l);
        before += dense_allowed(head, i, l) &&
                  (other > own || (other == own && l < j));
    }
    return dense_allowed(head, i, j) && before < k;
}

static void fill_kvt(const lln_head *head, size_t k, size_t unused, double *p)
{
    fill_softmax(head, k, unused, among, p);
}

/* After softmax, the lost mass is spread over all keys of the row. */
static void fill_topth(const lln_head *head, size_t k, size_t unused, double *p)
{
    size_t m = head->k.rows;
    double *full = dense_softmax(head);
    (void)unused;
    for (size_t i = 0; i < head->q.rows; i++) {
        double mass = 0, keys = 0;
        for (size_t j = 0; j < m; j++) {
            p[i * m + j] = among(head, i, j, k, 0) ? full[i * m + j] : 0;
            mass += p[i * m + j];
            keys += dense_allowed(head, i, j);
        }
        for (size_t j = 0; j < m; j++)
            if (dense_allowed(head, i, j))
                p[i * m + j] += (1 - mass) / keys;
    }
    free(full);
}

static const dense_case others[] = {
    {"dilated:reach=%zu:dilation=%zu", 3, 5, 130, 130, 5, {0}, fill_dilated},
    {"dilated:reach=%zu:dilation=%zu",
     9,
     2,
     37,
     130,
     16,
     {.causal = true},
     fill_dilated},
    {"dilated:reach=%zu:dilation=%zu",
     9,
     2,
     130,
     130,
     5,
     {.window = 8},
     fill_dilated},
    {"dilated:reach=%zu:dilation=%zu", 0, 1, 37, 37, 5, {0}, fill_dilated},
    {"dilated:reach=%zu:dilation=%zu", 1, 1, 1, 1, 5, {0}, fill_dilated},
    {"kvt:k=%zu", 7, 0, 130, 130, 5, {0}, fill_kvt},
    {"kvt:k=%zu", 7, 0, 130, 130, 16, {.causal = true}, fill_kvt},
    {"kvt:k=%zu", 1, 0, 37, 130, 5, {.causal = true}, fill_kvt},
    {"kvt:k=%zu", 5, 0, 130, 37, 5, {0}, fill_kvt},
    {"kvt:k=%zu", 5, 0, 130, 130, 5, {.window = 20}, fill_kvt},
    {"kvt:k=%zu", 3, 0, 1, 1, 5, {.causal = true}, fill_kvt},
    {"topth:mode=post:vmc=yes:k=%zu",
     7,
     0,
     130,
     130,
     5,
     {.causal = true},
     fill_topth},
    {"topth:mode=post:vmc=yes:k=%zu", 7, 0, 37, 130, 16, {0}, fill_topth},
    {"topth:mode=post:vmc=yes:k=%zu",
     7,
     0,
     130,
     130,
     5,
     {.causal = true, .window = 30},
     fill_topth},
    {"topth:mode=post:vmc=yes:k=%zu",
     7,
     0,
     130,
     130,
     5,
     {.window = 9},
     fill_topth},
};
enum { OTHERS = sizeof others / sizeof others[0] };

START_TEST(other_sizes)
{
    const dense_case *c = &others[_i];
    char text[LLN_KERNEL_TEXT];
    snprintf(text, sizeof text, c->kernel, c->a, c->b);
    for (int single = 0; single < 2; single++) {
        lln_head head = dense_head(c->n, c->m, c->d, 1, c->mask,
                                   single ? LLN_FLOAT32 : LLN_FLOAT64);
        double *p = lln_array_alloc(c->n * c->m, sizeof *p);
        lln_attention attention;
        c->fill(&head, c->a, c->b, p);
        open_kernel(text, &head, NULL, 0, &attention);
        ck_assert(!attention.unnormalised);
        expect_dense(&attention, p, 1e-12, 3e-6);
        lln_attention_close(&attention);
        lln_head_free(&head);
        free(p);
    }
}
END_TEST

/* ----------------------------------------------------------------- others */

START_TEST(top_keys_ties)
{
    static const double x[] = {2, 5, 2, 5, 1, 2, 5, 0};
    static const uint32_t wanted[8][8] = {{1},
                                          {1, 3},
                                          {1, 3, 6},
                                          {0, 1, 3, 6},
                                          {0, 1, 2, 3, 6},
                                          {0, 1, 2, 3, 5, 6},
                                          {0, 1, 2, 3, 4, 5, 6},
                                          {0, 1, 2, 3, 4, 5, 6, 7}};
    for (size_t k = 0; k <= 8; k++) {
        uint32_t keys[9] = {0};
        lln_top_keys(x, 8, k, keys);
        for (size_t e = 0; e < k; e++)
            ck_assert_uint_eq(keys[e], wanted[k - 1][e]);
    }
}
END_TEST

/* Of n equal logits, the first ceil(n / 2) are kept, however sums round. */
START_TEST(topp_equal)
{
    lln_attention attention;
    double row[64];
    lln_head head =
        dense_head(64, 64, 5, 0, (lln_mask){.causal = true}, LLN_FLOAT64);
    open_kernel("topp:p=0.5", &head, NULL, 0, &attention);
    for (size_t i = 0; i < 64; i++) {
        size_t kept = i / 2 + 1;
        expect_ok(lln_attention_rows(&attention, i, 1, row));
        for (size_t j = 0; j < 64; j++)
            expect_absolute(row[j], j < kept ? 1 / (double)kept : 0, 1e-15);
    }
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Equal scores: the earlier blocks are kept, beside the own one. */
START_TEST(blocks_equal)
{
    lln_attention attention;
    double row[40];
    lln_head head = dense_head(40, 40, 5, 0, (lln_mask){0}, LLN_FLOAT64);
    open_kernel("blocktopk:block=8:k=3", &head, NULL, 0, &attention);
    expect_ok(lln_attention_rows(&attention, 30, 1, row));
    for (size_t j = 0; j < 40; j++)
        expect_absolute(row[j], j < 16 || j / 8 == 3 ? 1 / 24.0 : 0, 1e-15);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

START_TEST(bad_array)
{
    double numbers[11] = {0};
    lln_kernel_array theta = {"theta", {LLN_FLOAT64, 11, 1, numbers}};
    lln_head head = dense_head(12, 12, 3, 1, (lln_mask){0}, LLN_FLOAT64);
    expect_refusal("topth", &theta, 1, &head,
                   "kernel 'topth': array 'theta' is 11 x 1; expected 12 x 1, "
                   "1 x 12");
    lln_head_free(&head);
}
END_TEST

/* Queries before the first key have no keys around them. */
START_TEST(dilated_more_queries)
{
    lln_head head = dense_head(12, 11, 3, 1, (lln_mask){0}, LLN_FLOAT64);
    expect_refusal("dilated:reach=1", NULL, 0, &head,
                   "kernel 'dilated:reach=1': 12 queries and 11 keys; a mask "
                   "needs at least as many keys as queries");
    lln_head_free(&head);
}
END_TEST

/* 2^17 rows of 2^17 keys: no machine that runs the tests has twice 96 GiB of
 * free memory. */
START_TEST(too_many_entries)
{
    size_t n = (size_t)1 << 17;
    lln_kernel_choice choice;
    lln_attention attention;
    float *zeros = lln_array_alloc(n, sizeof *zeros);
    lln_matrix column = {LLN_FLOAT32, n, 1, zeros};
    lln_head head = {.q = column, .k = column, .rule.scale = 1};
    if (lln_memory_available() > (size_t)384 << 30) {
        free(zeros);
        return;
    }
    expect_ok(lln_kernel_parse("kvt:k=131072", &choice));
    expect_status(lln_kernel_open(&choice, &head, &attention), LLN_ETOOBIG);
    ck_assert_msg(strstr(lln_error_message(),
                         "kernel 'kvt:k=131072': 17179869184 entries need "
                         "196608.0 MiB; ") != NULL,
                  "%s", lln_error_message());
    free(zeros);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_sparse");
    TCase *all = tcase_create("sparse");
    tcase_add_loop_test(all, matrix, 0, CASES);
    tcase_add_loop_test(all, other_sizes, 0, OTHERS);
    tcase_add_test(all, top_keys_ties);
    tcase_add_test(all, topp_equal);
    tcase_add_test(all, blocks_equal);
    tcase_add_test(all, bad_array);
    tcase_add_test(all, dilated_more_queries);
    tcase_add_test(all, too_many_entries);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
