/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * IDX files, intact and damaged, plain and compressed by gzip. */
#include "tensor/idx.h"

#include "expect.h"
#include "idx_file.h"
#include "tensor/data_file.h"

enum { ROOM = 1 << 12 };

static unsigned char file[ROOM];
static lln_data_file data;

static lln_status parse(size_t size)
{
    keep_seed(file, size);
    return lln_data_file_parse("x.idx", file, size, &data);
}

static void expect_failure(size_t size, const char *message)
{
    expect_status(parse(size), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), message);
    ck_assert_ptr_null(data.bytes.bytes);
}

/* 2 and -3 (or 253) as each type stores them. */
static const struct {
    int type;
    unsigned char bytes[16];
    size_t size;
    double second;
} types[] = {
    {0x08, {2, 253}, 2, 253},
    {0x09, {2, 253}, 2, -3},
    {0x0b, {0, 2, 0xff, 0xfd}, 4, -3},
    {0x0c, {0, 0, 0, 2, 0xff, 0xff, 0xff, 0xfd}, 8, -3},
    {0x0d, {0x40, 0, 0, 0, 0xc0, 0x40, 0, 0}, 8, -3},
    {0x0e, {0x40, [8] = 0xc0, 0x08}, 16, -3},
};

START_TEST(idx_types)
{
    unsigned shape[] = {2};
    size_t size = make_idx(file, types[_i].type, 1, shape, types[_i].bytes,
                           types[_i].size);
    expect_ok(parse(size));
    ck_assert_uint_eq(data.elements.count, 2);
    ck_assert(lln_elements_get(&data.elements, 0) == 2);
    ck_assert(lln_elements_get(&data.elements, 1) == types[_i].second);
    ck_assert_uint_eq(lln_idx_claim(file, size), size);
    lln_data_file_close(&data);
}
END_TEST

static const unsigned shape[] = {2, 3, 4};
static const unsigned char bytes[25] = {0,  1,  2,  3,  4,  5,  6,  7,  8,
                                        9,  10, 11, 12, 13, 14, 15, 16, 17,
                                        18, 19, 20, 21, 22, 23, 24};

START_TEST(idx_shape)
{
    char text[LLN_TENSOR_SHAPE_TEXT];
    expect_ok(parse(make_idx(file, 8, 3, shape, bytes, 24)));
    ck_assert_uint_eq(data.elements.tensor.axes, 3);
    for (size_t a = 0; a < 3; a++)
        ck_assert_uint_eq(data.elements.tensor.shape[a], shape[a]);
    for (size_t i = 0; i < 24; i++)
        ck_assert(lln_elements_get(&data.elements, i) == (double)i);
    ck_assert_str_eq(lln_elements_place(&data.elements, 17, text, sizeof text),
                     "(1, 1, 1)");
    lln_data_file_close(&data);
}
END_TEST

START_TEST(idx_damaged)
{
    static const unsigned none[] = {2, 0, 4};
    static const unsigned huge[] = {0xffffffff, 0xffffffff, 0xffffffff};
    size_t size = make_idx(file, 8, 3, shape, bytes, 25);
    expect_failure(size, "x.idx: trailing bytes after 24 bytes of data");
    expect_failure(size - 2, "x.idx: truncated: 23 bytes of data, expected 24");
    expect_failure(16, "x.idx: truncated: 0 bytes of data, expected 24");
    expect_failure(15, "x.idx: truncated: 15 bytes of header, expected 16");
    file[3] = 0;
    expect_failure(size, "x.idx: IDX file with 0 axes, expected 1 to 8");
    file[3] = 9;
    expect_failure(size, "x.idx: IDX file with 9 axes, expected 1 to 8");
    file[2] = 10;
    expect_failure(size, "x.idx: not an IDX or .npy file, or one of these "
                         "compressed by gzip");
    expect_failure(make_idx(file, 8, 3, none, bytes, 0),
                   "x.idx: shape (2, 0, 4): no elements");
    expect_failure(make_idx(file, 8, 3, huge, bytes, 25),
                   "x.idx: shape (4294967295, 4294967295, 4294967295): too "
                   "large");
    memcpy(file, "\x80\2}q", 4);
    expect_failure(4, "x.idx: a Python pickle (torch.save, allow_pickle), "
                      "which is never read; save the arrays with numpy.savez "
                      "or safetensors");
}
END_TEST

START_TEST(gzip_members)
{
    unsigned char plain[64];
    size_t size = make_idx(plain, 8, 3, shape, bytes, 24);
    size_t packed = pack_gzip(plain, size, file, ROOM);
    expect_ok(parse(packed));
    ck_assert_uint_eq(data.elements.count, 24);
    ck_assert(lln_elements_get(&data.elements, 23) == 23);
    lln_data_file_close(&data);
    /* The same in two members. */
    packed = pack_gzip(plain, 17, file, ROOM);
    packed += pack_gzip(plain + 17, size - 17, file + packed, ROOM - packed);
    expect_ok(parse(packed));
    ck_assert(lln_elements_get(&data.elements, 23) == 23);
    lln_data_file_close(&data);
}
END_TEST

START_TEST(gzip_damaged)
{
    unsigned char plain[64];
    size_t size = make_idx(plain, 8, 3, shape, bytes, 25);
    size_t packed = pack_gzip(plain, size - 1, file, ROOM);
    expect_failure(packed - 1, "x.idx: truncated gzip file: it ends after 40 "
                               "bytes of its contents");
    expect_failure(2, "x.idx: truncated gzip file: it ends after 0 bytes of "
                      "its contents");
    memcpy(file + packed, "more", 4);
    expect_failure(packed + 4, "x.idx: 4 bytes after the end of the gzip file");
    file[packed - 8] ^= 1;
    expect_failure(packed, "x.idx: damaged gzip file: incorrect data check");
    expect_failure(pack_gzip(plain, size, file, ROOM),
                   "x.idx: trailing bytes after 24 bytes of data");
    expect_failure(pack_gzip(plain, size - 2, file, ROOM),
                   "x.idx: truncated: 23 bytes of data, expected 24");
    expect_failure(pack_gzip(plain, 0, file, ROOM),
                   "x.idx: gzip file without contents");
}
END_TEST

/* A file of more bytes than zlib gets at first is complete, also one of a type
 * that queries cannot have; one of many more than it claims is not inflated to
 * its end. */
START_TEST(gzip_large)
{
    enum { LARGE = 300000 };
    unsigned char *zeros = calloc(LARGE + 4096, 1);
    const char *header =
        "{'descr': '|u1', 'fortran_order': False, 'shape': (300000,)}";
    size_t size;
    unsigned char *npy = make_npy(1, header, zeros, LARGE, &size);
    npy[size - 1] = 7;
    expect_ok(parse(pack_gzip(npy, size, file, ROOM)));
    ck_assert_uint_eq(data.elements.count, LARGE);
    ck_assert(lln_elements_get(&data.elements, LARGE - 1) == 7);
    lln_data_file_close(&data);
    free(npy);
    size = make_idx(zeros, 8, 1, shape, zeros, 0);
    expect_failure(pack_gzip(zeros, LARGE, file, ROOM),
                   "x.idx: trailing bytes after 2 bytes of data");
    make_idx(zeros, 8, 1, (unsigned[]){LARGE}, zeros, 0);
    expect_ok(parse(pack_gzip(zeros, LARGE + size, file, ROOM)));
    ck_assert_uint_eq(data.elements.count, LARGE);
    lln_data_file_close(&data);
    free(zeros);
}
END_TEST

START_TEST(open_paths)
{
    write_idx("x.idx", 3, shape, bytes, 24);
    expect_ok(lln_data_file_open("x.idx", &data));
    ck_assert(lln_elements_get(&data.elements, 9) == 9);
    lln_data_file_close(&data);
    write_bytes("x.idx", "", 0);
    expect_status(lln_data_file_open("x.idx", &data), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), "x.idx: empty file");
    expect_status(lln_data_file_open("y.idx", &data), LLN_EIO);
    ck_assert_str_eq(lln_error_message(), "y.idx: No such file or directory");
    lln_data_file_close(&data);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("idx");
    TCase *read = tcase_create("lln_idx_read");
    tcase_add_loop_test(read, idx_types, 0, 6);
    tcase_add_test(read, idx_shape);
    tcase_add_test(read, idx_damaged);
    suite_add_tcase(suite, read);
    TCase *gzip = tcase_create("lln_gzip_inflate");
    tcase_add_test(gzip, gzip_members);
    tcase_add_test(gzip, gzip_damaged);
    tcase_add_test(gzip, gzip_large);
    suite_add_tcase(suite, gzip);
    TCase *open = tcase_create("lln_data_file_open");
    tcase_add_checked_fixture(open, enter_folder, remove_folder);
    tcase_add_test(open, open_paths);
    suite_add_tcase(suite, open);
    return run_suite(suite);
}
