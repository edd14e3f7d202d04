/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where heads are along the features of an array. */
#include "heads/split.h"

#include "expect.h"

START_TEST(read_good)
{
    lln_split split = {.fused = LLN_FUSED_QKV};
    expect_ok(lln_split_read("8", &split));
    ck_assert_uint_eq(split.heads[LLN_QUERIES], 8);
    ck_assert_uint_eq(split.heads[LLN_KEYS], 0);
    expect_ok(lln_split_read("32:8", &split));
    ck_assert_uint_eq(split.heads[LLN_QUERIES], 32);
    ck_assert_uint_eq(split.heads[LLN_KEYS], 8);
    ck_assert_uint_eq(split.heads[LLN_VALUES], 8);
    ck_assert_int_eq(split.fused, LLN_FUSED_QKV);
}
END_TEST

START_TEST(read_refused)
{
    static const char *const bad[] = {
        "",      "0",   "-1",    "8:",
        "8:0",   ":8",  "8:3",   "8x",
        "8:2:1", "8.0", " 8",    "8 ",
        "1e1",   "8,2", "65537", "99999999999999999999"};
    lln_split split;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        expect_status(lln_split_read(bad[i], &split), LLN_EINVAL);
}
END_TEST

START_TEST(fused_read_names)
{
    lln_fused fused = LLN_FUSED_NONE;
    expect_ok(lln_fused_read("qkv", &fused));
    ck_assert_int_eq(fused, LLN_FUSED_QKV);
    expect_ok(lln_fused_read("head-qkv", &fused));
    ck_assert_int_eq(fused, LLN_FUSED_HEAD_QKV);
    ck_assert_str_eq(lln_fused_name(fused), "head-qkv");
    expect_status(lln_fused_read("none", &fused), LLN_EINVAL);
}
END_TEST

static size_t place(const lln_split_part *part, size_t head)
{
    if (part->group == 0)
        return part->offset + head * part->stride;
    return part->offset + head / part->group * part->group_stride +
           head % part->group * part->stride;
}

/* Features 0 1 2 ... 15: 4 query heads and 2 key heads of 2 features, as q0 q1
 * q2 q3 k0 k1 v0 v1, and as q0 q1 k0 v0 q2 q3 k1 v1. */
START_TEST(find_places)
{
    static const struct {
        lln_fused fused;
        size_t places[LLN_ROLES][4];
    } cases[] = {
        {LLN_FUSED_QKV, {{0, 2, 4, 6}, {8, 10}, {12, 14}}},
        {LLN_FUSED_HEAD_QKV, {{0, 2, 8, 10}, {4, 12}, {6, 14}}},
    };
    for (int i = 0; i < 2; i++) {
        lln_split split = {{4, 2, 2}, cases[i].fused};
        for (int role = 0; role < LLN_ROLES; role++) {
            lln_split_part part;
            expect_ok(lln_split_find(&split, (lln_role)role, "x", 16, &part));
            ck_assert_uint_eq(part.heads, split.heads[role]);
            ck_assert_uint_eq(part.features, 2);
            for (size_t h = 0; h < part.heads; h++)
                ck_assert_uint_eq(place(&part, h), cases[i].places[role][h]);
        }
    }
}
END_TEST

START_TEST(find_apart)
{
    lln_split split = {.heads = {4, 2, 2}};
    lln_split_part part;
    expect_ok(lln_split_find(&split, LLN_VALUES, "x", 10, &part));
    ck_assert_uint_eq(part.heads, 2);
    ck_assert_uint_eq(part.features, 5);
    ck_assert_uint_eq(place(&part, 1), 5);
    expect_status(lln_split_find(&split, LLN_QUERIES, "x", 10, &part),
                  LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "x: 10 features; expected a multiple of 4, the number of "
                     "heads side by side");
    split.fused = LLN_FUSED_QKV;
    expect_status(lln_split_find(&split, LLN_KEYS, "x", 10, &part),
                  LLN_EFORMAT);
}
END_TEST

START_TEST(thirds)
{
    lln_split_part part;
    expect_ok(lln_split_thirds(LLN_VALUES, "x", 21, &part));
    ck_assert_uint_eq(part.features, 7);
    ck_assert_uint_eq(part.offset, 14);
    expect_status(lln_split_thirds(LLN_KEYS, "x", 22, &part), LLN_EFORMAT);
}
END_TEST

START_TEST(missing)
{
    lln_split split = {.fused = LLN_FUSED_NONE};
    expect_status(lln_split_missing(&split, "x", 6), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "x: 6 features; give the number of heads side by side "
                     "with --split-heads (1, 2, 3, 6)");
    split.fused = LLN_FUSED_QKV;
    expect_status(lln_split_missing(&split, "x", 7), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "x: 7 features of queries, keys and values; give the "
                     "number of heads side by side with --split-heads");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("split");
    TCase *split = tcase_create("lln_split");
    tcase_add_test(split, read_good);
    tcase_add_test(split, read_refused);
    tcase_add_test(split, fused_read_names);
    tcase_add_test(split, find_places);
    tcase_add_test(split, find_apart);
    tcase_add_test(split, thirds);
    tcase_add_test(split, missing);
    suite_add_tcase(suite, split);
    return run_suite(suite);
}
