/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/path_pattern.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "npy_file.h"

static void touch(const char *path)
{
    write_bytes(path, "x", 1);
}

/* "PATH:NAME:step,layer,head ...": the files that a pattern finds, [1024]. */
static const char *find(const char *pattern)
{
    static char text[1024];
    lln_found_path *found = NULL;
    size_t count = 7;
    text[0] = '\0';
    expect_ok(lln_path_pattern_find(pattern, &found, &count));
    for (size_t i = 0; i < count; i++) {
        size_t used = strlen(text);
        snprintf(text + used, sizeof text - used, "%s%s:%s:%ld,%ld,%ld",
                 i > 0 ? " " : "", found[i].path, found[i].name,
                 found[i].number[LLN_STEP], found[i].number[LLN_LAYER],
                 found[i].number[LLN_HEAD]);
    }
    lln_found_paths_free(found, count);
    return text;
}

#define expect_found(pattern, text) ck_assert_str_eq(find(pattern), text)

START_TEST(find_numbers)
{
    touch("s100.npz");
    touch("s20.npz");
    touch("s0003.npz");
    touch("s.npz");
    touch("s-1.npz");
    touch("s7.npz.old");
    touch("s1e3.npz");
    mkdir("s8.npz", 0700);
    expect_found("s{step}.npz",
                 "s0003.npz:s0003.npz:3,-1,-1 s20.npz:s20.npz:20,-1,-1 "
                 "s100.npz:s100.npz:100,-1,-1");
    expect_found("./s{layer}.npz", "./s0003.npz:./s{layer}.npz:-1,3,-1 "
                                   "./s20.npz:./s{layer}.npz:-1,20,-1 "
                                   "./s100.npz:./s{layer}.npz:-1,100,-1");
    expect_found("t{step}.npz", "");
    expect_found("no/{step}", "");
    expect_found("s20.npz/{step}", "");
}
END_TEST

/* A mark that occurs twice has one number; folders without the file are not
 * found. */
START_TEST(find_folders)
{
    mkdir("run_5", 0700);
    mkdir("run_40", 0700);
    mkdir("run_x", 0700);
    touch("run_5/q5_1.2");
    touch("run_5/q5_0.2");
    touch("run_5/q6_0.2");
    touch("run_40/k");
    expect_found("run_{step}//q{step}_{layer}.{head}",
                 "run_5//q5_0.2:run_5//q5_{layer}.{head}:5,0,2 "
                 "run_5//q5_1.2:run_5//q5_{layer}.{head}:5,1,2");
    expect_found("run_{step}/k", "run_40/k:run_40/k:40,-1,-1");
    char here[512], pattern[600], wanted[1300];
    ck_assert_ptr_nonnull(getcwd(here, sizeof here));
    snprintf(pattern, sizeof pattern, "%s/run_{step}/k", here);
    snprintf(wanted, sizeof wanted, "%s/run_40/k:%s/run_40/k:40,-1,-1", here,
             here);
    expect_found(pattern, wanted);
}
END_TEST

/* Steps below 10^18, layers below 10^6. */
START_TEST(find_long_numbers)
{
    touch("999999999999999999");
    touch("1000000000000000000");
    touch("1234567");
    expect_found("{step}", "1234567:1234567:1234567,-1,-1 "
                           "999999999999999999:999999999999999999:"
                           "999999999999999999,-1,-1");
    expect_found("{layer}", "");
}
END_TEST

START_TEST(find_leading_zeros)
{
    touch("000000000000000000007");
    expect_found("{layer}", "000000000000000000007:{layer}:-1,7,-1");
    expect_found("{step}", "000000000000000000007:000000000000000000007:"
                           "7,-1,-1");
}
END_TEST

START_TEST(find_same_numbers)
{
    lln_found_path *found;
    size_t count;
    touch("a1");
    touch("a01");
    expect_status(lln_path_pattern_find("a{step}", &found, &count),
                  LLN_EFORMAT);
    const char *message = lln_error_message();
    ck_assert(
        strcmp(message, "'a1' and 'a01' have the same numbers in 'a{step}'") ==
            0 ||
        strcmp(message, "'a01' and 'a1' have the same numbers in 'a{step}'") ==
            0);
    ck_assert_ptr_null(found);
}
END_TEST

START_TEST(select_numbers)
{
    lln_found_path *found;
    size_t count;
    touch("l0.h1");
    touch("l2.h1");
    touch("l2.h3");
    touch("l9.h1");
    expect_ok(lln_path_pattern_find("l{layer}.h{head}", &found, &count));
    expect_ok(lln_found_paths_select("l{layer}.h{head}", "layers", NULL,
                                     LLN_LAYER, found, &count));
    ck_assert_uint_eq(count, 4);
    expect_status(lln_found_paths_select("l{layer}.h{head}", "layers", "0-2",
                                         LLN_LAYER, found, &count),
                  LLN_EFORMAT);
    expect_status(lln_found_paths_select("l{layer}.h{head}", "layers", "x",
                                         LLN_LAYER, found, &count),
                  LLN_EINVAL);
    expect_ok(lln_found_paths_select("l{layer}.h{head}", "layers", "2,9",
                                     LLN_LAYER, found, &count));
    expect_ok(lln_found_paths_select("l{layer}.h{head}", "heads", "1", LLN_HEAD,
                                     found, &count));
    ck_assert_uint_eq(count, 2);
    ck_assert_str_eq(found[0].path, "l2.h1");
    ck_assert_str_eq(found[1].path, "l9.h1");
    lln_found_paths_free(found, count);
    lln_found_paths_free(NULL, 0); /* legal */
}
END_TEST

START_TEST(has_marks)
{
    ck_assert(lln_path_has_mark("a{step}", 7, LLN_STEP));
    ck_assert(!lln_path_has_mark("a{step}", 6, LLN_STEP));
    ck_assert(!lln_path_has_mark("a{step}", 7, LLN_LAYER));
    ck_assert(lln_path_has_marks("{head}", 6));
    ck_assert(!lln_path_has_marks("{heads}", 7));
    ck_assert_str_eq(lln_mark_text(LLN_LAYER), "{layer}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("path_pattern");
    TCase *paths = tcase_create("lln_path_pattern");
    tcase_add_checked_fixture(paths, enter_folder, remove_folder);
    tcase_add_test(paths, find_numbers);
    tcase_add_test(paths, find_folders);
    tcase_add_test(paths, find_long_numbers);
    tcase_add_test(paths, find_leading_zeros);
    tcase_add_test(paths, find_same_numbers);
    tcase_add_test(paths, select_numbers);
    tcase_add_test(paths, has_marks);
    suite_add_tcase(suite, paths);
    return run_suite(suite);
}
