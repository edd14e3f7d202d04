/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Kernels against literal definitions, which loop over all pairs of a query and
 * a key: short and long heads, lengths around the boundaries of tiles and
 * chunks, and fewer queries than keys. */
#include "dense.h"

/* P [n x m] by the definition. */
typedef void definition(const lln_head *head, double *p);

static size_t position(const lln_head *head, size_t i)
{
    return i + head->k.rows - head->q.rows;
}

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

/* p = p / sum p */
static void normalise(double *p, size_t count)
{
    double sum = 0;
    for (size_t j = 0; j < count; j++)
        sum += p[j];
    for (size_t j = 0; j < count; j++)
        p[j] /= sum;
}

/* streaming:sinks=3:reach=20 */
static void streaming(const lln_head *head, double *p)
{
    size_t m = head->k.rows;
    for (size_t i = 0; i < head->q.rows; i++, p += m) {
        for (size_t j = 0; j < m; j++)
            if (dense_allowed(head, i, j) &&
                (j < 3 || distance(position(head, i), j) <= 20))
                p[j] = exp(dense_logit(head, i, j));
        normalise(p, m);
    }
}

/* lln+window:alpha=2:beta=1.5:reach=20:factor=2 */
static void lln_window(const lln_head *head, double *p)
{
    double *wanted = dense_lln_window(head, 2, 1.5, 20, 2);
    memcpy(p, wanted, head->q.rows * head->k.rows * sizeof *p);
    free(wanted);
}

/* softpick:eps=0.01 */
static void softpick(const lln_head *head, double *p)
{
    size_t m = head->k.rows;
    for (size_t i = 0; i < head->q.rows; i++, p += m) {
        double sum = 0, top = 0;
        for (size_t j = 0; j < m; j++)
            if (dense_allowed(head, i, j)) {
                top = fmax(top, dense_logit(head, i, j));
                p[j] = exp(dense_logit(head, i, j)) - 1;
                sum += fabs(p[j]);
            }
        for (size_t j = 0; j < m; j++)
            p[j] = fmax(p[j], 0) / (sum + 0.01 * exp(top));
    }
}

/* out [m] = max(x - tau, 0)^power; returns their sum. */
static double entmax_sum(const double *x, size_t m, int power, double tau,
                         double *out)
{
    double sum = 0;
    for (size_t j = 0; j < m; j++) {
        double y = fmax(x[j] - tau, 0);
        sum += out[j] = power == 2 ? y * y : y;
    }
    return sum;
}

/* power = 1 / (alpha - 1): 1 or 2. tau by bisection. */
static void entmax_rows(const lln_head *head, int power, double *p)
{
    size_t m = head->k.rows;
    double *x = lln_array_alloc(m, sizeof *x);
    for (size_t i = 0; i < head->q.rows; i++, p += m) {
        double low = -20, high = 20;
        for (size_t j = 0; j < m; j++)
            x[j] = dense_allowed(head, i, j) ? dense_logit(head, i, j) / power
                                             : -INFINITY;
        for (int step = 0; step < 60; step++) {
            double middle = (low + high) / 2;
            if (entmax_sum(x, m, power, middle, p) > 1)
                low = middle;
            else
                high = middle;
        }
        entmax_sum(x, m, power, low, p);
        normalise(p, m);
    }
    free(x);
}

static void entmax(const lln_head *head, double *p)
{
    entmax_rows(head, 2, p);
}

static void sparsemax(const lln_head *head, double *p)
{
    entmax_rows(head, 1, p);
}

/* topp:p=0.7, key after key: the next is the first with the largest weight of
 * those that p does not yet contain. */
static void topp(const lln_head *head, double *p)
{
    size_t m = head->k.rows;
    double *weights = lln_array_alloc(m, sizeof *weights);
    for (size_t i = 0; i < head->q.rows; i++, p += m) {
        double sum = 0, all = 0;
        for (size_t j = 0; j < m; j++)
            all += weights[j] =
                dense_allowed(head, i, j) ? exp(dense_logit(head, i, j)) : 0;
        while (sum < (0.7 - 1e-12) * all) {
            size_t next = 0;
            for (size_t j = 1; j < m; j++)
                next = weights[j] > weights[next] ? j : next;
            sum += p[next] = weights[next];
            weights[next] = 0;
        }
        normalise(p, m);
    }
    free(weights);
}

/* The score of the allowed keys of a block of 9: q.(mean of the keys), without
 * scale. -INFINITY: there are none. */
static double block_mean(const lln_head *head, size_t i, size_t block)
{
    double sum = 0, count = 0;
    for (size_t j = 9 * block; j < 9 * block + 9 && j < head->k.rows; j++)
        if (dense_allowed(head, i, j)) {
            sum += dense_logit(head, i, j) / head->rule.scale;
            count++;
        }
    return count > 0 ? sum / count : -INFINITY;
}

/* blocktopk:block=9:k=3: a block is kept if fewer than two others than the own
 * one have a larger score. */
static void blocktopk(const lln_head *head, double *p)
{
    size_t m = head->k.rows, blocks = (m + 8) / 9;
    double *score = lln_array_alloc(blocks, sizeof *score);
    for (size_t i = 0; i < head->q.rows; i++, p += m) {
        size_t own = position(head, i) / 9;
        for (size_t b = 0; b < blocks; b++)
            score[b] = block_mean(head, i, b);
        for (size_t j = 0; j < m; j++) {
            size_t larger = 0, block = j / 9;
            for (size_t b = 0; b < blocks; b++)
                larger += b != own && score[b] > score[block];
            if (dense_allowed(head, i, j) && (block == own || larger < 2))
                p[j] = exp(dense_logit(head, i, j));
        }
        normalise(p, m);
    }
    free(score);
}

/* Logits of gates, one for each token; some near +-300 if the strength is
 * 100. */
static double gates[1100];

static double log_gate(size_t t)
{
    double x = gates[t];
    return x > 0 ? -log1p(exp(-x)) : x - log1p(exp(x));
}

/* fox: log-gates are added up from the query backwards. */
static void fox(const lln_head *head, double *p)
{
    size_t m = head->k.rows;
    double *x = lln_array_alloc(m, sizeof *x);
    for (size_t i = 0; i < m; i++, p += m) {
        double sum = 0, top = -INFINITY;
        for (size_t j = i + 1; j-- > 0;) {
            x[j] = dense_logit(head, i, j) + sum;
            sum += log_gate(j);
            top = dense_allowed(head, i, j) ? fmax(top, x[j]) : top;
        }
        for (size_t j = 0; j <= i; j++)
            p[j] = dense_allowed(head, i, j) ? exp(x[j] - top) : 0;
        normalise(p, m);
    }
    free(x);
}

/* simple-gla */
static void simple_gla(const lln_head *head, double *p)
{
    size_t m = head->k.rows;
    for (size_t i = 0; i < m; i++, p += m) {
        double sum = 0;
        for (size_t j = i + 1; j-- > 0;) {
            p[j] = dense_logit(head, i, j) * exp(sum);
            sum += log_gate(j);
        }
    }
}

static const struct {
    const char *kernel;
    definition *fill;
    bool groups;      /* its products process groups of rows */
    bool causal_only; /* and as many queries as keys */
    double strength;  /* standard deviation of the array `gate`; 0: none */
    size_t window;    /* of the mask, at the boundaries */
} kernels[] = {
    {"streaming:sinks=3:reach=20", streaming, .groups = true},
    {"lln+window:alpha=2:beta=1.5:reach=20:factor=2", lln_window,
     .groups = true},
    {"softpick:eps=0.01", softpick, .groups = false},
    {"topp:p=0.7", topp, .groups = false},
    {"blocktopk:block=9:k=3", blocktopk, .groups = false},
    {"entmax", entmax, .groups = false},
    {"sparsemax", sparsemax, .groups = false},
    {"fox", fox, .groups = true, .causal_only = true, .strength = 1,
     .window = 40},
    {"fox", fox, .causal_only = true, .strength = 100},
    {"simple-gla", simple_gla, .groups = true, .causal_only = true,
     .strength = 1},
    {"simple-gla", simple_gla, .causal_only = true, .strength = 100},
};
enum { KERNELS = sizeof kernels / sizeof kernels[0] };

/* In float64; `mask` says whether it is causal. */
static void expect_definition(size_t kernel, size_t n, size_t m, lln_mask mask)
{
    lln_attention attention;
    lln_head head = dense_head(n, m, 3, 1, mask, LLN_FLOAT64);
    double *p = lln_array_alloc(n * m, sizeof *p);
    lln_kernel_array gate = {"gate", {LLN_FLOAT64, n, 1, gates}};
    draw_numbers(3, n, kernels[kernel].strength, gates);
    kernels[kernel].fill(&head, p);
    open_kernel(kernels[kernel].kernel, &head, &gate,
                kernels[kernel].strength != 0, &attention);
    expect_dense(&attention, p, 1e-12, 3e-6);
    lln_attention_close(&attention);
    lln_head_free(&head);
    free(p);
}

/* All lengths up to 70, then some up to 200, in turn with and without a causal
 * mask. Tiles and chunks have 32, 64 or 256 rows. */
START_TEST(lengths)
{
    size_t kernel = (size_t)_i;
    for (size_t n = 1; n <= 200; n += n < 70 ? 1 : 13) {
        bool causal = n % 2 || kernels[kernel].causal_only;
        expect_definition(kernel, n, n, (lln_mask){.causal = causal});
    }
}
END_TEST

/* Tiles of 64, chunks of 256, groups of 1024 and 2048 rows, and remainders. */
START_TEST(boundaries)
{
    size_t kernel = (size_t)_i / 2;
    bool causal = _i % 2 || kernels[kernel].causal_only;
    size_t n = _i % 2 && kernels[kernel].groups ? 1057 : 257;
    expect_definition(
        kernel, n, n,
        (lln_mask){.causal = causal, .window = kernels[kernel].window});
}
END_TEST

START_TEST(fewer_queries)
{
    if (kernels[_i].causal_only)
        return;
    expect_definition((size_t)_i, 37, 130, (lln_mask){0});
    expect_definition((size_t)_i, 70, 131, (lln_mask){.causal = true});
    expect_definition((size_t)_i, 1, 90, (lln_mask){.causal = true});
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_definitions");
    TCase *all = tcase_create("definitions");
    tcase_add_loop_test(all, lengths, 0, KERNELS);
    tcase_add_loop_test(all, boundaries, 0, 2 * KERNELS);
    tcase_add_loop_test(all, fewer_queries, 0, KERNELS);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
