/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading of .npz files, valid and invalid. */
#include "npz_file.h"

static void expect_two(const zip_file *zip)
{
    lln_container *file;
    expect_ok(parse_file(zip->bytes, zip->size, &file));
    ck_assert_uint_eq(lln_container_count(file), 2);
    for (int round = 0; round < 2; round++) {
        lln_tensor t = read_key(file, "q");
        ck_assert(t.axes == 1 && t.shape[0] == 2);
        ck_assert(lln_tensor_get(&t, 0) == 2.385);
        ck_assert(lln_tensor_get(&t, 1) == -0.07);
        t = read_key(file, "k");
        ck_assert(t.axes == 0 && lln_tensor_get(&t, 0) == 0.25);
        lln_container_release(file, 0);
        lln_container_release(file, 0);
    }
    lln_container_close(file);
}

/* Every combination of the features that archives may have. */
START_TEST(npz_kinds)
{
    bool deflated = _i & 1, streamed = _i & 2, wide = _i & 4;
    const char *prefix = _i & 16 ? "#!/bin/sh\nexit\n" : "";
    const char *comment = _i & 32 ? "made by a test, PK\5\6 and all" : "";
    zip_member members[] = {
        {"q.npy", q_npy, q_size, .deflated = deflated},
        {"k.npy", k_npy, k_size, .deflated = !deflated},
    };
    members[0].streamed = members[1].streamed = streamed;
    members[0].wide = members[1].wide = wide;
    zip_file zip = make_zip(members, 2, _i & 8, prefix, comment);
    expect_two(&zip);
    free(zip.bytes);
}
END_TEST

START_TEST(npz_entries)
{
    unsigned char text[] = "Queries of a model";
    zip_member members[] = {
        {"about.txt", text, sizeof text, .deflated = false},
        {"layers/0/q.npy", q_npy, q_size, .deflated = true},
        {"layers/", text, 0, .deflated = false},
        {".npy", k_npy, k_size, .deflated = false},
        {"npy", k_npy, k_size, .deflated = true},
    };
    zip_file zip = make_zip(members, COUNT(members), false, "", "");
    lln_container *file;
    expect_ok(parse_file(zip.bytes, zip.size, &file));
    ck_assert_uint_eq(lln_container_count(file), 2);
    ck_assert(lln_container_inflates(file, 0));
    ck_assert(!lln_container_inflates(file, 1));
    lln_container_entry entry = lln_container_entry_at(file, 0);
    ck_assert_str_eq(entry.key, "layers/0/q");
    ck_assert_str_eq(entry.dtype, "<f8");
    ck_assert_ptr_null(entry.unreadable);
    ck_assert(entry.axes == 1 && entry.shape[0] == 2);
    entry = lln_container_entry_at(file, 1);
    ck_assert_str_eq(entry.key, "");
    ck_assert_str_eq(entry.dtype, "<f4");
    lln_container_close(file);
    free(zip.bytes);
}
END_TEST

/* Longer than one window of deflate, with a header longer than the first part
 * that is read. */
START_TEST(npz_large)
{
    enum { MANY = 200000, PAD = 1000 };
    char header[PAD + 100];
    double *data = malloc(MANY * sizeof *data);
    for (int i = 0; i < MANY; i++)
        data[i] = i % 7001 + 0.385;
    snprintf(header, sizeof header,
             "{'descr': '<f8', 'fortran_order': True, 'shape': (2, %d)}%*s",
             MANY / 2, PAD, "");
    size_t size;
    unsigned char *npy = make_npy(2, header, data, MANY * sizeof *data, &size);
    zip_member member = {"q.npy", npy, size, .deflated = true};
    zip_file zip = make_zip(&member, 1, false, "", "");
    lln_container *file;
    expect_ok(parse_file(zip.bytes, zip.size, &file));
    lln_tensor t = read_key(file, "q");
    ck_assert(t.shape[0] == 2 && t.strides[0] == 1 && t.strides[1] == 2);
    for (size_t i = 0; i < MANY; i++)
        ck_assert(lln_tensor_get(&t, i) == data[i]);
    lln_container_close(file);
    free(zip.bytes);
    free(npy);
    free(data);
}
END_TEST

/* Packed bytes of a file are read in pieces of 1 MiB, and the last piece is
 * checked too. */
START_TEST(npz_pieces)
{
    enum { MANY = 330000 };
    float *data = malloc(MANY * sizeof *data);
    uint32_t random = 20261129;
    for (int i = 0; i < MANY; i++) {
        random = random * 1664525 + 1013904223;
        data[i] = (float)random; /* deflates badly */
    }
    size_t size;
    unsigned char *npy = make_npy(
        1, "{'descr': '<f4', 'fortran_order': False, 'shape': (330000,)}", data,
        MANY * sizeof *data, &size);
    zip_member member = {"q.npy", npy, size, .deflated = true};
    zip_file zip = make_zip(&member, 1, false, "", "");
    ck_assert_uint_gt(member.packed, 1 << 20);
    write_bytes("x.npz", zip.bytes, zip.size);
    lln_container *file;
    expect_ok(lln_container_open("x.npz", &file));
    for (int round = 0; round < 2; round++) {
        lln_tensor t = read_key(file, "q");
        ck_assert_mem_eq(t.data, data, MANY * sizeof *data);
        lln_container_release(file, 0);
    }
    lln_container_close(file);
    zip.bytes[member.local + 30 + 5 + member.packed - 100] ^= 1;
    write_bytes("x.npz", zip.bytes, zip.size);
    expect_ok(lln_container_open("x.npz", &file));
    lln_tensor t;
    expect_status(lln_container_read(file, 0, &t), LLN_EFORMAT);
    lln_container_close(file);
    free(zip.bytes);
    free(npy);
    free(data);
}
END_TEST

/* More members than 16 bits count, with a zip64 end record and, as some writers
 * do, without. */
START_TEST(npz_many)
{
    enum { MANY = 65600 };
    zip_member *members = calloc(MANY, sizeof *members);
    char(*names)[16] = calloc(MANY, sizeof *names);
    for (int i = 0; i < MANY; i++) {
        sprintf(names[i], "%d.npy", i);
        members[i] =
            (zip_member){names[i], k_npy, k_size, .deflated = i % 100 == 7};
    }
    zip_file zip = make_zip(members, MANY, _i, "", "");
    lln_container *file;
    expect_ok(parse_file(zip.bytes, zip.size, &file));
    ck_assert_uint_eq(lln_container_count(file), MANY);
    lln_tensor t = read_key(file, "65599");
    ck_assert(lln_tensor_get(&t, 0) == 0.25);
    lln_container_close(file);
    free(zip.bytes);
    free(names);
    free(members);
}
END_TEST

/* Threads may read different arrays at the same time. */
START_TEST(npz_threads)
{
    enum { MANY = 64, LONG = 5000 };
    zip_member members[MANY];
    char names[MANY][16];
    double data[LONG];
    size_t size, wrong = 0;
    for (int i = 0; i < LONG; i++)
        data[i] = i + 0.385;
    unsigned char *npy = make_npy(
        1, "{'descr': '<f8', 'fortran_order': False, 'shape': (5000,), }", data,
        sizeof data, &size);
    for (int i = 0; i < MANY; i++) {
        sprintf(names[i], "%d.npy", i);
        members[i] = (zip_member){names[i], npy, size, .deflated = i & 1};
    }
    zip_file zip = make_zip(members, MANY, false, "", "");
    lln_container *file;
    expect_ok(parse_file(zip.bytes, zip.size, &file));
#pragma omp parallel for reduction(+ : wrong)
    for (size_t i = 0; i < MANY; i++) {
        lln_tensor t;
        if (lln_container_read(file, i, &t) != LLN_OK)
            wrong++;
        else
            for (size_t j = 0; j < LONG; j++)
                wrong += lln_tensor_get(&t, j) != data[j];
        lln_container_release(file, i);
    }
    ck_assert_uint_eq(wrong, 0);
    lln_container_close(file);
    free(zip.bytes);
    free(npy);
}
END_TEST

/* A zip64 end record and a plain one with the same contents, as PyTorch
 * writes. */
START_TEST(npz_both_ends)
{
    zip_member members[] = {
        {"q.npy", q_npy, q_size, .deflated = true},
        {"k.npy", k_npy, k_size, .deflated = false},
    };
    zip_file plain = make_zip(members, 2, false, "", "");
    zip_file zip = make_zip(members, 2, true, "", "");
    memcpy(zip.bytes + zip.size - 22, plain.bytes + plain.size - 22, 22);
    expect_two(&zip);
    free(plain.bytes);
    free(zip.bytes);
}
END_TEST

#define DTYPES "; expected float16, float32 or float64"

static const struct {
    const char *header, *message;
} bad_members[] = {
    {WITH_DTYPE("'|O'"),
     "x: key 'q': dtype '|O': pickled objects are never read" DTYPES},
    {WITH_DTYPE("[('a', '<f8')]"), "x: key 'q': structured dtype" DTYPES},
    {WITH_DTYPE("'<i8'"), "x: key 'q': dtype '<i8': integers" DTYPES},
    {WITH_DTYPE("'<f4'"),
     "x: key 'q': trailing bytes: 16 bytes of data, expected 8"},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (3,), }",
     "x: key 'q': truncated: 16 bytes of data, expected 24"},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (0, 2), }",
     "x: key 'q': shape (0, 2): no elements"},
    {"{'descr': '<f8', 'fortran_order': False, 'shape': (4294967296, "
     "4294967296), }",
     "x: key 'q': shape (4294967296, 4294967296): too large"},
    {"{}", "x: key 'q': header: no key 'descr'"},
};

/* The other array of the file is not affected. */
START_TEST(npz_bad_members)
{
    size_t size;
    unsigned char *npy =
        make_npy(1, bad_members[_i / 2].header, pair, sizeof pair, &size);
    zip_member members[] = {
        {"q.npy", npy, size, .deflated = _i & 1},
        {"k.npy", k_npy, k_size, .deflated = false},
    };
    zip_file zip = make_zip(members, 2, false, "", "");
    expect_refused(zip.bytes, zip.size, bad_members[_i / 2].message);
    lln_container *file;
    expect_ok(parse_file(zip.bytes, zip.size, &file));
    lln_tensor t = read_key(file, "k");
    ck_assert(lln_tensor_get(&t, 0) == 0.25);
    lln_container_close(file);
    free(zip.bytes);
    free(npy);
}
END_TEST

START_TEST(npz_header_too_long)
{
    zip_member members[2];
    q_npy[8] = q_npy[9] = 255;
    zip_file zip = make_two(_i, members);
    expect_refused(zip.bytes, zip.size,
                   "x: key 'q': truncated: 74 bytes of header, expected 65535");
    free(zip.bytes);
    unsigned char *longer = calloc(1, 100000);
    memcpy(longer, "\x93NUMPY\2\0\0\0\1\0", 12);
    members[0] = (zip_member){"q.npy", longer, 100000, .deflated = true};
    zip = make_zip(members, 1, false, "", "");
    expect_refused(zip.bytes, zip.size,
                   "x: key 'q': header of 65548 bytes; expected at most 65536");
    free(zip.bytes);
    free(longer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("npz");
    TCase *good = tcase_create("good");
    tcase_add_checked_fixture(good, make_members, free_members);
    tcase_add_loop_test(good, npz_kinds, 0, 64);
    tcase_add_test(good, npz_entries);
    tcase_add_test(good, npz_large);
    tcase_add_test(good, npz_threads);
    tcase_add_test(good, npz_both_ends);
    tcase_add_loop_test(good, npz_many, 0, 2);
    suite_add_tcase(suite, good);
    TCase *files = tcase_create("files");
    tcase_add_checked_fixture(files, enter_folder, remove_folder);
    tcase_add_test(files, npz_pieces);
    suite_add_tcase(suite, files);
    TCase *members = tcase_create("members");
    tcase_add_checked_fixture(members, make_members, free_members);
    tcase_add_loop_test(members, npz_bad_members, 0, 2 * COUNT(bad_members));
    tcase_add_loop_test(members, npz_header_too_long, 0, 2);
    suite_add_tcase(suite, members);
    return run_suite(suite);
}
