/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/table.h"

#include <stdio.h>
#include <string.h>

#include "expect.h"
#include "one_row.h"
#include "table/aligned.h"
#include "table/series.h"

/* A table whose first rows exist begins with the separator of rows. */
static void expect_continued(lln_table_format format, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    lln_table *table = lln_table_alloc(out, columns, COLUMNS,
                                       (lln_table_style){format, 0, true});
    ck_assert_ptr_nonnull(table);
    lln_table_continue(table, 5);
    const lln_cell cells[COLUMNS] = {
        {.text = "a"}, {.integer = 3}, {.real = 2.385}};
    expect_ok(lln_table_row(table, cells));
    expect_ok(lln_table_end(table));
    lln_table_free(table);
    fclose(out);
    ck_assert_str_eq(text, expected);
    free(text);
}

static void expect_row(lln_table_format format, const char *name, double value,
                       const char *expected)
{
    char *text = one_row(format, name, value);
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(row_csv)
{
    expect_row(LLN_TABLE_CSV, "lln", 2.385, "name,count,value\nlln,-7,2.385\n");
    expect_row(LLN_TABLE_CSV, NULL, NAN, "name,count,value\nnan,-7,nan\n");
    expect_row(LLN_TABLE_CSV, "a", -INFINITY, "name,count,value\na,-7,-inf\n");
}
END_TEST

/* RFC 4180, sections 2.6 and 2.7. */
START_TEST(row_csv_quotes)
{
    expect_row(LLN_TABLE_CSV, "a,b", 1, "name,count,value\n\"a,b\",-7,1\n");
    expect_row(LLN_TABLE_CSV, "a\"b", 1, "name,count,value\n\"a\"\"b\",-7,1\n");
    expect_row(LLN_TABLE_CSV, "a\nb", 1, "name,count,value\n\"a\nb\",-7,1\n");
    expect_row(LLN_TABLE_CSV, "#a", 1, "name,count,value\n\"#a\",-7,1\n");
    expect_row(LLN_TABLE_CSV, "", 1, "name,count,value\n\"\",-7,1\n");
}
END_TEST

/* 2^64 - 1, which is neither a long nor a double. */
START_TEST(row_digits)
{
    static const lln_column seed = {"seed", LLN_CELL_DIGITS};
    static const char *const expected[] = {
        [LLN_TABLE_CSV] = "seed\n18446744073709551615\nnan\n",
        [LLN_TABLE_TSV] = "seed\n18446744073709551615\nnan\n",
        [LLN_TABLE_JSON] =
            "[\n{\"seed\":18446744073709551615},\n{\"seed\":null}\n]\n",
        [LLN_TABLE_NDJSON] =
            "{\"seed\":18446744073709551615}\n{\"seed\":null}\n"};
    for (int format = 0; format < 4; format++) {
        char *text = NULL;
        size_t size = 0;
        FILE *out = open_memstream(&text, &size);
        lln_table_style style = {(lln_table_format)format, 3, true};
        lln_table *table = lln_table_alloc(out, &seed, 1, style);
        expect_ok(
            lln_table_row(table, &(lln_cell){.text = "18446744073709551615"}));
        expect_ok(lln_table_row(table, &(lln_cell){.text = NULL}));
        expect_ok(lln_table_end(table));
        lln_table_free(table);
        fclose(out);
        ck_assert_str_eq(text, expected[format]);
        free(text);
    }
}
END_TEST

START_TEST(row_tsv_escapes)
{
    expect_row(LLN_TABLE_TSV, "tea,\"t\"", 1,
               "name\tcount\tvalue\ntea,\"t\"\t-7\t1\n");
    expect_row(LLN_TABLE_TSV, "#\t\n\r\\", 1,
               "name\tcount\tvalue\n\\#\\t\\n\\r\\\\\t-7\t1\n");
}
END_TEST

/* RFC 8259, section 7; there is no NaN and no infinity. */
START_TEST(row_json)
{
    expect_row(LLN_TABLE_JSON, "a\"\\\n\t\x01", 2.385,
               "[\n{\"name\":\"a\\\"\\\\\\n\\t\\u0001\",\"count\":-7,"
               "\"value\":2.385}\n]\n");
    expect_row(LLN_TABLE_JSON, NULL, NAN,
               "[\n{\"name\":null,\"count\":-7,\"value\":null}\n]\n");
    expect_row(LLN_TABLE_NDJSON, "a", INFINITY,
               "{\"name\":\"a\",\"count\":-7,\"value\":null}\n");
}
END_TEST

/* The text of columns, and of complete lines. */
static void expect_people(lln_table_format format, bool header, int precision,
                          const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    lln_table_style style = {format, precision, header};
    lln_table *table = lln_table_alloc(out, columns, COLUMNS, style);
    lln_cell rows[][COLUMNS] = {
        {{.text = "lln"}, {.integer = -7}, {.real = 2.38541}},
        {{.text = "caf\xc3\xa9|\n"}, {.integer = 12345}, {.real = NAN}},
        {{.text = NULL}, {.integer = 0}, {.real = 12345.678}},
    };
    for (int i = 0; i < 3; i++)
        expect_ok(lln_table_row(table, rows[i]));
    expect_ok(lln_table_end(table));
    lln_table_free(table);
    fclose(out);
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(row_aligned)
{
    expect_people(LLN_TABLE_ALIGNED, true, 4,
                  "name       count      value\n"
                  "lln           -7      2.385\n"
                  "caf\xc3\xa9|\\x0a  12345        nan\n"
                  "nan            0  1.235e+04\n");
    expect_people(LLN_TABLE_ALIGNED, false, 0,
                  "lln           -7    2.38541\n"
                  "caf\xc3\xa9|\\x0a  12345        nan\n"
                  "nan            0  12345.678\n");
}
END_TEST

START_TEST(row_markdown)
{
    expect_people(LLN_TABLE_MARKDOWN, true, 4,
                  "| name | count | value |\n"
                  "|---|---:|---:|\n"
                  "| lln | -7 | 2.385 |\n"
                  "| caf\xc3\xa9\\|\\x0a | 12345 | nan |\n"
                  "| nan | 0 | 1.235e+04 |\n");
    expect_people(LLN_TABLE_MARKDOWN, false, 2,
                  "| lln | -7 | 2.4 |\n"
                  "| caf\xc3\xa9\\|\\x0a | 12345 | nan |\n"
                  "| nan | 0 | 1.2e+04 |\n");
}
END_TEST

/* Rows that wait are written when a command fails; a table that does not keep
 * rows has nothing to write then. */
START_TEST(show_rows)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    for (int format = LLN_TABLE_JSON; format <= LLN_TABLE_ALIGNED; format++) {
        lln_table_style style = {(lln_table_format)format, 0, true};
        lln_table *table = lln_table_alloc(out, columns, COLUMNS, style);
        lln_cell cells[COLUMNS] = {{.text = "a"}, {.integer = 1}, {.real = 2}};
        expect_ok(lln_table_row(table, cells));
        expect_ok(lln_table_show(table));
        lln_table_free(table);
    }
    fclose(out);
    ck_assert_str_eq(text, "[\n{\"name\":\"a\",\"count\":1,\"value\":2}"
                           "{\"name\":\"a\",\"count\":1,\"value\":2}\n"
                           "name  count  value\na         1      2\n");
    free(text);
}
END_TEST

/* Widths: UAX 11 (East Asian Width); a combining accent takes no column. */
START_TEST(aligned_width_characters)
{
    ck_assert_uint_eq(lln_aligned_width("abc"), 3);
    ck_assert_uint_eq(lln_aligned_width("caf\xc3\xa9"), 4);
    ck_assert_uint_eq(lln_aligned_width("cafe\xcc\x81"), 4);
    ck_assert_uint_eq(lln_aligned_width("\xe6\xb3\xa8\xe6\x84\x8f"), 4);
    ck_assert_uint_eq(lln_aligned_width("\xf0\x9f\x98\x80"), 2);
    ck_assert_uint_eq(lln_aligned_width("\xef\xbf\xbd"), 1);
    ck_assert_uint_eq(lln_aligned_width(""), 0);
}
END_TEST

START_TEST(row_io_error)
{
    FILE *out = fopen("/dev/full", "w");
    setvbuf(out, NULL, _IONBF, 0);
    lln_table_style style = {LLN_TABLE_CSV, 0, true};
    lln_table *table = lln_table_alloc(out, columns, COLUMNS, style);
    lln_cell cells[COLUMNS] = {{.text = "a"}, {.integer = 1}, {.real = 1}};
    expect_status(lln_table_row(table, cells), LLN_EIO);
    ck_assert_str_eq(lln_error_message(), "No space left on device");
    expect_status(lln_table_end(table), LLN_EIO);
    lln_table_free(table);
    style.format = LLN_TABLE_ALIGNED;
    table = lln_table_alloc(out, columns, COLUMNS, style);
    clearerr(out);
    expect_ok(lln_table_row(table, cells));
    expect_status(lln_table_end(table), LLN_EIO);
    ck_assert_str_eq(lln_error_message(), "No space left on device");
    lln_table_free(table);
    fclose(out);
}
END_TEST

static void expect_empty(lln_table_format format, bool header,
                         const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    lln_table_style style = {format, 0, header};
    lln_table *table = lln_table_alloc(out, columns, COLUMNS, style);
    expect_ok(lln_table_end(table));
    lln_table_free(table);
    fclose(out);
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(end_without_rows)
{
    expect_empty(LLN_TABLE_CSV, true, "name,count,value\n");
    expect_empty(LLN_TABLE_CSV, false, "");
    expect_empty(LLN_TABLE_JSON, true, "[]\n");
    expect_empty(LLN_TABLE_NDJSON, true, "");
    expect_empty(LLN_TABLE_ALIGNED, true, "name  count  value\n");
    expect_empty(LLN_TABLE_ALIGNED, false, "");
    expect_empty(LLN_TABLE_MARKDOWN, true,
                 "| name | count | value |\n|---|---:|---:|\n");
}
END_TEST

START_TEST(continue_after_rows)
{
    expect_continued(LLN_TABLE_CSV, "a,3,2.385\n");
    expect_continued(LLN_TABLE_TSV, "a\t3\t2.385\n");
    expect_continued(LLN_TABLE_JSON,
                     ",\n{\"name\":\"a\",\"count\":3,\"value\":2.385}\n]\n");
    expect_continued(LLN_TABLE_NDJSON,
                     "{\"name\":\"a\",\"count\":3,\"value\":2.385}\n");
}
END_TEST

START_TEST(format_find_names)
{
    lln_table_format format;
    expect_ok(lln_table_format_find("ndjson", &format));
    ck_assert_int_eq(format, LLN_TABLE_NDJSON);
    expect_status(lln_table_format_find("xml", &format), LLN_EINVAL);
    ck_assert_ptr_nonnull(strstr(lln_error_message(), "'xml'"));
}
END_TEST

static void expect_real(double x, int precision, const char *expected)
{
    char text[32];
    lln_table_format_real(x, precision, text);
    ck_assert_str_eq(text, expected);
}

/* Expected texts: Python 3, repr(x) and '%.4g' % x. */
START_TEST(format_real_shortest)
{
    expect_real(0.1, 0, "0.1");
    expect_real(0.1 + 0.2, 0, "0.30000000000000004");
    expect_real(5.0366962734568117, 0, "5.036696273456812");
    expect_real(1024, 0, "1024");
    expect_real(-1e300, 0, "-1e+300");
    expect_real(-NAN, 0, "nan");
    expect_real(5.0366962734568117, 4, "5.037");
    expect_real(-INFINITY, 3, "-inf");
}
END_TEST

/* Bit patterns spread over all exponents, by a multiplicative generator. */
START_TEST(format_real_round_trip)
{
    unsigned long long bits = 88172645463325252ULL;
    for (int i = 0; i < 20000; i++) {
        bits = bits * 6364136223846793005ULL + 1442695040888963407ULL;
        double x;
        memcpy(&x, &bits, sizeof x);
        if (!isfinite(x))
            continue;
        char text[32];
        lln_table_format_real(x, 0, text);
        ck_assert_msg(strtod(text, NULL) == x, "%a became %s", x, text);
    }
}
END_TEST

/* 0.2 * 10^(3/4) = 1.1246826503806984 (Python 3), to 12 digits. */
START_TEST(series_value_ends_and_steps)
{
    expect_relative(lln_series_value(0.1, 1, 10, false, 2), 0.3, 0);
    expect_relative(lln_series_value(0.1, 0.7, 3, false, 2), 0.7, 0);
    expect_relative(lln_series_value(0.2, 2, 5, true, 0), 0.2, 0);
    expect_relative(lln_series_value(0.2, 2, 5, true, 3), 1.12468265038, 0);
    expect_relative(lln_series_value(0.2, 2, 1, true, 0), 0.2, 0);
    /* high / low is beyond the largest number, and below the smallest */
    expect_relative(lln_series_value(1e-300, 1e300, 5, true, 1), 1e-150, 0);
    expect_relative(lln_series_value(1e300, 1e-300, 5, true, 3), 1e-150, 0);
}
END_TEST

/* Python 3: statistics.mean(x), statistics.stdev(x) / 2 */
START_TEST(average_mean_and_error)
{
    static const double x[] = {2.385, -1.7, 0.31, 9.02};
    lln_average average = {0};
    lln_average_add(&average, x[0]);
    expect_relative(average.mean, 2.385, 0);
    expect_relative(lln_average_error(&average), NAN, 0);
    for (int i = 1; i < 4; i++)
        lln_average_add(&average, x[i]);
    expect_relative(average.mean, 2.50375, 1e-15);
    expect_relative(lln_average_error(&average), 2.3266511833892647, 1e-14);
    expect_relative(lln_average_deviation(&average), 4.6533023667785294, 1e-14);
    lln_average_add(&average, NAN);
    expect_relative(average.mean, NAN, 0);
    expect_relative(lln_average_deviation(&average), NAN, 0);
    expect_relative(lln_average_error(&average), NAN, 0);
}
END_TEST

START_TEST(median)
{
    double odd[] = {9.02, 2.385, -1.7}, even[] = {9.02, 0.31, 2.385, -1.7};
    double infinite[] = {INFINITY, -1.7, INFINITY}, missing[] = {1, NAN, 2};
    double huge[] = {1.7e308, 1.6e308};
    expect_relative(lln_median(odd, 3), 2.385, 0);
    expect_relative(lln_median(even, 4), (0.31 + 2.385) / 2, 1e-16);
    expect_relative(lln_median(even, 1), -1.7, 0); /* sorted by now */
    expect_relative(lln_median(infinite, 3), INFINITY, 0);
    expect_relative(lln_median(infinite + 1, 2), INFINITY, 0);
    expect_relative(lln_median(huge, 2), 1.65e308, 1e-15);
    expect_relative(lln_median(missing, 3), NAN, 0);
    expect_relative(lln_median(odd, 0), NAN, 0);
}
END_TEST

/* A missing integer is nan, in JSON null. */
START_TEST(integer_missing)
{
    expect_relative(
        lln_cell_number(LLN_CELL_INTEGER, (lln_cell){.integer = LLN_CELL_NONE}),
        NAN, 0);
    expect_relative(
        lln_cell_number(LLN_CELL_INTEGER, (lln_cell){.integer = -7}), -7, 0);
    expect_relative(lln_cell_number(LLN_CELL_REAL, (lln_cell){.real = 2.385}),
                    2.385, 0);
    expect_relative(lln_cell_number(LLN_CELL_TEXT, (lln_cell){.text = "7"}),
                    NAN, 0);
}
END_TEST

/* An infinite value anywhere makes the mean infinite. */
START_TEST(average_infinite)
{
    for (int at = 0; at < 4; at++) {
        lln_average average = {0};
        for (int i = 0; i < 4; i++)
            lln_average_add(&average, i == at ? INFINITY : 2.385);
        ck_assert(average.mean == INFINITY);
        expect_relative(lln_average_error(&average), NAN, 0);
        lln_average_add(&average, -INFINITY);
        expect_relative(average.mean, NAN, 0);
    }
}
END_TEST

static void add(Suite *suite, const char *name, const TTest *const *tests)
{
    TCase *group = tcase_create(name);
    for (; *tests; tests++)
        tcase_add_test(group, *tests);
    suite_add_tcase(suite, group);
}

int main(void)
{
    Suite *suite = suite_create("table");
    add(suite, "row",
        (const TTest *[]){row_csv, row_csv_quotes, row_digits, row_tsv_escapes,
                          row_json, row_aligned, row_markdown, row_io_error,
                          NULL});
    add(suite, "show", (const TTest *[]){show_rows, NULL});
    add(suite, "aligned", (const TTest *[]){aligned_width_characters, NULL});
    add(suite, "end", (const TTest *[]){end_without_rows, NULL});
    add(suite, "continue", (const TTest *[]){continue_after_rows, NULL});
    add(suite, "format",
        (const TTest *[]){format_find_names, format_real_shortest,
                          format_real_round_trip, NULL});
    add(suite, "series",
        (const TTest *[]){series_value_ends_and_steps, average_mean_and_error,
                          median, integer_missing, average_infinite, NULL});
    return run_suite(suite);
}
