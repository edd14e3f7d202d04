/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table/written.h"

#include <math.h>

#include "expect.h"

static const struct {
    const char *cell;
    double value;
    int digits, place;
    bool whole;
} numbers[] = {
    {"0.5", 0.5, 1, -1, false},
    {"0.500000", 0.5, 6, -6, false},
    {"1.234", 1.234, 4, -3, false},
    {"10.50", 10.5, 4, -2, false},
    {"0.000123", 0.000123, 3, -6, false},
    {"-2.385e-05", -2.385e-5, 4, -8, false},
    {"1.02E+03", 1020, 3, 1, false},
    {"1e+05", 1e5, 1, 5, false},
    {"1024", 1024, 4, 0, true},
    {" 3 ", 3, 1, 0, true},
    {"0", 0, 1, 0, true},
    {"0.00", 0, 3, -2, false},
    {".5", 0.5, 1, -1, false},
};

START_TEST(read_numbers)
{
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        lln_written read;
        ck_assert_msg(lln_written_read(numbers[i].cell, &read), "%s",
                      numbers[i].cell);
        expect_relative(read.value, numbers[i].value, 0);
        ck_assert_msg(read.digits == numbers[i].digits, "%s: %d digits",
                      numbers[i].cell, read.digits);
        ck_assert_int_eq(read.place, numbers[i].place);
        ck_assert_int_eq(read.whole, numbers[i].whole);
    }
}
END_TEST

START_TEST(read_missing)
{
    static const char *const missing[] = {"",     " ",    "nan",  "NaN", "NAN",
                                          "-nan", "NA",   "n/a",  "N/A", "null",
                                          "NULL", "None", "<NA>", "#N/A"};
    for (size_t i = 0; i < sizeof missing / sizeof *missing; i++) {
        lln_written read = {.value = 2.385};
        ck_assert_msg(lln_written_read(missing[i], &read), "'%s'", missing[i]);
        ck_assert_double_nan(read.value);
    }
}
END_TEST

START_TEST(read_neither)
{
    static const char *const cells[] = {"x",   "1,5",  "1 2",  "0x1",  "--1",
                                        "e5",  "1e",   ".",    "nano", "nan0",
                                        "-na", "true", "1.2.3"};
    lln_written read;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++)
        ck_assert_msg(!lln_written_read(cells[i], &read), "%s", cells[i]);
    ck_assert(lln_written_read("-Inf", &read));
    ck_assert(read.value == -INFINITY);
}
END_TEST

/* Cells of a row; the first is compared with x. */
static const struct {
    const char *cells[3];
    double x;
    bool agrees;
} rows[] = {
    /* the shortest text: 17 digits */
    {{"0.5", "1.3285956815038222"}, 0.5, true},
    {{"0.5", "1.3285956815038222"}, 0.52, false},
    {{"1", "1.3285956815038222"}, 0.5, false},
    {{"1", "1.3285956815038222"}, 1.2, false},
    {{"0.3333333333333333", "1.3"}, 1 / 3.0, true},
    /* --precision 4, 3, 2 */
    {{"0.3333", "1.329", "1.248"}, 1 / 3.0, true},
    {{"0.3333", "1.329", "1.248"}, 0.33336, false},
    {{"0.5", "1.329", "1.248"}, 0.50004, true},
    {{"0.5", "1.329", "1.248"}, 0.5004, false},
    {{"0.5", "1.329", "1.248"}, 0.52, false},
    {{"2", "1.329", "1.248"}, 1.5, false},
    {{"0.333", "1.33", "1.25"}, 1 / 3.0, true},
    {{"0.33", "1.3", "1.2"}, 1 / 3.0, true},
    {{"1", "1.3", "1.2"}, 0.5, false},
    {{"1.235e+04", "1.329"}, 12345.6, true},
    {{"1.234e+04", "1.329"}, 12345.6, false},
    /* %.6f, %.2f, %.4e */
    {{"0.333333", "1.328596", "12.480000"}, 1 / 3.0, true},
    {{"0.333334", "1.328596", "12.480000"}, 1 / 3.0, false},
    {{"0.000123", "1.328596", "12.480000"}, 0.00012345, true},
    {{"0.33", "1.33", "12.48"}, 1 / 3.0, true},
    {{"3.3333e-01", "1.3286e+00"}, 1 / 3.0, true},
    /* only this cell was rounded */
    {{"0.333333", "1.3285956815038222"}, 1 / 3.0, true},
    {{"0.333", "1.3285956815038222"}, 1 / 3.0, true},
    {{"0.333333", "1.3285956815038222"}, 0.3334, false},
    /* by hand */
    {{"1", "0.5", "1"}, 1, true},
    {{"1", "0.5", "1"}, 0.5, false},
    {{"1", "0.5", "1"}, 2, false},
    /* a tie, in both directions */
    {{"0.12", "1.2", "1.3"}, 0.125, true},
    {{"0.13", "1.2", "1.3"}, 0.125, true},
    {{"nan", "1.2"}, 1, false},
    {{"1", "1.2"}, NAN, false},
    {{"inf", "1.2"}, 1, false},
};

START_TEST(agrees)
{
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        lln_rounding rounding = {0};
        lln_written read, first;
        for (int j = 0; j < 3 && rows[i].cells[j]; j++) {
            ck_assert(lln_written_read(rows[i].cells[j], &read));
            lln_rounding_add(&rounding, &read);
            first = j == 0 ? read : first;
        }
        ck_assert_msg(lln_written_agrees(&first, rounding, rows[i].x) ==
                          rows[i].agrees,
                      "row %zu: %s, %.17g", i, rows[i].cells[0], rows[i].x);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("table_written");
    TCase *read = tcase_create("lln_written_read");
    tcase_add_test(read, read_numbers);
    tcase_add_test(read, read_missing);
    tcase_add_test(read, read_neither);
    suite_add_tcase(suite, read);
    TCase *compared = tcase_create("lln_written_agrees");
    tcase_add_test(compared, agrees);
    suite_add_tcase(suite, compared);
    return run_suite(suite);
}
