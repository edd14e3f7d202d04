/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading of .npz files, good and bad. */
#include "tensor_file.h"
#include "zip_file.h"

#define WITH_DTYPE(descr)                                                      \
    "{'descr': " descr ", 'fortran_order': False, 'shape': (2,), }"
#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

static const double pair[] = {2.385, -0.07};

/* The .npy files that the members of an archive are. */
static unsigned char *q_npy, *k_npy;
static size_t q_size, k_size;

static void make_members(void)
{
    q_npy = make_npy(1, WITH_DTYPE("'<f8'"), pair, sizeof pair, &q_size);
    k_npy = make_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
                     &(float){0.25f}, 4, &k_size);
}

static void free_members(void)
{
    free(q_npy);
    free(k_npy);
}

/* An archive of q and k, and their places in it. */
static zip_file make_two(bool deflated, zip_member members[2])
{
    members[0] = (zip_member){"q.npy", q_npy, q_size, .deflated = deflated};
    members[1] = (zip_member){"k.npy", k_npy, k_size, .deflated = deflated};
    return make_zip(members, 2, false, "", "");
}

static void expect_two(const zip_file *zip)
{
    lln_container *file;
    expect_ok(lln_container_parse("x", zip->bytes, zip->size, &file));
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

/* Every combination of what archives may have. */
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
    expect_ok(lln_container_parse("x", zip.bytes, zip.size, &file));
    ck_assert_uint_eq(lln_container_count(file), 2);
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

/* Longer than one window of deflate, with a header longer than the first look
 * at it. */
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
    expect_ok(lln_container_parse("x", zip.bytes, zip.size, &file));
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

/* More members than 16 bits count, with a zip64 end record and, as some
 * writers do it, without. */
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
    expect_ok(lln_container_parse("x", zip.bytes, zip.size, &file));
    ck_assert_uint_eq(lln_container_count(file), MANY);
    lln_tensor t = read_key(file, "65599");
    ck_assert(lln_tensor_get(&t, 0) == 0.25);
    lln_container_close(file);
    free(zip.bytes);
    free(names);
    free(members);
}
END_TEST

/* A zip64 end record beside a plain one that says the same, as PyTorch has. */
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

/* The other array of the file is not touched by this one. */
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
    expect_ok(lln_container_parse("x", zip.bytes, zip.size, &file));
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

/* Offsets into the headers. */
enum {
    LOCAL_FLAGS = 6,
    LOCAL_METHOD = 8,
    LOCAL_CRC = 14,
    LOCAL_PACKED = 18,
    LOCAL_SIZE = 22,
    LOCAL_NAME = 30,
    CENTRAL_FLAGS = 8,
    CENTRAL_METHOD = 10,
    CENTRAL_CRC = 16,
    CENTRAL_PACKED = 20,
    CENTRAL_SIZE = 24,
    CENTRAL_PLACE = 42,
    END_DISK = 4,
    END_COUNT = 8,
    END_SIZE = 12,
    END_PLACE = 16
};

#define CONTRADICTS                                                            \
    "x: key 'q': damaged: its local header contradicts the central directory"

/* Damage to a stored or deflated archive of two: `bytes` at a place that
 * counts from the local and the central header of q, or the end record. */
static const struct {
    int local, central, end; /* -1: not there */
    bool deflated;
    size_t length;
    const char *bytes, *message;
} damages[] = {
    {LOCAL_CRC, CENTRAL_CRC, -1, false, 4, "\1\2\3\4",
     "x: key 'q': damaged: checksum 24786f6b, expected 04030201"},
    {LOCAL_CRC, CENTRAL_CRC, -1, true, 4, "\1\2\3\4",
     "x: key 'q': damaged: checksum 24786f6b, expected 04030201"},
    {LOCAL_CRC, -1, -1, false, 4, "\1\2\3\4", CONTRADICTS},
    {LOCAL_PACKED, -1, -1, true, 1, "\1", CONTRADICTS},
    {LOCAL_SIZE, -1, -1, true, 1, "\1", CONTRADICTS},
    {LOCAL_NAME, -1, -1, false, 1, "v", CONTRADICTS},
    {LOCAL_METHOD, -1, -1, false, 1, "\10", CONTRADICTS},
    {LOCAL_FLAGS, -1, -1, false, 1, "\1", CONTRADICTS},
    {0, -1, -1, false, 1, "Q",
     "x: key 'q': damaged: no local header at byte 0"},
    {LOCAL_FLAGS, CENTRAL_FLAGS, -1, false, 1, "\1", "x: key 'q': encrypted"},
    {LOCAL_METHOD, CENTRAL_METHOD, -1, false, 1, "\14",
     "x: key 'q': compression method 12; expected stored or deflated"},
    {LOCAL_FLAGS, CENTRAL_FLAGS, -1, true, 1, "\40",
     "x: key 'q': compression method 8; expected stored or deflated"},
    {-1, CENTRAL_PACKED, -1, false, 1, "\1",
     "x: key 'q': stored in 1 bytes, expected 84"},
    {LOCAL_SIZE, CENTRAL_SIZE, -1, true, 4, "\0\0\0\100",
     "x: key 'q': a zip bomb: 1073741824 bytes from 82; deflate reaches at "
     "most 1032 times"},
    {LOCAL_SIZE, CENTRAL_SIZE, -1, true, 1, "\120",
     "x: key 'q': damaged: deflated data do not end after 80 bytes"},
    {LOCAL_SIZE, CENTRAL_SIZE, -1, true, 1, "\130",
     "x: key 'q': damaged: deflated data end after 84 bytes, expected 88"},
    {-1, CENTRAL_PLACE, -1, false, 1, "\1",
     "x: key 'q': damaged: no local header at byte 1"},
    {-1, CENTRAL_PLACE, -1, false, 3, "\377\377\377",
     "x: damaged: member 1 of the central directory"},
    {-1, 0, -1, false, 1, "p", "x: damaged: member 1 of the central directory"},
    {-1, 28, -1, false, 2, "\377\377",
     "x: damaged: member 1 of the central directory"},
    {-1, -1, END_DISK, false, 1, "\1",
     "x: a zip archive of more than one disk"},
    {-1, -1, END_COUNT, false, 1, "\1",
     "x: a zip archive of more than one disk"},
    {-1, -1, END_COUNT, false, 3, "\3\0\3",
     "x: damaged: 2 members in the central directory, expected 3"},
    {-1, -1, END_SIZE, false, 4, "\377\377\377\377",
     "x: truncated: a central directory of 4294967295 bytes at byte 222, "
     "expected to end at byte 324"},
    {-1, -1, END_PLACE, false, 1, "\377",
     "x: truncated: a central directory of 102 bytes at byte 255, expected to "
     "end at byte 324"},
    {-1, -1, 0, false, 1, "p", "x: truncated: no zip end record at its end"},
};

START_TEST(npz_damages)
{
    zip_member members[2];
    zip_file zip = make_two(damages[_i].deflated, members);
    size_t places[] = {members[0].local, members[0].central, zip.end};
    int offsets[] = {damages[_i].local, damages[_i].central, damages[_i].end};
    for (int i = 0; i < 3; i++)
        if (offsets[i] >= 0)
            memcpy(zip.bytes + places[i] + offsets[i], damages[_i].bytes,
                   damages[_i].length);
    expect_refused(zip.bytes, zip.size, damages[_i].message);
    free(zip.bytes);
}
END_TEST

/* A few bytes are cut out of the last member: what follows moves forward. */
START_TEST(npz_truncated_member)
{
    zip_member members[2];
    zip_file zip = make_two(_i, members);
    memmove(zip.bytes + zip.directory - 5, zip.bytes + zip.directory,
            zip.size - zip.directory);
    expect_refused(zip.bytes, zip.size - 5,
                   _i ? "x: truncated: a central directory of 102 bytes at "
                        "byte 217, expected to end at byte 314"
                      : "x: truncated: a central directory of 102 bytes at "
                        "byte 222, expected to end at byte 319");
    free(zip.bytes);
}
END_TEST

/* Every prefix is refused, with one message once the magic is there. */
START_TEST(npz_prefixes)
{
    zip_member members[2];
    zip_file zip = make_two(true, members);
    for (size_t length = 0; length < zip.size; length++) {
        unsigned char *part = malloc(length ? length : 1);
        memcpy(part, zip.bytes, length);
        expect_refused(part, length,
                       length < 4
                           ? "x: not a .npy, .npz or .safetensors file"
                           : "x: truncated: no zip end record at its end");
        free(part);
    }
    free(zip.bytes);
}
END_TEST

/* Members are cut short so that the central directory says one thing more than
 * there is: its last entry is gone. */
START_TEST(npz_truncated_directory)
{
    zip_member members[2];
    zip_file zip = make_two(false, members);
    size_t entry = zip.end - members[1].central;
    memmove(zip.bytes + members[1].central, zip.bytes + zip.end,
            zip.size - zip.end);
    expect_refused(zip.bytes, zip.size - entry,
                   "x: truncated: a central directory of 102 bytes at byte "
                   "222, expected to end at byte 273");
    free(zip.bytes);
}
END_TEST

START_TEST(npz_duplicates)
{
    zip_member members[] = {
        {"q.npy", q_npy, q_size, .deflated = false},
        {"k.npy", k_npy, k_size, .deflated = false},
        {"q.npy", k_npy, k_size, .deflated = true},
    };
    zip_file zip = make_zip(members, 3, false, "", "");
    expect_refused(zip.bytes, zip.size, "x: key 'q': twice in the file");
    free(zip.bytes);
}
END_TEST

/* Two entries of the central directory for one member. */
START_TEST(npz_overlap)
{
    zip_member members[] = {
        {"q.npy", q_npy, q_size, .deflated = true},
        {"k.npy", k_npy, k_size, .deflated = true},
    };
    zip_file zip = make_zip(members, 2, false, "", "");
    unsigned char *entry = zip.bytes + members[1].central;
    memcpy(entry + CENTRAL_CRC, zip.bytes + members[0].central + CENTRAL_CRC,
           12);
    memset(entry + CENTRAL_PLACE, 0, 4);
    entry[46] = 'q';
    expect_refused(zip.bytes, zip.size,
                   "x: damaged: the members at bytes 0 and 0 overlap");
    free(zip.bytes);
}
END_TEST

START_TEST(npz_zero_in_name)
{
    zip_member members[2];
    zip_file zip = make_two(false, members);
    zip.bytes[members[1].central + 46] = '\0';
    expect_refused(zip.bytes, zip.size, "x: member 2: a zero in its name");
    free(zip.bytes);
}
END_TEST

START_TEST(npz_no_arrays)
{
    zip_member member = {"archive/data.pkl", "pickled", 7, .deflated = false};
    zip_file zip = make_zip(&member, 1, false, "", "");
    expect_refused(zip.bytes, zip.size,
                   "x: no .npy files among the 1 members of the zip archive "
                   "(what torch.save pickles is never read)");
    free(zip.bytes);
    zip = make_zip(NULL, 0, false, "", "");
    expect_refused(zip.bytes, zip.size,
                   "x: no .npy files among the 0 members of the zip archive "
                   "(what torch.save pickles is never read)");
    free(zip.bytes);
}
END_TEST

/* The header claims as much as deflate could reach, but no more is allocated
 * than the numbers take, and what is missing is found. */
START_TEST(npz_claims_too_much)
{
    const char header[] =
        "{'descr': '<f8', 'fortran_order': False, 'shape': (%d,), }%*s";
    char text[120];
    enum { CLAIMED = 8192 };
    double *data = calloc(CLAIMED, sizeof *data);
    size_t size;
    snprintf(text, sizeof text, header, CLAIMED, 9, "");
    unsigned char *npy =
        make_npy(1, text, data, CLAIMED * sizeof *data - 800, &size);
    zip_member member = {"q.npy", npy, size, .deflated = true};
    zip_file zip = make_zip(&member, 1, false, "", "");
    expect_refused(zip.bytes, zip.size,
                   "x: key 'q': truncated: 64736 bytes of data, expected "
                   "65536");
    uint32_t more = (uint32_t)size + 800;
    memcpy(zip.bytes + member.local + LOCAL_SIZE, &more, 4);
    memcpy(zip.bytes + member.central + CENTRAL_SIZE, &more, 4);
    expect_refused(zip.bytes, zip.size,
                   "x: key 'q': damaged: deflated data end after 64816 bytes, "
                   "expected 65616");
    free(zip.bytes);
    free(npy);
    free(data);
}
END_TEST

/* The sizes in zip64 fields are not trusted either. */
START_TEST(npz_zip64_sizes)
{
    zip_member member = {"q.npy", q_npy, q_size, .wide = true};
    zip_file zip = make_zip(&member, 1, true, "", "");
    size_t field = member.central + 46 + 5 + 4;
    memset(zip.bytes + field, 255, 16);
    expect_refused(zip.bytes, zip.size,
                   "x: key 'q': truncated: 261 bytes of packed data, expected "
                   "18446744073709551615");
    zip.bytes[field - 2] = 23;
    expect_refused(zip.bytes, zip.size,
                   "x: damaged: member 1 of the central directory");
    zip.bytes[zip.end] = 'p';
    expect_refused(zip.bytes, zip.size, "x: damaged: no zip64 end record");
    free(zip.bytes);
}
END_TEST

/* Random damage is refused or harmless: what is accepted can be read. */
START_TEST(npz_random_damage)
{
    zip_member members[2];
    zip_file zip = make_two(_i, members);
    unsigned char *copy = malloc(zip.size);
    srand(11);
    for (int round = 0; round < 100000; round++) {
        lln_container *file;
        lln_tensor t;
        memcpy(copy, zip.bytes, zip.size);
        for (int hit = rand() % 4; hit >= 0; hit--)
            copy[(size_t)rand() % zip.size] =
                (unsigned char)(rand() % 2 ? rand() : rand() % 3 - 1);
        if (lln_container_parse("x", copy, zip.size, &file) != LLN_OK)
            continue;
        for (size_t i = 0; i < lln_container_count(file); i++) {
            if (lln_container_read(file, i, &t) != LLN_OK)
                continue;
            size_t bad, count = lln_tensor_count(&t);
            lln_tensor_slice all = {
                .rows = 1, .columns = count, .column_stride = 1};
            expect_ok(lln_tensor_find_nonfinite(&t, &all, &bad));
        }
        lln_container_close(file);
    }
    free(copy);
    free(zip.bytes);
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
    tcase_add_test(good, npz_both_ends);
    tcase_add_loop_test(good, npz_many, 0, 2);
    suite_add_tcase(suite, good);
    TCase *refused = tcase_create("refused");
    tcase_add_checked_fixture(refused, make_members, free_members);
    tcase_add_loop_test(refused, npz_bad_members, 0, 2 * COUNT(bad_members));
    tcase_add_loop_test(refused, npz_header_too_long, 0, 2);
    tcase_add_loop_test(refused, npz_damages, 0, COUNT(damages));
    tcase_add_loop_test(refused, npz_truncated_member, 0, 2);
    tcase_add_test(refused, npz_prefixes);
    tcase_add_test(refused, npz_truncated_directory);
    tcase_add_test(refused, npz_duplicates);
    tcase_add_test(refused, npz_overlap);
    tcase_add_test(refused, npz_zero_in_name);
    tcase_add_test(refused, npz_no_arrays);
    tcase_add_test(refused, npz_claims_too_much);
    tcase_add_test(refused, npz_zip64_sizes);
    tcase_add_loop_test(refused, npz_random_damage, 0, 2);
    suite_add_tcase(suite, refused);
    return run_suite(suite);
}
