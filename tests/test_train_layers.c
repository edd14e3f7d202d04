/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Each layer: results by their definition, gradients against central
 * differences. Whole models are in test_train_model.c. */
#include <string.h>

#include "gradient.h"
#include "train/cross_entropy.h"
#include "train/embedding.h"
#include "train/gelu.h"
#include "train/layer_norm.h"
#include "train/linear.h"
#include "train/mlp.h"
#include "train/pooling.h"

enum { ROWS = 5, WIDTH = 4, WIDER = 6 };

/* Input and gradients of a test. y is the result of the layer at its input x;
 * dy, its gradient, is that of gradient_loss. */
static double x[ROWS * WIDER], dx[ROWS * WIDER], y[ROWS * WIDER],
    dy[ROWS * WIDER], sums[3 * WIDER], wide[ROWS * WIDER];

static void start(void)
{
    gradient_fill(x, ROWS * WIDER, 0);
    gradient_fill(dy, ROWS * WIDER, 7000);
    memset(dx, 0, sizeof dx);
}

/* A linear map with room for its parameters or their gradients. */
typedef struct {
    lln_linear map;
    double weight[WIDER * WIDER], bias[WIDER];
} roomy_linear;

static void linear_open(roomy_linear *l, size_t inputs, size_t outputs,
                        size_t first)
{
    l->map = (lln_linear){LLN_FLOAT64, inputs, outputs, l->weight, l->bias};
    gradient_fill(l->weight, inputs * outputs, first);
    gradient_fill(l->bias, outputs, first + 100);
}

static double linear_loss(void *data)
{
    const roomy_linear *l = data;
    lln_linear_forward(&l->map, ROWS, x, false, y);
    return gradient_loss(y, ROWS * WIDER);
}

START_TEST(linear_gradient)
{
    roomy_linear l, g;
    start();
    linear_open(&l, WIDTH, WIDER, 100);
    linear_open(&g, WIDTH, WIDER, 0);
    lln_linear_backward(&l.map, ROWS, x, dy, &g.map, dx, sums);
    gradient_check(l.weight, WIDTH * WIDER, g.weight, linear_loss, &l);
    gradient_check(l.bias, WIDER, g.bias, linear_loss, &l);
    gradient_check(x, ROWS * WIDTH, dx, linear_loss, &l);
}
END_TEST

/* (1, 2) W^T + b with W = (3 4; 5 6), b = (7, 8) is (18, 25). */
START_TEST(linear_values)
{
    double w[] = {3, 4, 5, 6}, b[] = {7, 8}, in[] = {1, 2}, out[2] = {0.5, 1};
    lln_linear map = {LLN_FLOAT64, 2, 2, w, b};
    lln_linear_forward(&map, 1, in, true, out);
    expect_relative(out[0], 18.5, 0);
    expect_relative(out[1], 26, 0);
    lln_linear_forward(&map, 1, in, false, out);
    expect_relative(out[0], 18, 0);
    expect_relative(out[1], 25, 0);
}
END_TEST

typedef struct {
    lln_layer_norm norm;
    double gain[WIDTH], bias[WIDTH], normal[ROWS * WIDTH], inverse[ROWS];
    lln_layer_norm_kept kept;
} roomy_norm;

static void norm_open(roomy_norm *n, size_t first)
{
    n->norm = (lln_layer_norm){LLN_FLOAT64, WIDTH, n->gain, n->bias};
    n->kept = (lln_layer_norm_kept){n->normal, n->inverse};
    gradient_fill(n->gain, WIDTH, first);
    gradient_fill(n->bias, WIDTH, first + 100);
}

static double norm_loss(void *data)
{
    roomy_norm *n = data;
    lln_layer_norm_forward(&n->norm, ROWS, x, &n->kept, y);
    return gradient_loss(y, ROWS * WIDTH);
}

START_TEST(layer_norm_gradient)
{
    roomy_norm n, g;
    start();
    norm_open(&n, 100);
    norm_open(&g, 0);
    norm_loss(&n);
    lln_layer_norm_backward(&n.norm, ROWS, &n.kept, dy, &g.norm, dx, sums);
    gradient_check(n.gain, WIDTH, g.gain, norm_loss, &n);
    gradient_check(n.bias, WIDTH, g.bias, norm_loss, &n);
    gradient_check(x, ROWS * WIDTH, dx, norm_loss, &n);
}
END_TEST

/* Of (1, 3): mean 2, variance 1. */
START_TEST(layer_norm_values)
{
    double in[] = {1, 3}, gain[] = {2, 5}, bias[] = {0.5, 0.25}, out[2];
    double normal[2], inverse;
    lln_layer_norm norm = {LLN_FLOAT64, 2, gain, bias};
    lln_layer_norm_kept kept = {normal, &inverse};
    lln_layer_norm_forward(&norm, 1, in, &kept, out);
    expect_relative(out[0], 0.5 - 2 / sqrt(1 + 1e-5), 1e-15);
    expect_relative(out[1], 0.25 + 5 / sqrt(1 + 1e-5), 1e-15);
}
END_TEST

/* Phi by erfc of the C library, from -20 to 20. */
START_TEST(gelu_values)
{
    for (double value = -20; value <= 20; value += 1.0 / 64) {
        double below = 0.5 * erfc(-value * M_SQRT1_2);
        double slope = below + value * exp(-value * value / 2) / sqrt(2 * M_PI);
        double a = value, da;
        float b = (float)value, db;
        lln_gelu_forward(LLN_FLOAT64, 1, &a, &da);
        lln_gelu_forward(LLN_FLOAT32, 1, &b, &db);
        expect_absolute(a, value * below, 1e-15 * (1 + fabs(value)));
        expect_absolute(da, slope, 1e-15);
        expect_absolute(b, value * below, 1e-6);
        expect_absolute(db, slope, 1e-6);
    }
}
END_TEST

START_TEST(gelu_gradient)
{
    double slope[ROWS], d[ROWS] = {2, 3, 4, 5, 6};
    double at[ROWS] = {-3.5, -0.75, 0, 0.25, 2.75}, step = 1e-5;
    double value[ROWS], above[ROWS], below[ROWS], unused[ROWS];
    for (int i = 0; i < ROWS; i++) {
        value[i] = at[i];
        above[i] = at[i] + step;
        below[i] = at[i] - step;
    }
    lln_gelu_forward(LLN_FLOAT64, ROWS, value, slope);
    lln_gelu_forward(LLN_FLOAT64, ROWS, above, unused);
    lln_gelu_forward(LLN_FLOAT64, ROWS, below, unused);
    lln_gelu_backward(LLN_FLOAT64, ROWS, slope, d);
    for (int i = 0; i < ROWS; i++)
        expect_absolute(d[i], (i + 2) * (above[i] - below[i]) / (2 * step),
                        1e-8);
}
END_TEST

typedef struct {
    roomy_linear up, down;
    lln_mlp mlp;
    double hidden[ROWS * WIDER], slope[ROWS * WIDER];
    lln_mlp_kept kept;
} roomy_mlp;

static void mlp_open(roomy_mlp *m, size_t first)
{
    linear_open(&m->up, WIDTH, WIDER, first);
    linear_open(&m->down, WIDER, WIDTH, first + 200);
    m->mlp = (lln_mlp){m->up.map, m->down.map};
    m->kept = (lln_mlp_kept){m->hidden, m->slope};
}

static double mlp_loss(void *data)
{
    roomy_mlp *m = data;
    memset(y, 0, sizeof y);
    lln_mlp_forward(&m->mlp, ROWS, x, &m->kept, y);
    return gradient_loss(y, ROWS * WIDTH);
}

START_TEST(mlp_gradient)
{
    roomy_mlp m, g;
    start();
    mlp_open(&m, 100);
    mlp_open(&g, 0);
    mlp_loss(&m);
    lln_mlp_backward(&m.mlp, ROWS, x, &m.kept, dy, &g.mlp, dx, wide, sums);
    gradient_check(m.up.weight, WIDTH * WIDER, g.up.weight, mlp_loss, &m);
    gradient_check(m.up.bias, WIDER, g.up.bias, mlp_loss, &m);
    gradient_check(m.down.weight, WIDTH * WIDER, g.down.weight, mlp_loss, &m);
    gradient_check(m.down.bias, WIDTH, g.down.bias, mlp_loss, &m);
    gradient_check(x, ROWS * WIDTH, dx, mlp_loss, &m);
}
END_TEST

enum { EXAMPLES = 3, TOKENS = 2, NUMBERS = 3, WORDS = 4 };

typedef struct {
    roomy_linear map;
    double table[WORDS * WIDTH], positions[TOKENS * WIDTH];
    double input[EXAMPLES * TOKENS * NUMBERS], out[EXAMPLES * TOKENS * WIDTH];
    lln_embedding embedding;
    lln_examples examples;
} roomy_embedding;

static void embedding_open(roomy_embedding *e, size_t vocabulary, size_t first)
{
    static float values[EXAMPLES * TOKENS * NUMBERS];
    static int32_t symbols[] = {3, 0, 1, 3, 3, 0};
    linear_open(&e->map, NUMBERS, WIDTH, first);
    gradient_fill(e->table, WORDS * WIDTH, first + 200);
    gradient_fill(e->positions, TOKENS * WIDTH, first + 300);
    for (size_t i = 0; i < EXAMPLES * TOKENS * NUMBERS; i++)
        values[i] = (float)gradient_number(i);
    e->embedding =
        (lln_embedding){LLN_FLOAT64, TOKENS,   WIDTH,       vocabulary,
                        e->map.map,  e->table, e->positions};
    e->examples = (lln_examples){EXAMPLES, values, symbols, NULL};
}

static double embedding_loss(void *data)
{
    roomy_embedding *e = data;
    lln_embedding_forward(&e->embedding, &e->examples, e->input, e->out);
    return gradient_loss(e->out, EXAMPLES * TOKENS * WIDTH);
}

/* Patches, then token numbers; number 2 does not occur. */
START_TEST(embedding_gradient)
{
    static double d[EXAMPLES * TOKENS * WIDTH];
    roomy_embedding e, g;
    size_t vocabulary = _i ? WORDS : 0;
    gradient_fill(d, EXAMPLES * TOKENS * WIDTH, 7000);
    embedding_open(&e, vocabulary, 100);
    embedding_open(&g, vocabulary, 0);
    embedding_loss(&e);
    lln_embedding_backward(&e.embedding, &e.examples, e.input, d, &g.embedding,
                           sums);
    gradient_check(e.positions, TOKENS * WIDTH, g.positions, embedding_loss,
                   &e);
    if (vocabulary) {
        gradient_check(e.table, WORDS * WIDTH, g.table, embedding_loss, &e);
        return;
    }
    gradient_check(e.map.weight, NUMBERS * WIDTH, g.map.weight, embedding_loss,
                   &e);
    gradient_check(e.map.bias, WIDTH, g.map.bias, embedding_loss, &e);
}
END_TEST

typedef struct {
    lln_task_shape shape;
    lln_examples examples;
    double in[EXAMPLES * TOKENS * WIDTH], out[EXAMPLES * TOKENS * WIDTH];
    int32_t answers[EXAMPLES * TOKENS];
    size_t rows;
} roomy_pooling;

static double pooling_loss(void *data)
{
    roomy_pooling *p = data;
    p->rows = lln_pooling_forward(&p->shape, LLN_FLOAT64, &p->examples, WIDTH,
                                  p->in, p->out, p->answers);
    return gradient_loss(p->out, p->rows * WIDTH);
}

/* Means over positions, then positions with an answer. */
START_TEST(pooling_gradient)
{
    static int32_t of_examples[] = {5, 6, 7},
                   of_tokens[] = {-1, 3, 0, -1, 2, 8};
    static const int32_t expected[2][4] = {{5, 6, 7}, {3, 0, 2, 8}};
    static double d[EXAMPLES * TOKENS * WIDTH], din[EXAMPLES * TOKENS * WIDTH];
    roomy_pooling p = {.shape = {.tokens = TOKENS, .per_token = _i},
                       .examples = {.count = EXAMPLES,
                                    .answers = _i ? of_tokens : of_examples}};
    gradient_fill(p.in, EXAMPLES * TOKENS * WIDTH, 0);
    gradient_fill(d, EXAMPLES * TOKENS * WIDTH, 7000);
    pooling_loss(&p);
    ck_assert_uint_eq(p.rows, _i ? 4 : 3);
    ck_assert_uint_eq(lln_pooling_rows(&p.shape, &p.examples), p.rows);
    ck_assert_mem_eq(p.answers, expected[_i], p.rows * sizeof(int32_t));
    lln_pooling_backward(&p.shape, LLN_FLOAT64, &p.examples, WIDTH, d, din);
    gradient_check(p.in, EXAMPLES * TOKENS * WIDTH, din, pooling_loss, &p);
}
END_TEST

static double cross_entropy_loss(void *data)
{
    static const int32_t answers[ROWS] = {1, 0, 3, 3, 2};
    const double *scale = data;
    lln_cross_entropy sum = {0};
    memcpy(y, x, sizeof y);
    lln_cross_entropy_add(LLN_FLOAT64, ROWS, WIDTH, y, answers, *scale, &sum);
    return *scale * sum.loss;
}

START_TEST(cross_entropy_gradient)
{
    double scale = 0.375;
    start();
    cross_entropy_loss(&scale);
    memcpy(dx, y, sizeof dx);
    gradient_check(x, ROWS * WIDTH, dx, cross_entropy_loss, &scale);
}
END_TEST

/* -ln of 1/4 and of 3/5; the answer of the second row has the largest logit, as
 * has that of the third, together with a later class. Logits of 1000 and -1000
 * are no special case. */
START_TEST(cross_entropy_values)
{
    double logits[] = {0, log(3), log(3), log(2), 7, 7, 1000, -1000};
    const int32_t answers[] = {0, 0, 0, 1};
    lln_cross_entropy sum = {0};
    lln_cross_entropy_add(LLN_FLOAT64, 4, 2, logits, answers, 1, &sum);
    expect_relative(sum.loss, log(4) + log(5.0 / 3) + log(2) + 2000, 1e-15);
    ck_assert_uint_eq(sum.correct, 2);
    logits[0] = NAN;
    lln_cross_entropy_add(LLN_FLOAT64, 1, 2, logits, answers, 1, &sum);
    ck_assert(isnan(sum.loss));
    ck_assert_uint_eq(sum.correct, 2);
    sum = (lln_cross_entropy){0};
    logits[0] = 1;
    logits[1] = NAN;
    lln_cross_entropy_add(LLN_FLOAT64, 1, 2, logits, answers, 1, &sum);
    ck_assert(isnan(sum.loss));
    ck_assert_uint_eq(sum.correct, 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("train_layers");
    TCase *layers = tcase_create("layers");
    tcase_add_test(layers, linear_gradient);
    tcase_add_test(layers, linear_values);
    tcase_add_test(layers, layer_norm_gradient);
    tcase_add_test(layers, layer_norm_values);
    tcase_add_test(layers, gelu_values);
    tcase_add_test(layers, gelu_gradient);
    tcase_add_test(layers, mlp_gradient);
    tcase_add_loop_test(layers, embedding_gradient, 0, 2);
    tcase_add_loop_test(layers, pooling_gradient, 0, 2);
    tcase_add_test(layers, cross_entropy_gradient);
    tcase_add_test(layers, cross_entropy_values);
    suite_add_tcase(suite, layers);
    return run_suite(suite);
}
