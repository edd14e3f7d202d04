/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The walk over tiles: it meets each allowed key of each row once, in order,
 * with the score of the dot product that is computed here. */
#include "kernel/tiles.h"

#include "cases.h"
#include "core/threads.h"

enum { N = 1024, D = 16, FIRST = 500, ROWS = 150 }; /* two tiles of keys */

static const lln_mask MASKS[] = {
    {0},
    {.causal = true},
    {.window = 90},
    {.causal = true, .window = 700},
    {.block = 60},
};
enum { MASK_COUNT = sizeof MASKS / sizeof MASKS[0] };

typedef struct {
    lln_head head;
    lln_attention attention;
    lln_tiles tiles;
} setting;

/* Case B: 256 x 64 values read as rows of 16. */
static void open_setting(lln_mask mask, setting *s)
{
    s->head = case_head("B", LLN_FLOAT64, false);
    s->head.rule.mask = mask;
    s->head.q.rows = s->head.k.rows = N;
    s->head.q.columns = s->head.k.columns = D;
    case_open(&s->head, "softmax", &s->attention);
    expect_ok(lln_attention_prepare(&s->attention));
    expect_ok(lln_tiles_open(&s->attention, ROWS, &s->tiles));
}

static void close_setting(setting *s)
{
    lln_tiles_close(&s->tiles);
    lln_tiles_close(&s->tiles); /* zeroed */
    lln_attention_close(&s->attention);
    lln_head_free(&s->head);
}

static double score(const setting *s, size_t i, size_t j)
{
    const double *q = s->head.q.data, *k = s->head.k.data;
    double sum = 0;
    for (size_t l = 0; l < D; l++)
        sum += q[i * D + l] * k[j * D + l];
    return s->attention.tiles.rule.scale * sum;
}

/* Walks over the started block, whose row i is query queries[i]. */
static void expect_walk(setting *s, const size_t *queries, size_t rows)
{
    size_t next[ROWS], first, end, low = N, high = 0;
    lln_tiles *tiles = &s->tiles;
    ck_assert_uint_eq(tiles->rows, rows);
    for (size_t i = 0; i < rows; i++) {
        lln_mask_keys(s->head.rule.mask, N, N, queries[i], &next[i], &end);
        low = next[i] < low ? next[i] : low;
        high = end > high ? end : high;
    }
    ck_assert_uint_eq(tiles->low, low);
    ck_assert_uint_eq(tiles->high, high);
    while (lln_tiles_next(tiles)) {
        ck_assert(tiles->keys > 0 && tiles->keys <= LLN_TILE_KEYS);
        for (size_t i = 0; i < rows; i++) {
            const double *row = lln_tiles_row(tiles, i);
            ck_assert(tiles->from[i] <= tiles->to[i]);
            ck_assert(tiles->to[i] <= tiles->keys);
            for (size_t c = tiles->from[i]; c < tiles->to[i]; c++, next[i]++) {
                ck_assert_uint_eq(tiles->key + c, next[i]);
                expect_absolute(row[c - tiles->from[i]] +
                                    tiles->attention->tiles.offset[queries[i]],
                                score(s, queries[i], next[i]), 1e-13);
            }
        }
    }
    for (size_t i = 0; i < rows; i++) {
        lln_mask_keys(s->head.rule.mask, N, N, queries[i], &first, &end);
        ck_assert_uint_eq(next[i], end);
    }
    ck_assert(!lln_tiles_next(tiles)); /* again */
}

START_TEST(start_run)
{
    setting s;
    size_t queries[ROWS];
    open_setting(MASKS[_i], &s);
    for (size_t i = 0; i < ROWS; i++)
        queries[i] = FIRST + i;
    lln_tiles_start(&s.tiles, NULL, FIRST, ROWS);
    expect_walk(&s, queries, ROWS);
    lln_tiles_start(&s.tiles, NULL, FIRST, 1); /* the same walk again */
    expect_walk(&s, queries, 1);
    close_setting(&s);
}
END_TEST

START_TEST(start_list)
{
    static const size_t queries[] = {1023, 3, 3, 517, 0};
    setting s;
    open_setting(MASKS[_i], &s);
    lln_tiles_start(&s.tiles, queries, 0, 5);
    expect_walk(&s, queries, 5);
    close_setting(&s);
}
END_TEST

/* Scores are in the columns of their keys. */
START_TEST(start_into_matrix)
{
    setting s;
    size_t queries[ROWS], first, end;
    open_setting(MASKS[_i], &s);
    double *matrix = lln_array_alloc((size_t)ROWS * N, sizeof *matrix);
    for (size_t i = 0; i < ROWS; i++)
        queries[i] = FIRST + i;
    lln_tiles_start_into(&s.tiles, NULL, FIRST, ROWS, matrix);
    expect_walk(&s, queries, ROWS);
    for (size_t i = 0; i < ROWS; i++) {
        lln_mask_keys(s.head.rule.mask, N, N, queries[i], &first, &end);
        for (size_t j = first; j < end; j++)
            expect_absolute(matrix[i * N + j] +
                                s.attention.tiles.offset[FIRST + i],
                            score(&s, queries[i], j), 1e-13);
    }
    free(matrix);
    close_setting(&s);
}
END_TEST

START_TEST(next_interrupted)
{
    setting s;
    open_setting(MASKS[0], &s);
    lln_tiles_start(&s.tiles, NULL, 0, ROWS);
    ck_assert(lln_tiles_next(&s.tiles));
    lln_stop_requested = 1;
    ck_assert(!lln_tiles_next(&s.tiles));
    lln_stop_requested = 0;
    ck_assert(lln_tiles_next(&s.tiles));
    close_setting(&s);
}
END_TEST

/* Blocks hold all rows, and rounding to 16 rows leaves none without rows. */
START_TEST(tiles_block_rows)
{
    ck_assert_uint_eq(lln_tiles_block_rows(256), 128);
    ck_assert_uint_eq(lln_tiles_block_rows(512), 128);
    ck_assert_uint_eq(lln_tiles_block_rows(1024), 176);
    ck_assert_uint_eq(lln_tiles_block_rows(1), 64);
    for (size_t count = 65; count < 5000; count++) {
        size_t rows = lln_tiles_block_rows(count);
        size_t blocks = (count + LLN_TILE_ROWS - 1) / LLN_TILE_ROWS;
        blocks += blocks % 2;
        ck_assert(rows <= LLN_TILE_ROWS && rows * blocks >= count);
        ck_assert(rows * blocks < count + 16 * blocks);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("tiles");
    TCase *start = tcase_create("lln_tiles_start");
    tcase_add_loop_test(start, start_run, 0, MASK_COUNT);
    tcase_add_loop_test(start, start_list, 0, MASK_COUNT);
    suite_add_tcase(suite, start);
    TCase *into = tcase_create("lln_tiles_start_into");
    tcase_add_loop_test(into, start_into_matrix, 0, MASK_COUNT);
    suite_add_tcase(suite, into);
    TCase *next = tcase_create("lln_tiles_next");
    tcase_add_test(next, next_interrupted);
    tcase_add_test(next, tiles_block_rows);
    suite_add_tcase(suite, next);
    return run_suite(suite);
}
