/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/token_ids.h"

#include "expect.h"
#include "npy_file.h"

static lln_status parse(const char *text, size_t tokens, lln_token_ids *ids)
{
    return lln_token_ids_parse("ids.txt", (const unsigned char *)text,
                               strlen(text), tokens, ids);
}

static void expect_ids(const char *text, size_t entries, size_t tokens,
                       const size_t *wanted)
{
    lln_token_ids ids;
    expect_ok(parse(text, tokens, &ids));
    ck_assert_uint_eq(ids.entries, entries);
    ck_assert_uint_eq(ids.tokens, tokens);
    for (size_t i = 0; i < entries * tokens; i++)
        ck_assert_uint_eq(ids.id[i], wanted[i]);
    lln_token_ids_free(&ids);
}

START_TEST(parse_texts)
{
    static const size_t wanted[] = {31, 0, 7, 7, 32000, 2};
    expect_ids("31 0 7 7 32000 2", 1, 6, wanted);
    expect_ids("31\n0\n7\n\n7 # seven\n32000\n2\n", 1, 6, wanted);
    expect_ids("31,0,7,7\n32000,2\n", 1, 6, wanted); /* lines of one text */
    expect_ids("31 0 7\n7 3.2e+04 2\n", 2, 3, wanted);
    expect_ids("31\n0\n7\n7\n32000\n2\n", 6, 1, wanted);
}
END_TEST

START_TEST(parse_refused)
{
    static const struct {
        const char *text, *message;
        lln_status status;
    } cases[] = {
        {"1 2 3",
         "ids.txt: 3 ids; expected one for each of 4 tokens, or a line of 4 "
         "for each entry of the batch",
         LLN_EINVAL},
        {"1 2 3 4\n1 2\n",
         "ids.txt: 6 ids; expected one for each of 4 tokens, or a line of 4 "
         "for each entry of the batch",
         LLN_EINVAL},
        {"# nothing\n", "ids.txt: no ids", LLN_EFORMAT},
        {"1 2\n3 -4\n",
         "ids.txt: line 2: '3 -4'; expected the ids of tokens, whole numbers "
         "of at least 0",
         LLN_EFORMAT},
        {"1 2 3 the",
         "ids.txt: line 1: '1 2 3 the'; expected the ids of tokens, whole "
         "numbers of at least 0",
         LLN_EFORMAT}};
    lln_token_ids ids;
    expect_status(parse(cases[_i].text, 4, &ids), cases[_i].status);
    ck_assert_str_eq(lln_error_message(), cases[_i].message);
    lln_token_ids_free(&ids);
}
END_TEST

START_TEST(read_npy)
{
    static const int numbers[] = {4, 4, 0, 9, 8, 4};
    size_t size;
    unsigned char *bytes =
        make_npy(1, "{'descr': '<i4', 'fortran_order': False, 'shape': (2, 3)}",
                 numbers, sizeof numbers, &size);
    lln_token_ids ids;
    write_bytes("ids.npy", bytes, size);
    free(bytes);
    expect_ok(lln_token_ids_read("ids.npy", 3, &ids));
    ck_assert(ids.entries == 2 && ids.id[0] == 4 && ids.id[5] == 4);
    ck_assert_str_eq(ids.name, "ids.npy");
    lln_token_ids_free(&ids);
    expect_status(lln_token_ids_read("no.npy", 3, &ids), LLN_EIO);
    lln_token_ids_free(&ids);
}
END_TEST

/* A head of entry 1 of 2, whose first token is padding. */
START_TEST(check_heads)
{
    lln_token_ids ids;
    lln_head head = {.source = "x.npy",
                     .q = {LLN_FLOAT32, 2, 1, NULL},
                     .k = {LLN_FLOAT32, 2, 1, NULL},
                     .first = 1,
                     .first_key = 1,
                     .queries = 3,
                     .keys = 3,
                     .at.batch = 1,
                     .of.batch = 2};
    expect_ok(parse("1 2 3\n4 5 6\n", 3, &ids));
    expect_ok(lln_token_ids_check(&ids, &head));
    ck_assert_uint_eq(lln_token_ids_of(&ids, &head)[0], 5);
    head.of.batch = 3;
    expect_status(lln_token_ids_check(&ids, &head), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "ids.txt: ids of 2 entries of a batch; x.npy has 3");
    head.of.batch = 2;
    head.keys = 4;
    expect_status(lln_token_ids_check(&ids, &head), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "x.npy: 2 queries and 2 keys; ids need queries and keys "
                     "of the same tokens");
    head.queries = 4;
    expect_status(lln_token_ids_check(&ids, &head), LLN_EINVAL);
    ck_assert_str_eq(lln_error_message(),
                     "ids.txt: ids of 3 tokens; x.npy has 4");
    lln_token_ids_free(&ids);
    expect_ok(parse("1 2 3", 3, &ids)); /* the same for all entries */
    head.queries = head.keys = 3;
    expect_ok(lln_token_ids_check(&ids, &head));
    ck_assert_uint_eq(lln_token_ids_of(&ids, &head)[0], 2);
    lln_token_ids_free(&ids);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("token_ids");
    TCase *parse_case = tcase_create("parse"), *files = tcase_create("files");
    tcase_add_test(parse_case, parse_texts);
    tcase_add_loop_test(parse_case, parse_refused, 0, 5);
    tcase_add_test(parse_case, check_heads);
    tcase_add_checked_fixture(files, enter_folder, remove_folder);
    tcase_add_test(files, read_npy);
    suite_add_tcase(suite, parse_case);
    suite_add_tcase(suite, files);
    return run_suite(suite);
}
