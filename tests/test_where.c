/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the mass falls, against plain sums over the dense matrix, which another
 * path computes: masks, documents, hidden keys, kernels by tiles and by rows,
 * listed rows. The files of tests/data/focus are in where.bats. */
#include "where_case.h"

/* A dense matrix and which entries the mask allows. */
typedef struct {
    const lln_attention *attention;
    const double *p;
    const unsigned char *flags; /* [n x m] of a mask file; NULL: all */
    const size_t *list;
    size_t count;
} dense_case;

static bool sees(const dense_case *c, size_t i, size_t j)
{
    size_t first, end, m = c->attention->m;
    lln_mask_keys(c->attention->mask, c->attention->n, m, i, &first, &end);
    return j >= first && j < end && (!c->flags || c->flags[i * m + j]);
}

static double mean_of(double sum, double count)
{
    return count > 0 ? sum / count : NAN;
}

/* Smallest x with half of mass [count]. */
static double half_of(const double *mass, size_t count)
{
    double all = 0, below = 0;
    for (size_t x = 0; x < count; x++)
        all += mass[x];
    for (size_t x = 0; x < count; x++) {
        below += mass[x];
        if (below >= (0.5 - 1e-12) * all)
            return (double)x;
    }
    return NAN;
}

/* By the definitions, entry by entry. */
static lln_where slow(const dense_case *c, size_t w)
{
    const lln_attention *a = c->attention;
    size_t n = a->n, m = a->m;
    lln_where out = {0};
    double *column = calloc(2 * m + 2 * (n + m), sizeof *column);
    double *seen = column + m, *lags = seen + m;
    double rows = 0, sinks = 0, selves = 0, previous = 0, with_mass = 0;
    for (size_t r = 0; r < c->count; r++) {
        size_t i = c->list ? c->list[r] : r, keys = 0;
        bool positions = n == m || lln_mask_hides(a->mask);
        size_t p = positions ? lln_mask_position(a->mask, n, m, i) : 0;
        size_t s = a->mask.documents ? a->mask.documents->first[p] : 0;
        double sum = 0, distance = 0;
        for (size_t j = 0; j < m; j++) {
            keys += sees(c, i, j);
            sum += c->p[i * m + j];
        }
        if (keys == 0)
            continue;
        rows++;
        for (size_t j = 0; j < m; j++) {
            double x = c->p[i * m + j];
            size_t lag = j > p ? j - p : p - j;
            bool allowed = sees(c, i, j);
            column[j] += x;
            seen[j] += allowed;
            distance += x * (double)lag;
            lags[lag] += sum > 0 ? x / sum : 0;
            out.local_mass += lag < w ? x : 0;
            out.distant_mass += lag >= w && !(j >= s && j < s + 4) ? x : 0;
            if (allowed && j == s) {
                sinks++;
                out.sink_mass += x;
                out.sink_mass_uniform += 1 / (double)keys;
            }
            selves += allowed && j == p;
            out.self_mass += j == p ? x : 0;
            previous += allowed && j + 1 == p;
            out.previous_mass += j + 1 == p ? x : 0;
        }
        with_mass += sum > 0;
        out.distance_mean += sum > 0 ? distance / sum : 0;
    }
    out.sink_rows = mean_of(sinks, rows);
    out.sink_mass = mean_of(out.sink_mass, sinks);
    out.sink_mass_uniform = mean_of(out.sink_mass_uniform, sinks);
    out.self_mass = mean_of(out.self_mass, selves);
    out.previous_mass = mean_of(out.previous_mass, previous);
    out.local_mass = mean_of(out.local_mass, rows);
    out.distant_mass = mean_of(out.distant_mass, rows);
    out.distance_mean = mean_of(out.distance_mean, with_mass);
    out.distance_median = half_of(lags, n + m);
    out.column_share_max = out.column_mass_max = NAN;
    for (size_t j = 0; j < m; j++) {
        out.column_share_max = fmax(out.column_share_max, column[j] / rows);
        if (seen[j] > 0 && 4 * seen[j] >= (double)c->count)
            out.column_mass_max =
                fmax(out.column_mass_max, column[j] / seen[j]);
    }
    free(column);
    return out;
}

static void expect_where(const lln_where *out, const lln_where *wanted,
                         bool positions, double tolerance)
{
    double no = positions ? 0 : NAN;
    expect_relative(out->sink_mass, wanted->sink_mass, tolerance);
    expect_relative(out->sink_mass_uniform, wanted->sink_mass_uniform, 1e-14);
    expect_relative(out->sink_rows, wanted->sink_rows, 1e-14);
    expect_relative(out->column_share_max, wanted->column_share_max, tolerance);
    expect_relative(out->column_mass_max, wanted->column_mass_max, tolerance);
    expect_relative(out->self_mass, wanted->self_mass + no, tolerance);
    expect_relative(out->previous_mass, wanted->previous_mass + no, tolerance);
    expect_relative(out->local_mass, wanted->local_mass + no, tolerance);
    expect_relative(out->distant_mass, wanted->distant_mass + no, tolerance);
    expect_relative(out->distance_mean, wanted->distance_mean + no, tolerance);
    expect_relative(out->distance_median, wanted->distance_median + no, 0);
    ck_assert(isnan(out->prefix_mass) && isnan(out->grid_distance_median));
}

static void check_attention(lln_attention *attention,
                            const unsigned char *flags, double tolerance)
{
    static const size_t windows[] = {1, 7, 64, 5000};
    size_t n = attention->n, list[3] = {n - 1, n / 2, 0};
    double *p = dense_rows(attention);
    bool positions = n == attention->m || lln_mask_hides(attention->mask);
    for (size_t w = 0; w < 4; w++)
        for (int listed = 0; listed < 2; listed++) {
            dense_case c = {attention, p, flags, listed ? list : NULL,
                            listed ? 3 : n};
            lln_where_rule rule = {.local = windows[w]};
            lln_where wanted = slow(&c, windows[w]);
            lln_where out =
                measure(attention, c.list, c.count, &rule, NULL, NULL);
            expect_where(&out, &wanted, positions, tolerance);
        }
    free(p);
}

static void check_head(lln_head *head, const char *kernel,
                       const unsigned char *flags, double tolerance)
{
    lln_attention attention;
    open_kernel(kernel, head, NULL, 0, &attention);
    check_attention(&attention, flags, tolerance);
    lln_attention_close(&attention);
}

START_TEST(measure_masks)
{
    for (int single = 0; single < 2; single++) {
        lln_head head = shape_head(_i, 1.5, single ? LLN_FLOAT32 : LLN_FLOAT64);
        double tolerance = single ? 1e-5 : 1e-12;
        check_head(&head, "softmax", NULL, tolerance);
        head.rule.has_sink = true;
        head.rule.sink = 0.7;
        check_head(&head, "softmax", NULL, tolerance);
        lln_head_free(&head);
    }
}
END_TEST

START_TEST(measure_kernels)
{
    static const char *kernels[] = {"lln:alpha=1.5:beta=2", "elu", "relu",
                                    "kvt:k=3"};
    for (size_t k = 0; k < 4; k++) {
        lln_head head =
            dense_head(90, 90, 4, 1, (lln_mask){.causal = true}, LLN_FLOAT64);
        check_head(&head, kernels[k], NULL, 1e-12);
        lln_head_free(&head);
    }
}
END_TEST

/* Some rows do not see their sink, others not their own key. */
START_TEST(measure_hidden)
{
    static hidden_mask hidden;
    lln_head head = dense_head(HIDDEN_N, HIDDEN_M, 4, 2,
                               (lln_mask){.causal = true}, LLN_FLOAT64);
    hidden_fill(&hidden);
    head.rule.bias = &hidden.bias;
    check_head(&head, "softmax", hidden.flags, 1e-12);
    lln_head_free(&head);
}
END_TEST

START_TEST(measure_any_threads)
{
    lln_head head =
        dense_head(1500, 1500, 4, 2, (lln_mask){.causal = true}, LLN_FLOAT32);
    lln_where_rule rule = {.local = 64};
    lln_attention attention;
    open_kernel("softmax", &head, NULL, 0, &attention);
    lln_threads_set(1);
    lln_where one = measure(&attention, NULL, 0, &rule, NULL, NULL);
    lln_threads_set(2);
    lln_where two = measure(&attention, NULL, 0, &rule, NULL, NULL);
    ck_assert_mem_eq(&one.sink_mass, &two.sink_mass,
                     offsetof(lln_where, prefix_mass));
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("where");
    TCase *all = tcase_create("where");
    tcase_set_timeout(all, 120);
    tcase_add_loop_test(all, measure_masks, 0, SHAPE_COUNT);
    tcase_add_test(all, measure_kernels);
    tcase_add_test(all, measure_hidden);
    tcase_add_test(all, measure_any_threads);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
