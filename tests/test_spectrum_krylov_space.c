/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The Krylov space of a diagonal matrix: M V = V T + W S with orthonormal
 * columns, by dense products. */
#include "measure/spectrum_krylov_space.h"

#include "given_matrix.h"

enum { N = 40, MOST = 4, WIDTH = 24 };

static double entry(size_t i)
{
    return 1 / (1 + (double)i);
}

/* M = diag(1, 1/2, ...); the number of columns is *context. */
static lln_status multiply(void *context, const double *x, double *y)
{
    size_t columns = *(size_t *)context;
    for (size_t i = 0; i < N * columns; i++)
        y[i] = entry(i / columns) * x[i];
    return LLN_OK;
}

typedef struct {
    double v[N * WIDTH], h[WIDTH * WIDTH], x[N * MOST], y[N * MOST],
        c[WIDTH * MOST], column[N];
} arrays;

static lln_krylov_space space_of(const lln_krylov *problem, arrays *a)
{
    memset(a, 0, sizeof *a);
    return (lln_krylov_space){.problem = problem,
                              .n = N,
                              .b = problem->block,
                              .width = WIDTH,
                              .v = a->v,
                              .h = a->h,
                              .x = a->x,
                              .y = a->y,
                              .c = a->c,
                              .column = a->column};
}

static void expect_orthonormal(const lln_krylov_space *k)
{
    for (size_t a = 0; a < k->used + k->b; a++)
        for (size_t b = 0; b <= a; b++) {
            double dot = 0;
            for (size_t i = 0; i < N; i++)
                dot += k->v[i * WIDTH + a] * k->v[i * WIDTH + b];
            expect_absolute(dot, a == b, 1e-14);
        }
}

/* Column j of M V against V T + W S. */
static void expect_projection(const lln_krylov_space *k)
{
    for (size_t j = 0; j < k->used; j++)
        for (size_t i = 0; i < N; i++) {
            double sum = 0;
            for (size_t r = 0; r < k->used + k->b; r++)
                sum += k->v[i * WIDTH + r] * k->h[j * WIDTH + r];
            expect_absolute(sum, entry(i) * k->v[i * WIDTH + j], 1e-14);
        }
}

static void build(size_t block, bool centred)
{
    arrays a;
    lln_krylov problem = {.n = N,
                          .block = block,
                          .centred = centred,
                          .apply = multiply,
                          .context = &block};
    lln_krylov_space k = space_of(&problem, &a);
    lln_krylov_space_start(&k);
    if (centred) { /* the first vector has mean 0 */
        double sum = 0;
        for (size_t i = 0; i < N; i++)
            sum += k.v[i * WIDTH];
        expect_absolute(sum, 0, 1e-14);
    }
    while (k.used + 2 * block <= WIDTH)
        expect_ok(lln_krylov_space_expand(&k));
    ck_assert_uint_eq(k.used, WIDTH - block);
    expect_orthonormal(&k);
    expect_projection(&k);
}

START_TEST(build_space)
{
    build(_i % 2 ? MOST : 1, _i / 2);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("spectrum_krylov_space");
    TCase *space = tcase_create("krylov_space");
    tcase_add_loop_test(space, build_space, 0, 4);
    suite_add_tcase(suite, space);
    return run_suite(suite);
}
