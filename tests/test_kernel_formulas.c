/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each kernel with a feature map against its formula, entry by entry, on other
 * sizes than those of the reference matrices. */
#include "core/threads.h"
#include "head_cases.h"
#include "kernel/row_math.h"
#include "kernel_cases.h"

enum { FEATURES = 9, PROJECTED = 7 };

/* What a formula is given; under a causal mask, the positions of the
 * queries. */
typedef struct {
    size_t n, m, d;
    const double *q, *k, *w; /* [n x d], [m x d], [FEATURES x d] */
    double s;                /* 1/sqrt(d) */
    bool causal;
} problem;

/* A_ij by its formula. */
typedef double entry(const problem *p, size_t i, size_t j);

static double dot(const double *a, const double *b, size_t d)
{
    double sum = 0;
    for (size_t l = 0; l < d; l++)
        sum += a[l] * b[l];
    return sum;
}

static double logit(const problem *p, size_t i, size_t j)
{
    return p->s * dot(p->q + i * p->d, p->k + j * p->d, p->d);
}

static double sum_of(const problem *p, size_t i, size_t j, double phi(double))
{
    double sum = 0;
    for (size_t l = 0; l < p->d; l++)
        sum += phi(p->q[i * p->d + l]) * phi(p->k[j * p->d + l]);
    return sum;
}

static double elu(double x)
{
    return x > 0 ? x + 1 : exp(x);
}
static double relu(double x)
{
    return x > 0 ? x : 0;
}
static double lifted(double x)
{
    return relu(x) + 1e-3;
}
static double sixfold(double x)
{
    return exp(6 * x);
}
static double quick(double x)
{
    return exp(2 * x);
}

static double elu_entry(const problem *p, size_t i, size_t j)
{
    return sum_of(p, i, j, elu);
}
static double relu_entry(const problem *p, size_t i, size_t j)
{
    return sum_of(p, i, j, relu);
}
static double lifted_entry(const problem *p, size_t i, size_t j)
{
    return sum_of(p, i, j, lifted);
}
static double lln_entry(const problem *p, size_t i, size_t j)
{
    return sum_of(p, i, j, quick);
}
static double steep_entry(const problem *p, size_t i, size_t j)
{
    return sum_of(p, i, j, sixfold);
}
static double shifted_entry(const problem *p, size_t i, size_t j)
{
    return pow(1 + logit(p, i, j), 2);
}
static double plain_entry(const problem *p, size_t i, size_t j)
{
    return pow(logit(p, i, j) / p->s, 2);
}
static double rebased_entry(const problem *p, size_t i, size_t j)
{
    return pow(logit(p, i, j), 2);
}
static double taylor_entry(const problem *p, size_t i, size_t j)
{
    double s = logit(p, i, j);
    return 1 + s + s * s / 2;
}

static double cosformer_entry(const problem *p, size_t i, size_t j)
{
    double longest = (double)(p->n > p->m ? p->n : p->m);
    double at = (double)i + (p->causal ? (double)(p->m - p->n) : 0);
    return relu_entry(p, i, j) * cos(M_PI_2 * (at - (double)j) / longest);
}

/* softmax(2 x, -2 x) at l, of x [d] */
static double hedgehog_feature(const double *x, size_t d, size_t l)
{
    double sum = 0;
    for (size_t c = 0; c < d; c++)
        sum += exp(2 * x[c]) + exp(-2 * x[c]);
    return exp(l < d ? 2 * x[l] : -2 * x[l - d]) / sum;
}

static double hedgehog_entry(const problem *p, size_t i, size_t j)
{
    double sum = 0;
    for (size_t l = 0; l < 2 * p->d; l++)
        sum += hedgehog_feature(p->q + i * p->d, p->d, l) *
               hedgehog_feature(p->k + j * p->d, p->d, l);
    return sum;
}

/* softmax(x), then softmax(-x), at l, of x [d] */
static double separate_feature(const double *x, size_t d, size_t l)
{
    double sum = 0, sign = l < d ? 1 : -1;
    for (size_t c = 0; c < d; c++)
        sum += exp(sign * x[c]);
    return fmax(exp(sign * x[l % d]) / sum, 1e-12);
}

static double separate_entry(const problem *p, size_t i, size_t j)
{
    double sum = 0;
    for (size_t l = 0; l < 2 * p->d; l++)
        sum += separate_feature(p->q + i * p->d, p->d, l) *
               separate_feature(p->k + j * p->d, p->d, l);
    return sum;
}

/* Without eps, all shifts cancel. */
static double favor_entry(const problem *p, size_t i, size_t j)
{
    double sum = 0, root = sqrt(p->s);
    const double *q = p->q + i * p->d, *k = p->k + j * p->d;
    for (size_t r = 0; r < FEATURES; r++) {
        const double *w = p->w + r * p->d;
        sum += exp(root * (dot(w, q, p->d) + dot(w, k, p->d)) -
                   p->s * (dot(q, q, p->d) + dot(k, k, p->d)) / 2);
    }
    return sum;
}

static double projected_entry(const problem *p, size_t i, size_t j)
{
    double sum = 0, root = sqrt(p->s);
    for (size_t r = 0; r < FEATURES; r++)
        sum += lifted(root * dot(p->w + r * p->d, p->q + i * p->d, p->d)) *
               lifted(root * dot(p->w + r * p->d, p->k + j * p->d, p->d));
    return sum;
}

/* cos(w.(q^ - k^)) */
static double rfa_entry(const problem *p, size_t i, size_t j)
{
    const double *q = p->q + i * p->d, *k = p->k + j * p->d;
    double a = sqrt(dot(q, q, p->d)), b = sqrt(dot(k, k, p->d)), sum = 0;
    for (size_t r = 0; r < FEATURES; r++) {
        const double *w = p->w + r * p->d;
        sum += cos(dot(w, q, p->d) / a - dot(w, k, p->d) / b) / FEATURES;
    }
    return sum;
}

static double softmax_entry(const problem *p, size_t i, size_t j)
{
    return exp(logit(p, i, j));
}

static const struct {
    const char *kernel;
    entry *entry;
    double eps, floor; /* z = max(sum + eps, floor) */
    size_t landmarks;  /* 0: none; else only that many tokens */
} FORMULAS[] = {
    {.kernel = "elu", .entry = elu_entry, .eps = 1e-6},
    {.kernel = "relu:eps=0.01", .entry = relu_entry, .eps = 0.01},
    {.kernel = "performer-relu-det", .entry = lifted_entry},
    {.kernel = "quadratic", .entry = shifted_entry, .eps = 1e-6},
    {.kernel = "quadratic:form=plain", .entry = plain_entry, .eps = 1e-6},
    {.kernel = "rebased", .entry = rebased_entry, .eps = 1e-6},
    {.kernel = "taylor2", .entry = taylor_entry, .eps = 1e-6},
    {.kernel = "cosformer", .entry = cosformer_entry, .floor = 1e-6},
    {.kernel = "hedgehog:eps=0", .entry = hedgehog_entry},
    {.kernel = "hedgehog:eps=0:form=separate", .entry = separate_entry},
    {.kernel = "performer:eps=0", .entry = favor_entry},
    {.kernel = "performer-relu-proj", .entry = projected_entry},
    {.kernel = "rfa", .entry = rfa_entry},
    {.kernel = "lln:alpha=2:beta=2:eps=0", .entry = lln_entry},
    {.kernel = "lln:alpha=6:beta=6", .entry = steep_entry},
    {.kernel = "nystrom:landmarks=130:inverse=pinv",
     .entry = softmax_entry,
     .landmarks = 130},
};
enum { FORMULA_COUNT = sizeof FORMULAS / sizeof FORMULAS[0] };

/* P by the formula: [n x m]; release by free. */
static double *make_dense(const problem *p, size_t formula)
{
    double *out = lln_array_alloc(p->n * p->m, sizeof *out);
    for (size_t i = 0; i < p->n; i++) {
        size_t seen = p->causal ? i + 1 + p->m - p->n : p->m;
        double *row = out + i * p->m, z = FORMULAS[formula].eps;
        for (size_t j = 0; j < seen; j++)
            z += row[j] = FORMULAS[formula].entry(p, i, j);
        if (FORMULAS[formula].floor > 0)
            z = fmax(z, FORMULAS[formula].floor);
        for (size_t j = 0; j < seen; j++)
            row[j] /= z;
    }
    return out;
}

static const struct {
    size_t n, m, d;
    bool causal;
} SIZES[] = {{37, 37, 5, false},  {130, 130, 5, false}, {130, 130, 16, true},
             {90, 130, 5, false}, {90, 130, 16, true},  {1, 1, 5, true}};
enum { SIZE_COUNT = sizeof SIZES / sizeof SIZES[0] };

/* A head, and the same values as a problem; w: [FEATURES x 16]. */
static lln_head make_problem(size_t size, double *w, problem *p)
{
    size_t d = SIZES[size].d;
    lln_head head =
        drawn_head(SIZES[size].n, SIZES[size].m, d, 1.2, SIZES[size].causal);
    draw_numbers(3, FEATURES * d, 1, w);
    *p = (problem){.n = head.q.rows,
                   .m = head.k.rows,
                   .d = d,
                   .q = head.q.data,
                   .k = head.k.data,
                   .w = w,
                   .s = head.rule.scale,
                   .causal = SIZES[size].causal};
    return head;
}

START_TEST(formula)
{
    for (size_t size = 0; size < SIZE_COUNT; size++) {
        problem p;
        double w[FEATURES * 16];
        lln_attention attention;
        if (FORMULAS[_i].landmarks && SIZES[size].n != FORMULAS[_i].landmarks)
            continue;
        if (FORMULAS[_i].landmarks && SIZES[size].causal)
            continue;
        lln_head head = make_problem(size, w, &p);
        lln_kernel_array array = {"w", {LLN_FLOAT64, FEATURES, p.d, w}};
        open_kernel(FORMULAS[_i].kernel, &head, &array, 1, &attention);
        double *rows = dense_rows(&attention);
        double *wanted = make_dense(&p, (size_t)_i);
        expect_absolute(difference(rows, wanted, p.n * p.m), 0,
                        FORMULAS[_i].landmarks ? 1e-9 : 1e-12);
        free(rows);
        free(wanted);
        lln_attention_close(&attention);
        lln_head_free(&head);
    }
}
END_TEST

static double logistic(double x)
{
    return 1 / (1 + exp(-x));
}

/* (phi(x) + eps).(sum_j weight_j phi(other_j) + eps), j < count */
static double flow(const double *x, const double *other, const double *weight,
                   size_t count, size_t d)
{
    const double eps = 1e-6;
    double total = 0;
    for (size_t l = 0; l < d; l++) {
        double sum = 0;
        for (size_t j = 0; j < count; j++)
            sum += weight[j] * logistic(other[j * d + l]);
        total += (logistic(x[l]) + eps) * (sum + eps);
    }
    return total;
}

/* Entry by entry; under a causal mask, every sum is taken anew for each
 * position. */
START_TEST(flowformer)
{
    enum { N = 61, M = 75, D = 6 };
    static double one[M], in[M], out[M], c[M], e[M];
    bool causal = _i > 0;
    size_t n = causal ? M : N;
    lln_attention attention;
    lln_head head = drawn_head(n, M, D, 1.5, causal);
    const double *q = head.q.data, *k = head.k.data;
    for (size_t j = 0; j < M; j++)
        one[j] = 1;
    for (size_t i = 0; i < n; i++)
        in[i] = (causal ? (double)i + 1 : 1) /
                flow(q + i * D, k, one, causal ? i + 1 : M, D);
    for (size_t j = 0; j < M; j++)
        out[j] = (causal ? (double)j + 1 : 1) /
                 flow(k + j * D, q, one, causal ? j + 1 : n, D);
    for (size_t i = 0; i < n; i++)
        c[i] = flow(q + i * D, k, out, causal ? i + 1 : M, D) /
               (causal ? (double)i + 1 : (double)M / (double)n);
    for (size_t j = 0; j < M; j++)
        e[j] =
            exp(fmax(-1, fmin(1, flow(k + j * D, q, in, causal ? j + 1 : n, D) /
                                     (causal ? (double)j + 1 : 1))));
    open_kernel("flowformer", &head, NULL, 0, &attention);
    double *rows = dense_rows(&attention), worst = 0;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < (causal ? i + 1 : M); j++) {
            double sum = 0, competition = 0, a = 0;
            size_t last = causal ? j + 1 : M;
            for (size_t l = 0; l < last; l++)
                sum += e[l];
            competition = (double)last * e[j] / sum;
            for (size_t l = 0; l < D; l++)
                a += logistic(q[i * D + l]) * logistic(k[j * D + l]);
            double wanted = logistic(c[i]) * in[i] * a * competition /
                            (causal ? (double)i + 1 : 1);
            worst = fmax(worst, fabs(rows[i * M + j] - wanted));
        }
    expect_absolute(worst, 0, 1e-14);
    free(rows);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Both forms of the repository by their definition, also without a square
 * mask. */
START_TEST(llnrepo_performer)
{
    static const char *kernels[] = {"llnrepo-performer:eps=0.01",
                                    "llnrepo-performer:form=softmax:eps=0.01"};
    enum { N = 90, M = 130, D = 5 };
    lln_attention attention;
    lln_head head = drawn_head(N, M, D, 1, true);
    const double *q = head.q.data, *k = head.k.data, eps = 0.01;
    double root = sqrt(head.rule.scale), top = 0, worst = 0;
    open_kernel(kernels[_i], &head, NULL, 0, &attention);
    double *rows = dense_rows(&attention);
    for (size_t l = 0; l < M * D; l++)
        top = fmax(top, k[l]);
    for (size_t i = 0; i < N; i++) {
        double phi[D], a[M], best = lln_row_max(q + i * D, D), sum = 0, z = 0;
        for (size_t l = 0; l < D; l++)
            sum += phi[l] = exp(root * (q[i * D + l] - best));
        for (size_t l = 0; l < D; l++) {
            phi[l] = _i ? phi[l] / sum : phi[l] + eps;
            z += phi[l] * eps;
        }
        for (size_t j = 0; j <= i + M - N; j++) {
            a[j] = 0;
            for (size_t l = 0; l < D; l++)
                a[j] += phi[l] * (exp(root * (k[j * D + l] - top)) + eps);
            z += a[j];
        }
        for (size_t j = 0; j <= i + M - N; j++)
            worst = fmax(worst, fabs(rows[i * M + j] - a[j] / z));
    }
    expect_absolute(worst, 0, 1e-14);
    free(rows);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kernel_formulas");
    lln_threads_set(0);
    TCase *all = tcase_create("formulas");
    tcase_add_loop_test(all, formula, 0, FORMULA_COUNT);
    tcase_add_loop_test(all, flowformer, 0, 2);
    tcase_add_loop_test(all, llnrepo_performer, 0, 2);
    suite_add_tcase(suite, all);
    return run_suite(suite);
}
