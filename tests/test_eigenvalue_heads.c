/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Heads of many kinds, by each method: lambda2 is that of dgeev, within 1e-7 or
 * 10 eps times the condition, or NaN. EIGENVALUE_HEADS=2000 in the environment
 * tries that many heads, of up to 600 tokens; a head depends only on its
 * number. */
#include <lapacke.h>

#include "head_cases.h"
#include "heads/files.h"
#include "measure/spectrum.h"

enum { HEADS = 340, MOST = 48, MOST_ASKED = 600 };

static const char *const kinds[] = {
    "gaussian", "trained",      "duplicated", "blocks",      "one-hot keys",
    "window",   "next token",   "last token", "token sink",  "groups",
    "permuted", "triangular",   "identity",   "drift",       "defective",
    "kvt",      "sink outcome", "features",   "nearly equal"};

typedef enum {
    GAUSSIAN,
    TRAINED,
    DUPLICATED,
    BLOCKS,
    ONE_HOT_KEYS,
    WINDOW,
    NEXT,
    LAST,
    TOKEN_SINK,
    GROUPS,
    PERMUTED,
    TRIANGULAR,
    IDENTITY,
    DRIFT,
    DEFECTIVE,
    KVT,
    SINK_OUTCOME,
    FEATURES,
    NEARLY_EQUAL,
    KINDS
} kind;

typedef struct {
    kind kind;
    uint64_t seed;
    size_t n;
    double size; /* of the logits that the kind adds, 1 to 31 */
} recipe;

/* A number in [0, 1). */
static double uniform(uint64_t seed, uint64_t index)
{
    return (double)(lln_random_number(seed, index) >> 11) * 0x1p-53;
}

/* The logit that the kind adds for query i and key j. */
static double change(const recipe *r, size_t i, size_t j)
{
    size_t n = r->n, groups = 2 + lln_random_number(r->seed, 12) % 4;
    double a = (double)i, b = (double)j, next = fmin(a + 1, (double)n - 1);
    switch (r->kind) {
    case BLOCKS:
        return i % groups == j % groups ? r->size : 0;
    case ONE_HOT_KEYS:
        return j == lln_random_number(r->seed, 1000 + i) % n ? r->size : 0;
    case NEXT:
        return -0.03 * r->size * (b - next) * (b - next);
    case LAST:
        return j + 1 == i ? r->size : 0;
    case TOKEN_SINK:
        return (j + 1 == i ? r->size : 0) + (j == 0 ? r->size / 2 : 0);
    case GROUPS: /* that are almost never left */
        return i * groups / n == j * groups / n ? 0 : -2 * r->size;
    case PERMUTED:
        return j == (i + 1 + n / 3) % n ? 3 * r->size : 0;
    case TRIANGULAR: /* in another order of the tokens, if n is not 7 k */
        return (7 * j + 3) % n <= (7 * i + 3) % n ? 0 : -40 * r->size;
    case IDENTITY:
        return i == j ? 4 * r->size : 0;
    case DRIFT:
        return r->size * (b / (double)n - 0.1 * fabs(a - b));
    default:
        return 0;
    }
}

/* ln of 1/n plus a nilpotent matrix: contrasts (discrete cosines), each mapped
 * to the next. */
static void fill_defective(const recipe *r, double *logits)
{
    size_t n = r->n, length = 2 + lln_random_number(r->seed, 22) % (n - 1);
    double step = M_PI / (double)n;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 1; k + 1 < length; k++)
                sum += cos(step * (double)k * ((double)i + 0.5)) *
                       cos(step * (double)(k + 1) * ((double)j + 0.5));
            logits[i * n + j] =
                log(1 + 0.9 * uniform(r->seed, 21) * sum / (double)length);
        }
}

/* queries [n x n] = the logits, for keys that are unit vectors. */
static void fill_logits(const recipe *r, double *logits)
{
    size_t n = r->n;
    double tau = 0.1 * pow(50, uniform(r->seed, 3));
    if (r->kind == NEARLY_EQUAL)
        tau = pow(10, 8 * uniform(r->seed, 31));
    if (r->kind == NEXT)
        tau = 1e9;
    draw_numbers(r->seed + 1, n * n, 1 / tau, logits);
    for (size_t i = 0; i < n * n; i++)
        logits[i] += change(r, i / n, i % n);
    if (r->kind == DEFECTIVE)
        fill_defective(r, logits);
    for (size_t i = 1; i < n && r->kind == DUPLICATED; i += 2) {
        memcpy(logits + i * n, logits + (i - 1) * n, n * sizeof *logits);
        for (size_t row = 0; row < n; row++)
            logits[row * n + i] = logits[row * n + i - 1];
    }
}

/* The first tokens of a trained head, with other logits. */
static lln_head trained_head(const recipe *r)
{
    lln_files files = {.file = "tests/data/encoder.safetensors",
                       .layout = "hnd",
                       .rule.scale = NAN};
    lln_heads heads;
    lln_head head;
    expect_ok(lln_files_open(&files, &heads));
    size_t which = lln_random_number(r->seed, 8) % heads.count;
    expect_ok(heads.load(&heads, which, NAN, LLN_FLOAT64, &head));
    lln_heads_close(&heads);
    head.q.rows = head.k.rows = lln_size_smaller(r->n, head.q.rows);
    head.rule.scale *= pow(3, 2 * uniform(r->seed, 11) - 1);
    return head;
}

/* The kernel's text is in `kernel`. Release with lln_head_free. */
static lln_head make_head(const recipe *r, const char **kernel)
{
    static const char *const made_of_features[] = {
        "elu", "relu", "lln:alpha=1:beta=1", "lln:alpha=4:beta=3"};
    size_t n = r->n, choice = lln_random_number(r->seed, 30);
    *kernel = "softmax";
    if (r->kind == TRAINED)
        return trained_head(r);
    if (r->kind == FEATURES) {
        *kernel = made_of_features[choice % 4];
        return drawn_head(n, n, 2 + choice / 4 % 30, 1, false);
    }
    if (r->kind == KVT)
        *kernel = choice % 2 ? "kvt:k=1" : "kvt:k=3";
    double *numbers = lln_array_alloc(2 * n * n, sizeof *numbers);
    fill_logits(r, numbers);
    for (size_t i = 0; i < n; i++)
        numbers[(n + i) * n + i] = 1;
    lln_head head = {.source = "made",
                     .layer = -1,
                     .head = -1,
                     .q = {LLN_FLOAT64, n, n, numbers},
                     .k = {LLN_FLOAT64, n, n, numbers + n * n},
                     .rule.scale = 1,
                     .storage = numbers};
    if (r->kind == WINDOW)
        head.rule.mask.window = 2 + choice % 5;
    head.rule.has_sink = r->kind == SINK_OUTCOME;
    head.rule.sink = 10 * uniform(r->seed, 28) - 3;
    return head;
}

/* By dgeevx with balancing on p [n x n]: the second modulus, and the largest
 * condition among the moduli next to it. */
static double plain_lambda2(const double *p, size_t n, bool stochastic,
                            double *condition)
{
    lapack_int order = (lapack_int)n, low, high;
    double norm, *numbers = lln_array_alloc(5 * n, sizeof *numbers);
    double *copy = lln_array_alloc(3 * n * n, sizeof *copy);
    double *re = numbers, *im = re + n, *scale = im + n, *rcond = scale + n;
    double second = 0, least = INFINITY;
    size_t first = 0;
    memcpy(copy, p, n * n * sizeof *p);
    ck_assert_int_eq(LAPACKE_dgeevx(LAPACK_COL_MAJOR, 'B', 'V', 'V', 'E', order,
                                    copy, order, re, im, copy + n * n, order,
                                    copy + 2 * n * n, order, &low, &high, scale,
                                    &norm, rcond, rcond + n),
                     0);
    for (size_t i = 0; i < n; i++) {
        double distance =
            stochastic ? hypot(re[i] - 1, im[i]) : -hypot(re[i], im[i]);
        if (distance < least) {
            least = distance;
            first = i;
        }
    }
    for (size_t i = 0; i < n; i++)
        if (i != first)
            second = fmax(second, hypot(re[i], im[i]));
    *condition = 1;
    for (size_t i = 0; i < n; i++)
        if (i != first && hypot(re[i], im[i]) > 0.5 * second)
            *condition = fmax(*condition, 1 / rcond[i]);
    free(copy);
    free(numbers);
    return second;
}

/* The same head in float32. Rounds the numbers of `head` too. */
static lln_head narrow(lln_head *head, float *single)
{
    size_t half = head->q.rows * head->q.columns;
    double *numbers[] = {(double *)head->q.data, (double *)head->k.data};
    for (size_t i = 0; i < 2 * half; i++) {
        double *number = numbers[i / half] + i % half;
        single[i] = (float)*number;
        *number = single[i];
    }
    lln_head other = *head;
    other.q.precision = other.k.precision = LLN_FLOAT32;
    other.q.data = single;
    other.k.data = single + half;
    return other;
}

static void expect_lambda2(const recipe *r, const lln_kernel_choice *choice,
                           const lln_head *head, lln_spectrum_method method,
                           double expected, double condition)
{
    lln_spectrum s;
    lln_spectrum_options options = {.method = method, .eigenvalues = 2};
    const char *name = lln_spectrum_method_table[method].name;
    lln_status status = lln_spectrum_measure_head(choice, head, &options, &s);
    if (method == LLN_SPECTRUM_ARNOLDI && status != LLN_OK) {
        ck_assert(status == LLN_EINVAL || status == LLN_ENOCONV);
        return;
    }
    expect_ok(status);
    double allowed = fmax(1e-7, 10 * 0x1p-52 * condition);
    ck_assert_msg(isnan(s.lambda2) || condition > 1e9 ||
                      fabs(s.lambda2 - expected) <= allowed,
                  "%lu, %s, n = %zu, %s: %.17g, condition %g; dgeev %.17g, "
                  "condition %g",
                  (unsigned long)r->seed, kinds[r->kind], r->n, name, s.lambda2,
                  s.condition, expected, condition);
    ck_assert_msg(!isnan(s.lambda2) || condition > 100 ||
                      method == LLN_SPECTRUM_ARNOLDI,
                  "%lu, %s, n = %zu, %s: condition %g, bound %g; dgeev %.17g, "
                  "condition %g",
                  (unsigned long)r->seed, kinds[r->kind], r->n, name,
                  s.condition, s.bound, expected, condition);
    ck_assert(isnan(s.gap) || s.gap == 1 - s.lambda2);
    lln_spectrum_free(&s);
}

/* Measures the head by three methods, after rounding it to float32 if
 * `single`. */
static void try_methods(recipe *r, bool single)
{
    static const lln_spectrum_method methods[] = {
        LLN_SPECTRUM_AUTO, LLN_SPECTRUM_DENSE, LLN_SPECTRUM_ARNOLDI};
    const char *kernel;
    double condition;
    lln_head head = make_head(r, &kernel), asked = head;
    r->n = head.q.rows;
    float *room = lln_array_alloc(2 * r->n * head.q.columns, sizeof *room);
    if (single)
        asked = narrow(&head, room);
    lln_kernel_choice choice;
    lln_attention attention;
    expect_ok(lln_kernel_parse(kernel, &choice));
    expect_ok(lln_kernel_open(&choice, &head, &attention));
    double *p = dense_rows(&attention);
    double expected =
        plain_lambda2(p, r->n, !attention.unnormalised, &condition);
    lln_attention_close(&attention);
    for (size_t i = 0; i < 3; i++)
        expect_lambda2(r, &choice, &asked, methods[i], expected, condition);
    free(p);
    free(room);
    lln_head_free(&head);
}

START_TEST(random_heads)
{
    size_t most = getenv("EIGENVALUE_HEADS") ? MOST_ASKED : MOST;
    recipe r = {.kind = (kind)(_i % KINDS), .seed = 7000 + (uint64_t)_i};
    r.n = 3 + (size_t)((double)(most - 2) * pow(uniform(r.seed, 2), 2));
    r.size = 1 + 30 * uniform(r.seed, 4);
    try_methods(&r, uniform(r.seed, 40) < 0.5);
}
END_TEST

/* Each token attends to the one before it. With four guards and without the
 * transpose, ARNOLDI found 0.998275 for 0.998629, with a bound of 6e-8. */
START_TEST(larger_missed)
{
    recipe r = {LAST, 1307, 190, 1 + 30 * uniform(1307, 4)};
    try_methods(&r, true);
}
END_TEST

/* The first 24 tokens of trained heads in a window of two: P is tridiagonal.
 * mpmath, 60 digits: the second modulus of mp.eig(P). */
START_TEST(trained_window)
{
    static const double lambda2[] = {0.086379292499571486,
                                     0.071196159355604020};
    lln_files files = {.file = "tests/data/encoder.safetensors",
                       .layout = "hnd",
                       .rule = {{.window = 2}, NAN}};
    lln_heads heads;
    lln_head head;
    lln_kernel_choice choice;
    lln_spectrum s;
    lln_spectrum_options options = {.eigenvalues = 2};
    expect_ok(lln_kernel_parse("softmax", &choice));
    expect_ok(lln_files_open(&files, &heads));
    expect_ok(heads.load(&heads, (size_t)_i, NAN, LLN_FLOAT32, &head));
    head.q.rows = head.k.rows = 24;
    expect_ok(lln_spectrum_measure_head(&choice, &head, &options, &s));
    expect_absolute(s.lambda2, lambda2[_i], 1e-14);
    ck_assert(s.condition < 1.5 && s.bound < 1e-13);
    lln_spectrum_free(&s);
    lln_head_free(&head);
    lln_heads_close(&heads);
}
END_TEST

int main(void)
{
    const char *asked = getenv("EIGENVALUE_HEADS");
    long heads = asked ? strtol(asked, NULL, 10) : HEADS;
    Suite *suite = suite_create("eigenvalue_heads");
    TCase *cases = tcase_create("random_heads");
    tcase_set_timeout(cases, 600);
    tcase_add_loop_test(cases, random_heads, 0, (int)heads);
    tcase_add_test(cases, larger_missed);
    tcase_add_loop_test(cases, trained_window, 0, 2);
    suite_add_tcase(suite, cases);
    return run_suite(suite);
}
