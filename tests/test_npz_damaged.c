/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Damaged .npz files, and files with false sizes. */
#include "npz_file.h"

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

/* Damage to a stored or deflated archive of two members: `bytes` at a place in
 * the local or central header of q, or in the end record. */
static const struct {
    int local, central, end; /* -1: not changed there */
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
     "x: key 'q': a zip bomb: 1073741824 bytes from 82; deflate reaches a "
     "ratio of at most 1032"},
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
    {-1, -1, 0, false, 1, "p",
     "x: truncated: no zip end record at the end of the file"},
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

/* A few bytes are cut out of the last member: the rest moves forward. */
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

/* Every prefix is refused, with one message once the magic is complete. */
START_TEST(npz_prefixes)
{
    zip_member members[2];
    zip_file zip = make_two(true, members);
    for (size_t length = 0; length < zip.size; length++) {
        unsigned char *part = malloc(length ? length : 1);
        memcpy(part, zip.bytes, length);
        expect_refused(
            part, length,
            length < 4
                ? "x: not a .npy, .npz or .safetensors file"
                : "x: truncated: no zip end record at the end of the file");
        free(part);
    }
    free(zip.bytes);
}
END_TEST

/* The last entry of the central directory is missing: it counts one more than
 * there are. */
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
    expect_refused(zip.bytes, zip.size, "x: member 2: a zero byte in its name");
    free(zip.bytes);
}
END_TEST

START_TEST(npz_no_arrays)
{
    zip_member member = {"archive/data.pkl", "pickled", 7, .deflated = false};
    zip_file zip = make_zip(&member, 1, false, "", "");
    expect_refused(zip.bytes, zip.size,
                   "x: no .npy files among the 1 members of the zip archive "
                   "(pickles of torch.save are never read; save the arrays "
                   "with numpy.savez or safetensors)");
    free(zip.bytes);
    zip = make_zip(NULL, 0, false, "", "");
    expect_refused(zip.bytes, zip.size,
                   "x: no .npy files among the 0 members of the zip archive "
                   "(pickles of torch.save are never read; save the arrays "
                   "with numpy.savez or safetensors)");
    free(zip.bytes);
}
END_TEST

/* The header claims as much as deflate could reach, but no more is allocated
 * than the values take, and the missing data is detected. */
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
    Suite *suite = suite_create("npz_damaged");
    TCase *refused = tcase_create("refused");
    tcase_add_checked_fixture(refused, make_members, free_members);
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
