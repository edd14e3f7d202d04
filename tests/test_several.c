/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Sets of heads joined and divided into shards, from sets that count the
 * calls. */
#include "heads/several.h"

#include <string.h>

#include "expect.h"
#include "heads/results.h"

enum { HEADS = 4 };

/* A set of two batch entries with two heads each. */
typedef struct {
    long layer; /* of its heads; -1: none */
    size_t loads, rests, closes;
} fake;

static void describe_fake(const lln_heads *heads, size_t index, lln_head *head)
{
    const fake *f = heads->state;
    *head = (lln_head){.source = index < 2 ? "x[0]" : "x[1]",
                       .file = "x",
                       .layer = f->layer,
                       .head = (long)(index % 2),
                       .key_head = 0,
                       .step = -1,
                       .number = index,
                       .at.batch = index / 2};
}

static lln_status load_fake(const lln_heads *heads, size_t index, double tau,
                            lln_precision precision, lln_head *head)
{
    (void)tau;
    (void)precision;
    ((fake *)heads->state)->loads++;
    describe_fake(heads, index, head);
    return LLN_OK;
}

static lln_status list_fake(const lln_heads *heads, lln_result **results,
                            size_t *count)
{
    (void)heads;
    *results = NULL;
    *count = 23;
    return LLN_OK;
}

static void rest_fake(const lln_heads *heads)
{
    ((fake *)heads->state)->rests++;
}

static void close_fake(lln_heads *heads)
{
    ((fake *)heads->state)->closes++;
}

static lln_heads_part make_part(fake *f, size_t model, long step, long layer)
{
    return (lln_heads_part){.heads = {.count = HEADS,
                                      .rows = 5 + model,
                                      .describe = describe_fake,
                                      .load = load_fake,
                                      .results = list_fake,
                                      .rest = rest_fake,
                                      .close = close_fake,
                                      .state = f},
                            .path = "x.npz",
                            .model = model,
                            .step = step,
                            .layer = layer,
                            .head = -1};
}

/* The head is number `number` of its part and has these values, loaded or
 * described. */
static void expect_head(const lln_heads *heads, size_t index, size_t number,
                        size_t model, long step, long layer)
{
    lln_head head[2];
    heads->describe(heads, index, &head[0]);
    expect_ok(heads->load(heads, index, NAN, LLN_FLOAT32, &head[1]));
    for (int i = 0; i < 2; i++) {
        ck_assert_uint_eq(head[i].number, number);
        ck_assert_uint_eq(head[i].model, model);
        ck_assert_int_eq(head[i].step, step);
        ck_assert_int_eq(head[i].layer, layer);
    }
}

/* Files of layers of one model: one batch entry after the other. */
START_TEST(join_order)
{
    fake fakes[3] = {{.layer = -1}, {.layer = -1}, {.layer = 8}};
    lln_heads_part parts[] = {make_part(&fakes[0], 0, 10, 4),
                              make_part(&fakes[1], 0, 10, 3),
                              make_part(&fakes[2], 1, -1, -1)};
    lln_heads heads;
    expect_ok(lln_heads_join(parts, 3, &heads));
    ck_assert_uint_eq(heads.count, 3 * HEADS);
    ck_assert_uint_eq(heads.rows, 6);
    for (size_t i = 0; i < 8; i++)
        expect_head(&heads, i, i % 2 + 2 * (i / 4), 0, 10,
                    i / 2 % 2 == 0 ? 3 : 4);
    for (size_t i = 8; i < 12; i++)
        expect_head(&heads, i, i - 8, 1, -1, 8);
    lln_result *results;
    size_t count;
    expect_status(heads.results(&heads, &results, &count), LLN_EINVAL);
    lln_heads_close(&heads);
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(fakes[i].closes, 1);
}
END_TEST

/* Two files that are read in turn both keep their memory. */
START_TEST(join_in_turn)
{
    fake fakes[3] = {{.layer = 0}, {.layer = 0}, {.layer = 0}};
    lln_heads_part parts[] = {make_part(&fakes[0], 0, -1, -1),
                              make_part(&fakes[1], 1, -1, -1),
                              make_part(&fakes[2], 2, -1, -1)};
    lln_heads heads;
    lln_head head;
    parts[1].in_turn = parts[2].in_turn = true;
    expect_ok(lln_heads_join(parts, 3, &heads));
    for (size_t i = 0; i < HEADS; i++)
        for (size_t part = 0; part < 2; part++)
            expect_ok(
                heads.load(&heads, part * HEADS + i, NAN, LLN_FLOAT32, &head));
    for (int i = 0; i < 3; i++)
        ck_assert_uint_eq(fakes[i].rests, 0);
    expect_ok(heads.load(&heads, 2 * HEADS, NAN, LLN_FLOAT32, &head));
    ck_assert_uint_eq(fakes[0].rests, 0);
    ck_assert_uint_eq(fakes[1].rests, 1);
    lln_heads_close(&heads);
}
END_TEST

/* A file gives back its memory when a head of another file is loaded. */
START_TEST(join_rest)
{
    fake fakes[2] = {{.layer = 0}, {.layer = 0}};
    lln_heads_part parts[] = {make_part(&fakes[0], 0, -1, -1),
                              make_part(&fakes[1], 1, -1, -1)};
    lln_heads heads;
    lln_head head;
    expect_ok(lln_heads_join(parts, 2, &heads));
    for (size_t i = 0; i < HEADS; i++)
        expect_ok(heads.load(&heads, i, NAN, LLN_FLOAT32, &head));
    ck_assert_uint_eq(fakes[0].rests, 0);
    expect_ok(heads.load(&heads, HEADS, NAN, LLN_FLOAT32, &head));
    ck_assert_uint_eq(fakes[0].rests, 1);
    ck_assert_uint_eq(fakes[1].rests, 0);
    heads.rest(&heads);
    ck_assert_uint_eq(fakes[0].rests, 2);
    ck_assert_uint_eq(fakes[1].rests, 1);
    ck_assert_uint_eq(fakes[0].loads, HEADS);
    lln_heads_close(&heads);
}
END_TEST

START_TEST(join_contradiction)
{
    fake fakes[2] = {{.layer = 2}, {.layer = 2}};
    lln_heads_part parts[] = {make_part(&fakes[0], 0, -1, 2),
                              make_part(&fakes[1], 0, -1, 3)};
    lln_heads heads;
    expect_status(lln_heads_join(parts, 2, &heads), LLN_EFORMAT);
    ck_assert_str_eq(
        lln_error_message(),
        "x.npz: layer 2 in the file, 3 in its name; use a file pattern without "
        "{layer}, or array names without a number (--key-q, --key-k)");
    ck_assert_uint_eq(fakes[0].closes, 1);
    ck_assert_uint_eq(fakes[1].closes, 1);
}
END_TEST

START_TEST(join_single)
{
    fake one = {.layer = 2};
    lln_heads_part part = make_part(&one, 0, -1, -1);
    part.head = 1; /* not that of half of the heads */
    lln_heads heads;
    expect_status(lln_heads_join(&part, 1, &heads), LLN_EFORMAT);
    part.head = -1;
    expect_ok(lln_heads_join(&part, 1, &heads));
    lln_result *results;
    size_t count;
    expect_ok(heads.results(&heads, &results, &count));
    ck_assert_uint_eq(count, 23);
    lln_heads_close(&heads);
}
END_TEST

/* Shards of 4 heads, from 1 to 5: each head is in one of them, in order. */
START_TEST(every_shares)
{
    for (size_t shares = 1; shares <= HEADS + 1; shares++) {
        size_t found = 0;
        for (size_t first = 0; first < shares; first++) {
            fake one = {.layer = 2};
            lln_heads heads = make_part(&one, 0, -1, -1).heads;
            expect_ok(lln_heads_every(&heads, first, shares, &heads));
            for (size_t i = 0; i < heads.count; i++)
                expect_head(&heads, i, first + i * shares, 0, -1, 2);
            found += heads.count;
            ck_assert_uint_eq(heads.rows, 5);
            lln_result *results;
            size_t count;
            expect_status(heads.results(&heads, &results, &count), LLN_EINVAL);
            heads.rest(&heads);
            ck_assert_uint_eq(one.rests, 1);
            lln_heads_close(&heads);
            ck_assert_uint_eq(one.closes, 1);
        }
        ck_assert_uint_eq(found, HEADS);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("several");
    TCase *join = tcase_create("lln_heads_join");
    tcase_add_test(join, join_in_turn);
    tcase_add_test(join, join_order);
    tcase_add_test(join, join_rest);
    tcase_add_test(join, join_contradiction);
    tcase_add_test(join, join_single);
    suite_add_tcase(suite, join);
    TCase *every = tcase_create("lln_heads_every");
    tcase_add_test(every, every_shares);
    suite_add_tcase(suite, every);
    return run_suite(suite);
}
