/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rules for the hooks of an attention, of which each test breaks one, and
 * the rows and keys of an attention. */
#include <stdio.h>
#include <stdlib.h>

#include "dense.h"
#include "kernel/table/table.h"

enum { N = 3, M = 4, R = 2 };

static double factors[M * R];

static lln_status make(const lln_attention *attention, size_t first,
                       size_t count, double *out)
{
    (void)attention, (void)first, (void)count, (void)out;
    return LLN_OK;
}

static void pack(const lln_attention *attention, const size_t *queries,
                 size_t count, void *out)
{
    (void)attention, (void)queries, (void)count, (void)out;
}

static void tile(const lln_attention *attention, const void *packed,
                 size_t rows, size_t first_key, size_t keys, size_t stride,
                 void *out)
{
    (void)attention, (void)packed, (void)rows, (void)first_key;
    (void)keys, (void)stride, (void)out;
}

static void pack_slope(const lln_attention *attention, const size_t *queries,
                       size_t count, const void *packed, void *out)
{
    (void)attention, (void)queries, (void)count, (void)packed, (void)out;
}

static lln_status multiply(const lln_attention *attention, lln_matrix x,
                           void *y)
{
    (void)attention, (void)x, (void)y;
    return LLN_OK;
}

static void features(const lln_attention *attention, size_t first, size_t count,
                     double *b, double *a)
{
    (void)attention, (void)first, (void)count, (void)b, (void)a;
}

static lln_status diagonal(const lln_attention *attention, double *out)
{
    (void)attention, (void)out;
    return LLN_OK;
}

static lln_attention by_tiles(void)
{
    return (lln_attention){.kind = LLN_ATTENTION_TILES,
                           .n = N,
                           .m = M,
                           .rank = R,
                           .precision = LLN_FLOAT64,
                           .tiles.left = {LLN_FLOAT64, N, R, factors},
                           .tiles.right = {LLN_FLOAT64, M, R, factors}};
}

static lln_attention by_rows(void)
{
    return (lln_attention){.kind = LLN_ATTENTION_ROWS,
                           .n = N,
                           .m = M,
                           .rank = R,
                           .precision = LLN_FLOAT64,
                           .rows.make = make};
}

static void expect_broken(lln_attention attention, const char *message)
{
    char wanted[128];
    snprintf(wanted, sizeof wanted, "internal error: attention %s", message);
    expect_status(lln_attention_check(&attention), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(), wanted);
}

#define BROKEN(attention, change, message)                                     \
    do {                                                                       \
        lln_attention a = attention;                                           \
        change;                                                                \
        expect_broken(a, message);                                             \
    } while (0)

START_TEST(check_whole)
{
    lln_attention tiles = by_tiles(), rows = by_rows();
    expect_ok(lln_attention_check(&tiles));
    expect_ok(lln_attention_check(&rows));
    tiles.tiles.left.data = tiles.tiles.right.data = NULL;
    tiles.tiles.pack = pack;
    tiles.tiles.tile = tile;
    expect_ok(lln_attention_check(&tiles));
    rows.product = rows.transposed = multiply;
    rows.features = features;
    expect_ok(lln_attention_check(&rows));
}
END_TEST

START_TEST(check_tiles)
{
    lln_attention whole = by_tiles();
    BROKEN(whole, a.rows.make = make, "by tiles has make()");
    BROKEN(whole, a.rank = 0, "by tiles has no rank");
    BROKEN(whole, a.tiles.left.rows = M,
           "by tiles: left is not [n x rank] in its precision");
    BROKEN(whole, a.tiles.right.columns = 1,
           "by tiles: right is not [m x rank] in its precision");
    BROKEN(whole, a.tiles.right.precision = LLN_FLOAT32,
           "by tiles: right is not [m x rank] in its precision");
    BROKEN(whole, a.tiles.left.data = NULL, "by tiles has no left factor");
    BROKEN(whole, a.tiles.right.data = NULL, "by tiles has no right factor");
    BROKEN(whole,
           (a.tiles.scaled_scores = true, a.tiles.domain = LLN_DOMAIN_LINEAR),
           "has scaled_scores that are not logarithms");
    BROKEN(whole, (a.tiles.tile = tile, a.tiles.pack_slope = pack_slope),
           "by tiles has only one of tile() and tile_slope()");
    BROKEN(whole, a.tiles.tile_slope = tile,
           "by tiles has tile_slope() but no pack_slope()");
}
END_TEST

START_TEST(check_rows)
{
    lln_attention whole = by_rows();
    BROKEN(whole, a.rows.make = NULL, "by rows has no make()");
    BROKEN(whole, a.tiles.tile = tile, "by rows has a hook of tiles");
    BROKEN(whole, a.tiles.pack = pack, "by rows has a hook of tiles");
    BROKEN(whole, a.tiles.left.data = factors, "by rows has factors of tiles");
    BROKEN(whole, a.tiles.scaled_scores = true, "by rows has scaled_scores");
}
END_TEST

START_TEST(check_both)
{
    lln_attention kinds[] = {by_tiles(), by_rows()}, whole = kinds[_i];
    BROKEN(whole, a.kind = 0, "has no kind");
    BROKEN(whole, a.product = multiply,
           "has only one of product and transposed");
    BROKEN(whole, a.transposed = multiply,
           "has only one of product and transposed");
    BROKEN(whole, (a.features = features, a.mask.causal = true),
           "has features and a mask");
    BROKEN(whole, a.diagonal = diagonal, "has a diagonal but no causal mask");
    BROKEN(whole, a.state = factors, "has only one of state and close()");
    BROKEN(by_rows(), (a.features = features, a.rank = 0),
           "has features but no rank");
}
END_TEST

/* Counts the releases when opening fails. */
static int closed;

static void close_broken(lln_attention *attention)
{
    free(attention->state);
    closed++;
}

static lln_status open_broken(const lln_kernel_choice *choice,
                              const lln_head *head, lln_attention *attention)
{
    (void)choice, (void)head;
    *attention = by_rows();
    attention->state = malloc(1);
    attention->close = close_broken;
    attention->product = multiply;
    return LLN_OK;
}

/* A kernel that breaks a rule is refused, and what it allocated is released. */
START_TEST(open_refuses)
{
    static const lln_kernel kernel = {
        .name = "broken", .honours = LLN_HONOURS_FULL, .open = open_broken};
    lln_kernel_choice choice = {.kernel = &kernel, .text = "broken:x=1"};
    lln_head head = {.source = "test"};
    lln_attention attention;
    closed = 0;
    expect_status(lln_kernel_open(&choice, &head, &attention), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "kernel 'broken:x=1': internal error: attention has only "
                     "one of product and transposed");
    ck_assert_int_eq(closed, 1);
}
END_TEST

/* Rows in any order are those of all rows; by tiles and by rows. */
START_TEST(listed_rows)
{
    enum { QUERIES = 40, KEYS = 30, LISTED = 23 };
    static const char *const kernels[] = {"softmax", "kvt:k=3"};
    double all[QUERIES * KEYS], some[LISTED * KEYS];
    size_t list[LISTED] = {7, 39, 2, 3};
    for (size_t i = 4; i < LISTED; i++)
        list[i] = 6 + i; /* a run of more than 16 */
    lln_head head = dense_head(QUERIES, KEYS, 4, 1, (lln_mask){0}, LLN_FLOAT64);
    lln_attention attention;
    open_kernel(kernels[_i], &head, NULL, 0, &attention);
    expect_ok(lln_attention_rows(&attention, 0, QUERIES, all));
    expect_ok(lln_attention_listed_rows(&attention, list, 0, LISTED, some));
    for (size_t i = 0; i < LISTED; i++)
        ck_assert_mem_eq(some + i * KEYS, all + list[i] * KEYS,
                         KEYS * sizeof *some);
    expect_ok(lln_attention_listed_rows(&attention, NULL, 5, LISTED, some));
    ck_assert_mem_eq(some, all + (size_t)5 * KEYS, sizeof some);
    lln_attention_close(&attention);
    lln_head_free(&head);
}
END_TEST

/* Query 1 of a causal head of 4 tokens sees keys 0 and 1; the bias hides key 0
 * of every query. */
START_TEST(visible_keys)
{
    static const unsigned char flags[16] = {0, 1, 1, 1, 0, 1, 1, 1,
                                            0, 1, 1, 1, 0, 1, 1, 1};
    const lln_logit_grid grid = {.flags = flags, .slice = {0, 4, 4, 4, 1}};
    const lln_logit_bias bias = {.mask = &grid, .hides = true};
    lln_attention attention = {.n = 4, .m = 4, .mask = {.causal = true}};
    double scratch[4];
    lln_visible_keys keys = lln_attention_visible(&attention, 1, scratch);
    ck_assert(keys.first == 0 && keys.end == 2 && keys.count == 2);
    ck_assert(!lln_key_is_hidden(&keys, 0) && !lln_key_is_hidden(&keys, 1));
    attention.bias = &bias;
    keys = lln_attention_visible(&attention, 1, scratch);
    ck_assert(keys.first == 0 && keys.end == 2 && keys.count == 1);
    ck_assert(lln_key_is_hidden(&keys, 0) && !lln_key_is_hidden(&keys, 1));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("attention");
    TCase *tcase = tcase_create("lln_attention_check");
    tcase_add_test(tcase, check_whole);
    tcase_add_test(tcase, check_tiles);
    tcase_add_test(tcase, check_rows);
    tcase_add_loop_test(tcase, check_both, 0, 2);
    tcase_add_test(tcase, open_refuses);
    suite_add_tcase(suite, tcase);
    TCase *rows = tcase_create("rows");
    tcase_add_loop_test(rows, listed_rows, 0, 2);
    tcase_add_test(rows, visible_keys);
    suite_add_tcase(suite, rows);
    return run_suite(suite);
}
