/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading tables: lln_table_read. */
#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "one_row.h"
#include "seed.h"
#include "table/table.h"

static lln_status read_string(const char *text, lln_table_data *data)
{
    FILE *in = fmemopen((void *)text, strlen(text), "r");
    lln_status status = lln_table_read(in, "t.csv", data);
    fclose(in);
    return status;
}

/* The same, and the text becomes a seed of the fuzzer. */
static lln_status read_text(const char *text, lln_table_data *data)
{
    keep_seed((const unsigned char *)text, strlen(text));
    return read_string(text, data);
}

START_TEST(read_csv)
{
    lln_table_data data;
    expect_ok(read_text("# note\r\n\"na,me\",x\r\n\n\"a\"\"b\nc\",1\r\n"
                        "# 2\n\"\",\"2\"",
                        &data));
    ck_assert_uint_eq(data.columns, 2);
    ck_assert_uint_eq(data.rows, 2);
    ck_assert_str_eq(data.names[0], "na,me");
    ck_assert_str_eq(data.cells[0], "a\"b\nc");
    ck_assert_str_eq(data.cells[1], "1");
    ck_assert_str_eq(data.cells[2], "");
    ck_assert_str_eq(data.cells[3], "2");
    ck_assert_int_eq(lln_table_find(&data, "x"), 1);
    ck_assert_int_eq(lln_table_find(&data, "y"), -1);
    lln_table_data_free(&data);
}
END_TEST

START_TEST(read_header_only)
{
    lln_table_data data;
    expect_ok(read_text("\xEF\xBB\xBFx\n", &data));
    ck_assert_str_eq(data.names[0], "x");
    ck_assert_uint_eq(data.rows, 0);
    lln_table_data_free(&data);
}
END_TEST

/* A row with this name, written in that format, is read back unchanged. */
static void expect_read_back(lln_table_format format, const char *name)
{
    char *text = one_row(format, name, 2.385);
    lln_table_data data;
    expect_ok(read_text(text, &data));
    ck_assert_uint_eq(data.rows, 1);
    ck_assert_str_eq(data.cells[0], name);
    ck_assert_str_eq(data.cells[2], "2.385");
    lln_table_data_free(&data);
    free(text);
}

/* Tables are read back as they were written. */
START_TEST(read_round_trip)
{
    static const char *const names[] = {"tea",         "a,b",
                                        "a\"b",        "",
                                        "#a",          "a\nb",
                                        "\t\\t\\",     "\r",
                                        "lln:alpha=1", "\x1b\x7f\xc3\xa9"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int format = LLN_TABLE_CSV; format <= LLN_TABLE_NDJSON; format++)
            expect_read_back((lln_table_format)format, names[i]);
}
END_TEST

/* Names that the formats for people can contain. */
START_TEST(read_people_round_trip)
{
    static const char *const names[] = {
        "tea", "a b,c\"d\"", "x|y", "\\|\\`*", "caf\xc3\xa9", "lln:alpha=1"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (int format = LLN_TABLE_ALIGNED; format <= LLN_TABLE_MARKDOWN;
             format++)
            expect_read_back((lln_table_format)format, names[i]);
}
END_TEST

static void expect_unreadable(const char *text, const char *message)
{
    lln_table_data data;
    expect_status(read_text(text, &data), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), message);
    ck_assert_ptr_null(data.names);
}

START_TEST(read_csv_errors)
{
    expect_unreadable("\n", "t.csv: empty, expected a table");
    expect_unreadable("a,b\n1,2\n\n1\n", "t.csv: line 4: 1 cell, expected 2");
    expect_unreadable("a\tb\n1\t2\t3\n", "t.csv: line 2: 3 cells, expected 2");
    expect_unreadable("a,b\n\"x\ny\",2\n3\n",
                      "t.csv: line 4: 1 cell, expected 2");
    expect_unreadable("a,b\n1,\"2\n", "t.csv: line 2: unclosed quote");
    expect_unreadable("a\n\"b\"c\n",
                      "t.csv: line 2: text after a closing quote");
    lln_table_data data;
    FILE *in = fmemopen((void *)"a\0b\n", 4, "r");
    expect_status(lln_table_read(in, "t.csv", &data), LLN_EFORMAT);
    fclose(in);
    in = fopen("/", "r");
    expect_status(lln_table_read(in, "/", &data), LLN_EIO);
    fclose(in);
}
END_TEST

/* All cells of a table, names first: "a|b", one line for each row. */
static void expect_table(const char *text, const char *expected)
{
    lln_table_data data;
    char *all = NULL;
    size_t size = 0;
    expect_ok(read_text(text, &data));
    FILE *out = open_memstream(&all, &size);
    for (size_t i = 0; i < (data.rows + 1) * data.columns; i++)
        fprintf(out, "%s%s", data.names[i],
                (i + 1) % data.columns == 0 ? "\n" : "|");
    fclose(out);
    ck_assert_str_eq(all, expected);
    free(all);
    lln_table_data_free(&data);
}

/* Numbers, and text without two spaces, in the formats for people. */
START_TEST(read_aligned)
{
    expect_table("a        b\n1  (2, 3)\n", "a|b\n1|(2, 3)\n");
    expect_table("# note\r\n  a  b\r\n1.5  x y  \r\n\r\n  2  z\r\n",
                 "a|b\n1.5|x y\n2|z\n");
    expect_table("a  b\n", "a|b\n");
    expect_unreadable("a  b\n1\n", "t.csv: line 2: 1 cell, expected 2");
}
END_TEST

START_TEST(read_markdown)
{
    expect_table("| a | b |\n|---|---:|\n| x | 1 |\n|y||\n", "a|b\nx|1\ny|\n");
    expect_table("| a |\r\n| :-: |\r\n|  x\\|\\\\\\`\\x0a  |\r\n",
                 "a\nx|\\`\\x0a\n");
    expect_table("| a | b\n|---|---\n| x | 1", "a|b\nx|1\n");
    expect_table("| a |\n|---|", "a\n");
    expect_table("a,b\n|,-\n", "a|b\n||-\n");
    expect_unreadable("| a | b |\n|---|---|\n| 1 |\n",
                      "t.csv: line 3: 1 cell, expected 2");
}
END_TEST

/* An array of objects, or one object after another, in any layout. */
START_TEST(read_json_layouts)
{
    static const char *const texts[] = {
        "[\n{\"a\":1,\"b\":\"x\"},\n{\"a\":2,\"b\":\"y\"}\n]\n",
        "[{\"a\":1,\"b\":\"x\"},{\"a\":2,\"b\":\"y\"}]",
        "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n",
        "{\"a\":1,\"b\":\"x\"}{\"a\":2,\"b\":\"y\"}",
        "[\r\n  {\r\n    \"a\": 1,\r\n    \"b\": \"x\"\r\n  },\r\n"
        "  {\r\n    \"a\": 2,\r\n    \"b\": \"y\"\r\n  }\r\n]\r\n",
        "{\n  \"a\" : 1,\n  \"b\" : \"x\"\n}\n\n{\n\t\"a\": 2, \"b\": \"y\"}",
        "\xEF\xBB\xBF \t\n[{\"b\":\"x\",\"a\":1}, {\"a\":2,\"b\":\"y\"}]",
        "# comment\n\n[{\"a\":1,\"b\":\"x\"}]\n[{\"a\":2,\"b\":\"y\"}]",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        expect_table(texts[i], texts[i][0] == '\xEF' ? "b|a\nx|1\ny|2\n"
                                                     : "a|b\n1|x\n2|y\n");
}
END_TEST

START_TEST(read_json_columns)
{
    expect_table("{\"a\":1}\n{\"b\":null,\"a\":2}\n{}\n{\"c\":true,\"b\":4}",
                 "a|b|c\n1||\n2||\n||\n|4|true\n");
    expect_table("[{\"\":\"\",\"a\\n\":\"\\u00e9\\\"\\\\\",\"1\":false}]",
                 "|a\n|1\n|\xc3\xa9\"\\|false\n");
}
END_TEST

/* Numbers keep their digits; Python's json.dumps writes NaN and Infinity. */
START_TEST(read_json_numbers)
{
    expect_table("[{\"a\":0.500000,\"b\":-1.50e+003,\"c\":1E400,\"d\":-0}]",
                 "a|b|c|d\n0.500000|-1.50e+003|1E400|-0\n");
    expect_table("[{\"a\":123456789012345678901234567890,\"b\":0.1}]",
                 "a|b\n123456789012345678901234567890|0.1\n");
    expect_table("{\"a\":NaN,\"b\":Infinity,\"c\":-Infinity,\"d\":\"1, NaN\"}",
                 "a|b|c|d\nNaN|Infinity|-Infinity|1, NaN\n");
    expect_table("{\"a\":\"\\\"1,\",\"b\":2}", "a|b\n\"1,|2\n");
}
END_TEST

/* Bytes that are not UTF-8 are read as the tools write them. */
START_TEST(read_json_bytes)
{
    expect_table("{\"a\":\"caf\xe9\"}", "a\ncaf\xef\xbf\xbd\n");
}
END_TEST

#define ONE_OBJECT_A_ROW                                                       \
    "; a table has one object per row, as pandas writes with orient='records'"

START_TEST(read_json_rows_that_are_none)
{
    expect_unreadable("[]", "t.csv: empty, expected a table");
    expect_unreadable("{}\n{}", "t.csv: empty, expected a table");
    expect_unreadable("[{\"a\":1},\n[1]]",
                      "t.csv: row 2 is not an object" ONE_OBJECT_A_ROW);
    expect_unreadable("[1.5]",
                      "t.csv: row 1 is not an object" ONE_OBJECT_A_ROW);
    expect_unreadable("[null]",
                      "t.csv: row 1 is not an object" ONE_OBJECT_A_ROW);
    expect_unreadable("{\"a\":1}\n{\"a\":2,\"b\":[3]}",
                      "t.csv: row 2: key 'b' has an array, expected a number, "
                      "text or null" ONE_OBJECT_A_ROW);
    expect_unreadable("{\"alpha\\n\":{\"0\":1.5}}",
                      "t.csv: row 1: key 'alpha\\x0a' has an object, expected "
                      "a number, text or null" ONE_OBJECT_A_ROW);
}
END_TEST

/* Each table is refused with one line that names the file and the line. */
START_TEST(read_json_damaged)
{
    static const struct {
        const char *text, *place;
    } cases[] = {
        {"[{\"a\":1}", "t.csv: line 1: not JSON: "},
        {"[\n{\"a\":1},\n]", "t.csv: line 3: not JSON: "},
        {"[\n{\"a\":1}\n{\"a\":2}]", "t.csv: line 3: not JSON: "},
        {"{\"a\":1}\n{\"a\":\n", "t.csv: line 3: not JSON: "},
        {"{\"a\":1}\n\n{\"a\":1,}", "t.csv: line 3: not JSON: "},
        {"# x\n{\"a\":1},{\"a\":1}", "t.csv: line 2: not JSON: "},
        {"{\"a\":1}\nrest", "t.csv: line 2: not JSON: "},
        {"[{\"a\":1,\"a\":2}]", "t.csv: line 1: not JSON: duplicate"},
        {"{1:2}", "t.csv: line 1: not JSON: "},
        {"{NaN :2}", "t.csv: line 1: not JSON: "},
        {"{\"a\":01}", "t.csv: line 1: not JSON: "},
        {"{\"a\":1.}", "t.csv: line 1: not JSON: "},
        {"{\"a\":.5}", "t.csv: line 1: not JSON: "},
        {"{\"a\":+1}", "t.csv: line 1: not JSON: "},
        {"{\"a\":1e}", "t.csv: line 1: not JSON: "},
        {"{\"a\":-}", "t.csv: line 1: not JSON: "},
        {"{\"a\":1 2}", "t.csv: line 1: not JSON: "},
        {"{\"a\":NaNs}", "t.csv: line 1: not JSON: "},
        {"{\"a\":0x10}", "t.csv: line 1: not JSON: "},
        {"{\"a\":None}", "t.csv: line 1: not JSON: "},
        {"{'a':1}", "t.csv: line 1: not JSON: "},
        {"{\"a\":\"\x1b\"}", "t.csv: line 1: not JSON: "},
        {"{\"a\":\"\\u0000\"}", "t.csv: line 1: not JSON: "},
        {"{\"a\":\"\\", "t.csv: line 1: not JSON: "},
        {"{\"a\":1]", "t.csv: line 1: not JSON: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        lln_table_data data;
        expect_status(read_text(cases[i].text, &data), LLN_EFORMAT);
        const char *message = lln_error_message();
        ck_assert_msg(
            strncmp(message, cases[i].place, strlen(cases[i].place)) == 0,
            "%s: %s", cases[i].text, message);
        ck_assert_msg(!strpbrk(message, "\n\r\x1b"), "%s", message);
        ck_assert_ptr_null(data.names);
    }
}
END_TEST

/* A table cut at any place, and with any byte changed. */
START_TEST(read_json_cut_and_changed)
{
    static const char whole[] =
        "[{\"a\": -1.5e-3, \"\\u00e9\": \"\\n\xc3\xa9\"}"
        ",\r\n {\"a\": NaN, \"b\": null}]";
    static const char other[] = "\"\\{}[],:0-+eN \n\xff\xc3\x01";
    char text[sizeof whole];
    lln_table_data data;
    for (size_t i = 0; i + 1 < sizeof whole; i++) {
        memcpy(text, whole, sizeof whole);
        text[i] = '\0';
        if (i > 0)
            expect_status(read_text(text, &data), LLN_EFORMAT);
        for (size_t j = 0; j + 1 < sizeof other; j++) {
            memcpy(text, whole, sizeof whole);
            text[i] = other[j];
            if (read_string(text, &data) == LLN_OK)
                ck_assert_ptr_nonnull(data.names);
            lln_table_data_free(&data);
        }
    }
}
END_TEST

START_TEST(read_json_deep)
{
    enum { DEPTH = 100000 };
    static char text[DEPTH + 1];
    lln_table_data data;
    memset(text, '[', DEPTH);
    expect_status(read_text(text, &data), LLN_EFORMAT);
    for (int i = 0; i + 5 <= DEPTH; i += 5)
        memcpy(text + i, "{\"a\":", 5);
    expect_status(read_text(text, &data), LLN_EFORMAT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table_read");
    TCase *csv = tcase_create("csv");
    tcase_add_test(csv, read_csv);
    tcase_add_test(csv, read_header_only);
    tcase_add_test(csv, read_round_trip);
    tcase_add_test(csv, read_csv_errors);
    suite_add_tcase(suite, csv);
    TCase *people = tcase_create("people");
    tcase_add_test(people, read_aligned);
    tcase_add_test(people, read_markdown);
    tcase_add_test(people, read_people_round_trip);
    suite_add_tcase(suite, people);
    TCase *json = tcase_create("json");
    tcase_add_test(json, read_json_layouts);
    tcase_add_test(json, read_json_columns);
    tcase_add_test(json, read_json_numbers);
    tcase_add_test(json, read_json_bytes);
    tcase_add_test(json, read_json_rows_that_are_none);
    tcase_add_test(json, read_json_damaged);
    tcase_add_test(json, read_json_cut_and_changed);
    tcase_add_test(json, read_json_deep);
    suite_add_tcase(suite, json);
    return run_suite(suite);
}
