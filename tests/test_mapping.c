/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tensor/mapping.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "expect.h"
#include "npy_file.h"

enum { SIZE = 3 * 65536 };

static const char path[] = "file";

static void write_file(const char *name, char byte, size_t size)
{
    FILE *out = fopen(name, "w");
    ck_assert_ptr_nonnull(out);
    for (size_t i = 0; i < size; i++)
        putc(byte, out);
    ck_assert_int_eq(fclose(out), 0);
}

static void expect_changed(void)
{
    expect_status(lln_mappings_check(), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "file: changed while it was read; run the command again");
}

static lln_mapping open_file(void)
{
    lln_mapping mapping;
    write_file(path, 'a', SIZE);
    expect_ok(lln_mapping_open(path, &mapping));
    ck_assert_uint_eq(mapping.size, SIZE);
    expect_ok(lln_mappings_check());
    return mapping;
}

START_TEST(mappings_check_rewritten)
{
    lln_mapping mapping = open_file();
    usleep(20000); /* the clock of a file system has steps */
    write_file(path, 'b', SIZE);
    expect_changed();
    lln_mapping_close(&mapping);
    expect_ok(lln_mappings_check());
}
END_TEST

START_TEST(mappings_check_replaced)
{
    lln_mapping mapping = open_file();
    write_file("other", 'a', SIZE);
    ck_assert_int_eq(rename("other", path), 0);
    expect_changed();
    lln_mapping_close(&mapping);
}
END_TEST

/* The values of a file that has only lost its name are still there. */
START_TEST(mappings_check_removed)
{
    lln_mapping mapping = open_file();
    unlink(path);
    expect_ok(lln_mappings_check());
    ck_assert_int_eq(mapping.bytes[SIZE - 1], 'a');
    lln_mapping_close(&mapping);
}
END_TEST

/* A file that is not in use may change until it is used again. */
START_TEST(mapping_rest_rewritten)
{
    lln_mapping mapping = open_file();
    lln_mapping_rest(&mapping);
    usleep(20000);
    write_file(path, 'b', SIZE);
    expect_ok(lln_mappings_check());
    lln_mapping_use(&mapping);
    expect_changed();
    lln_mapping_close(&mapping);
}
END_TEST

/* What has changed before it came to rest was read. */
START_TEST(mapping_rest_changed)
{
    lln_mapping mapping = open_file();
    usleep(20000);
    write_file(path, 'b', SIZE);
    lln_mapping_rest(&mapping);
    expect_changed();
    lln_mapping_close(&mapping);
    lln_mapping borrowed = {.kind = LLN_MAPPING_BORROWED};
    lln_mapping_rest(&borrowed); /* legal */
    lln_mapping_use(&borrowed);
}
END_TEST

static void mend(int number, siginfo_t *info, void *context)
{
    (void)number;
    (void)context;
    if (!lln_mapping_mend(info->si_addr))
        _exit(7);
}

/* Zeros after the end, the rest unchanged; from then on the check fails. */
START_TEST(mapping_mend_shortened)
{
    struct sigaction action = {.sa_sigaction = mend, .sa_flags = SA_SIGINFO};
    sigaction(SIGBUS, &action, NULL);
    lln_mapping mapping = open_file();
    ck_assert_int_eq(truncate(path, 65536), 0);
    const volatile unsigned char *bytes = mapping.bytes;
    ck_assert_int_eq(bytes[65535], 'a');
    ck_assert_int_eq(bytes[SIZE - 1], 0);
    ck_assert_int_eq(bytes[70000], 0);
    ck_assert_int_eq(bytes[0], 'a');
    expect_changed();
    ck_assert(!lln_mapping_mend(path));
    lln_mapping_close(&mapping);
}
END_TEST

static size_t claim_all(const lln_mapping *mapping)
{
    (void)mapping;
    return SIZE_MAX;
}

/* With any limit, no more is in memory than is needed. */
START_TEST(mapping_get_parts)
{
    lln_mapping mapping;
    const unsigned char *one, *two;
    char copy[4] = "";
    struct rlimit limit = {RLIM_INFINITY - 1, RLIM_INFINITY - 1};
    ck_assert_int_eq(setrlimit(RLIMIT_AS, &limit), 0);
    write_file(path, 'a', SIZE);
    expect_ok(lln_mapping_open_claimed(path, claim_all, &mapping));
    ck_assert_int_eq(mapping.kind, LLN_MAPPING_PARTS);
    ck_assert(!mapping.bytes && mapping.size == SIZE);
    expect_ok(lln_mapping_get(&mapping, 1, 3, &one));
    expect_ok(lln_mapping_get(&mapping, SIZE - 2, 2, &two));
    ck_assert(memcmp(one, "aaa", 3) == 0 && memcmp(two, "aa", 2) == 0);
    lln_mapping_put(&mapping, one);
    expect_ok(lln_mapping_read(&mapping, 5, 2, copy));
    ck_assert_str_eq(copy, "aa");
    ck_assert(lln_mappings_include(path) && !lln_mappings_include("no"));
    expect_ok(lln_mappings_check());
    ck_assert_int_eq(truncate(path, 5), 0);
    expect_status(lln_mapping_read(&mapping, 5, 2, copy), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "changed while it was read; run the command again");
    expect_status(lln_mapping_get(&mapping, 4, 2, &two), LLN_EFORMAT);
    expect_changed();
    lln_mapping_close(&mapping);
    ck_assert(!lln_mappings_include(path));
    expect_ok(lln_mapping_open(path, &mapping));
    ck_assert_int_eq(mapping.kind, LLN_MAPPING_FILE);
    lln_mapping_close(&mapping);
}
END_TEST

/* Standard input from byte 70000 on, then from its end. */
START_TEST(mapping_open_started)
{
    lln_mapping mapping;
    write_file(path, 'a', 70000);
    FILE *end = fopen(path, "a");
    ck_assert(end && fputs("bcd", end) >= 0 && fclose(end) == 0);
    ck_assert_int_eq(dup2(open(path, O_RDONLY), STDIN_FILENO), STDIN_FILENO);
    ck_assert_int_eq(lseek(STDIN_FILENO, 70000, SEEK_SET), 70000);
    expect_ok(lln_mapping_open("-", &mapping));
    ck_assert_uint_eq(mapping.size, 3);
    ck_assert(memcmp(mapping.bytes, "bcd", 3) == 0);
    lln_mapping_close(&mapping);
    expect_status(lln_mapping_open("-", &mapping), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "standard input: already read to its end");
}
END_TEST

START_TEST(mapping_same_file)
{
    struct stat one, link_to_one, other;
    write_file("one", 'a', 3);
    write_file("other", 'a', 3);
    ck_assert_int_eq(link("one", "link"), 0);
    ck_assert_int_eq(stat("one", &one), 0);
    ck_assert_int_eq(stat("link", &link_to_one), 0);
    ck_assert_int_eq(stat("other", &other), 0);
    ck_assert(lln_mapping_same_file(&one, &link_to_one));
    ck_assert(!lln_mapping_same_file(&one, &other));
}
END_TEST

START_TEST(mapping_name_paths)
{
    ck_assert_str_eq(lln_mapping_name("-"), "standard input");
    ck_assert_str_eq(lln_mapping_name("./-"), "./-");
    ck_assert_str_eq(lln_mapping_name("runs/qk.npz"), "runs/qk.npz");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("mapping");
    TCase *mapping = tcase_create("mapping");
    tcase_add_checked_fixture(mapping, enter_folder, remove_folder);
    tcase_add_test(mapping, mappings_check_rewritten);
    tcase_add_test(mapping, mappings_check_replaced);
    tcase_add_test(mapping, mappings_check_removed);
    tcase_add_test(mapping, mapping_rest_rewritten);
    tcase_add_test(mapping, mapping_rest_changed);
    tcase_add_test(mapping, mapping_mend_shortened);
    tcase_add_test(mapping, mapping_get_parts);
    tcase_add_test(mapping, mapping_open_started);
    tcase_add_test(mapping, mapping_same_file);
    tcase_add_test(mapping, mapping_name_paths);
    suite_add_tcase(suite, mapping);
    return run_suite(suite);
}
