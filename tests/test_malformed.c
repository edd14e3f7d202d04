/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Malformed files through the tools: each is refused with exit status 1 and one
 * line, and takes no more memory than a valid file. The tests of the readers
 * have many more of them. */
#include "npz_file.h"
#include "tool.h"

/* More than a tool takes for a small head. */
enum { SLACK = 16 << 20 };

/* headers of float32 [8 x 2] and similar arrays */
#define NPY(descr, shape)                                                      \
    "{'descr': " descr ", 'fortran_order': False, 'shape': " shape ", }"
#define ENTRY(dtype, shape, begin, end)                                        \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin    \
    "," end "]}"
#define BOTH(q, k) "{\"q\":" q ",\"k\":" k "}"
#define K ENTRY("F32", "[8,2]", "64", "128")

static const unsigned char zeros[1024];

/* Makes files with the name x. */
static void write_safetensors(const char *header, size_t bytes)
{
    size_t size;
    unsigned char *file = make_safetensors(header, zeros, bytes, &size);
    write_bytes("x", file, size);
    free(file);
}

static void write_zip(zip_file zip)
{
    write_bytes("x", zip.bytes, zip.size);
    free(zip.bytes);
}

/* Members q.npy and k.npy, float32 [8 x 2]. */
static unsigned char *good_npy;
static size_t good_size;

static zip_file make_pair(bool deflated, zip_member members[2])
{
    members[0] =
        (zip_member){"q.npy", good_npy, good_size, .deflated = deflated};
    members[1] =
        (zip_member){"k.npy", good_npy, good_size, .deflated = deflated};
    return make_zip(members, 2, false, "", "");
}

/* The memory of a tool for a valid head of this size. */
static size_t usual;

static void measure_usual(void)
{
    zip_member members[2];
    write_zip(make_pair(true, members));
    tool_run run =
        run_tool(NULL, TOOL("lln-entropy", "x", "--kernel", "softmax", "-q"));
    ck_assert_msg(run.status == 0, "%s", run.errors);
    usual = run.bytes;
}

static void make_good(void)
{
    enter_folder();
    good_npy = make_npy(1, NPY("'<f4'", "(8, 2)"), zeros, 64, &good_size);
    measure_usual();
}

static void remove_good(void)
{
    free(good_npy);
    remove_folder();
}

static void expect_run(const char *const *words, const char *message)
{
    char line[4096];
    tool_run run = run_tool(NULL, words);
    snprintf(line, sizeof line, "%s: %s\n", words[0], message);
    ck_assert_str_eq(run.errors, line);
    ck_assert_int_eq(run.status, 1);
    ck_assert_uint_eq(run.output, 0);
    ck_assert_msg(access("out.npy", F_OK) != 0, "an output remains");
    if (tool_memory_known)
        ck_assert_msg(run.bytes <= usual + SLACK, "%zu bytes, usually %zu",
                      run.bytes, usual);
}

/* All tools refuse x, which is a .npy file or contains named arrays. */
static void expect_malformed(bool npy, const char *message)
{
    static const char *const tools[] = {
        "lln-entropy", "lln-stats", "lln-spectral", "lln-match", "lln-attend"};
    for (size_t i = 0; i < sizeof tools / sizeof *tools; i++) {
        bool values = strcmp(tools[i], "lln-attend") == 0;
        const char *words[16] = {tools[i], "-o", "out.npy", "-q"};
        const char *const files[] = {"--q", "x", "--k", "x", "--v", "x"};
        const char *const keys[] = {"x", "--key-q", "q", "--key-k",
                                    "k", "--key-v", "k"};
        if (npy)
            memcpy(words + 4, files, (values ? 6 : 4) * sizeof *words);
        else
            memcpy(words + 4, keys, (values ? 7 : 1) * sizeof *words);
        expect_run(words, message);
    }
}

/* .npy files with that many bytes of zeros. */
static const struct {
    const char *header;
    size_t bytes;
    const char *message;
} npy_files[] = {
    {NPY("'|O'", "(8, 2)"), 64,
     "x: dtype '|O': pickled objects are never read; expected float16, "
     "float32 or float64"},
    {NPY("[('a', '<f4'), ('b', '<f4')]", "(8,)"), 64,
     "x: structured dtype; "
     "expected float16, float32 or float64"},
    {NPY("'<f4'", "(4294967296, 4294967296)"), 64,
     "x: shape (4294967296, 4294967296): too large"},
    {NPY("'<f4'", "(274877906944, 2)"), 64,
     "x: truncated: 64 bytes of data, expected 2199023255552"},
    {NPY("'<f4'", "(8, 2)"), 60, "x: truncated: 60 bytes of data, expected 64"},
};

START_TEST(npy_refused)
{
    write_npy("x", 1, npy_files[_i].header, zeros, npy_files[_i].bytes);
    expect_malformed(true, npy_files[_i].message);
}
END_TEST

/* A header that is longer than the file; it may claim 4 GiB. */
START_TEST(npy_header)
{
    write_bytes("x", "\x93NUMPY\1\0\xff\0{}", 12);
    expect_malformed(true, "x: truncated: 2 bytes of header, expected 255");
    write_bytes("x", "\x93NUMPY\2\0\xff\xff\xff\xff{}", 14);
    expect_malformed(true,
                     "x: truncated: 2 bytes of header, expected 4294967295");
}
END_TEST

static const struct {
    const char *header;
    size_t bytes;
    const char *message;
} safetensors_files[] = {
    {BOTH(ENTRY("F8_E4M3", "[8,2]", "0", "16"),
          ENTRY("F32", "[8,2]", "16", "80")),
     80,
     "x: key 'q': dtype F8_E4M3: floats of 8 bits; expected F64, F32, F16 or "
     "BF16"},
    {BOTH(ENTRY("F8_E5M2", "[8,2]", "0", "16"),
          ENTRY("F32", "[8,2]", "16", "80")),
     80,
     "x: key 'q': dtype F8_E5M2: floats of 8 bits; expected F64, F32, F16 or "
     "BF16"},
    {BOTH(ENTRY("F32", "[4294967296,4294967296]", "0", "64"), K), 128,
     "x: key 'q': shape (4294967296, 4294967296): too large"},
    {BOTH(ENTRY("F32", "[8,2]", "0", "64"), ENTRY("F32", "[8,2]", "68", "132")),
     132, "x: key 'k': data_offsets: a hole: begin at byte 68, expected 64"},
    {BOTH(ENTRY("F32", "[8,2]", "0", "64"), ENTRY("F32", "[8,2]", "60", "124")),
     124,
     "x: key 'k': data_offsets: an overlap: begin at byte 60, expected 64"},
    {"{\"q\":" ENTRY("F32", "[8,2]", "0", "64") ",\"q\":" K "}", 128,
     "x: header, byte 60: duplicate object key near '\"q\"'"},
    {BOTH(ENTRY("F32", "[8,2]", "0", "64"), K), 127,
     "x: truncated: 127 bytes of data, expected 128"},
};

START_TEST(safetensors_refused)
{
    write_safetensors(safetensors_files[_i].header,
                      safetensors_files[_i].bytes);
    expect_malformed(false, safetensors_files[_i].message);
}
END_TEST

START_TEST(safetensors_header)
{
    write_bytes("x", "\x0c\0\0\0\0\0\0\0{\"q\":1}", 15);
    expect_malformed(false, "x: truncated: 7 bytes of header, expected 12");
    write_bytes("x", "\xff\xff\xff\xff\xff\xff\xff\xff{\"q\":1}", 15);
    expect_malformed(false, "x: header of 18446744073709551615 bytes; "
                            "expected at most 100000000");
}
END_TEST

static const struct {
    const char *header, *message;
} npz_members[] = {
    {NPY("'|O'", "(8, 2)"),
     "x: key 'q': dtype '|O': pickled objects are never read; expected "
     "float16, float32 or float64"},
    {NPY("[('a', '<f4')]", "(8, 2)"), "x: key 'q': structured dtype; expected "
                                      "float16, float32 or float64"},
    {NPY("'<f4'", "(4294967296, 4294967296)"),
     "x: key 'q': shape (4294967296, 4294967296): too large"},
};

START_TEST(npz_refused)
{
    size_t size;
    unsigned char *npy = make_npy(1, npz_members[_i].header, zeros, 64, &size);
    zip_member members[] = {{"q.npy", npy, size, .deflated = false},
                            {"k.npy", good_npy, good_size, .deflated = false}};
    write_zip(make_zip(members, 2, false, "", ""));
    expect_malformed(false, npz_members[_i].message);
    free(npy);
}
END_TEST

START_TEST(npz_of_torch)
{
    zip_member torch = {"archive/data.pkl", "pickled", 7, .deflated = false};
    write_zip(make_zip(&torch, 1, false, "", ""));
    expect_malformed(false, "x: no .npy files among the 1 members of the zip "
                            "archive (pickles of torch.save are never read; "
                            "save the arrays with numpy.savez or safetensors)");
}
END_TEST

START_TEST(npz_duplicate)
{
    zip_member members[3];
    free(make_pair(true, members).bytes);
    members[2] = members[0];
    write_zip(make_zip(members, 3, false, "", ""));
    expect_malformed(false, "x: key 'q': twice in the file");
}
END_TEST

/* Both headers of member q have `bytes` at these places. */
static void damage(zip_file *zip, const zip_member *member, size_t local,
                   size_t central, const char bytes[4])
{
    memcpy(zip->bytes + member->local + local, bytes, 4);
    memcpy(zip->bytes + member->central + central, bytes, 4);
}

enum { LOCAL_CRC = 14, LOCAL_SIZE = 22, CENTRAL_CRC = 16, CENTRAL_SIZE = 24 };

START_TEST(npz_checksum)
{
    zip_member members[2];
    char message[100];
    zip_file zip = make_pair(_i, members);
    damage(&zip, members, LOCAL_CRC, CENTRAL_CRC, "\1\2\3\4");
    write_zip(zip);
    snprintf(message, sizeof message,
             "x: key 'q': damaged: checksum %08x, expected 04030201",
             members->crc);
    expect_malformed(false, message);
}
END_TEST

/* A larger size than deflate can reach; and 64 MiB of zeros after 64 bytes of
 * data. */
START_TEST(npz_bomb)
{
    enum { BOMB = 64 << 20 };
    zip_member members[2];
    zip_file zip = make_pair(true, members);
    char message[120];
    damage(&zip, members, LOCAL_SIZE, CENTRAL_SIZE, "\0\0\0\100");
    write_zip(zip);
    snprintf(message, sizeof message,
             "x: key 'q': a zip bomb: 1073741824 bytes from %zu; deflate "
             "reaches a ratio of at most 1032",
             members->packed);
    expect_malformed(false, message);
    unsigned char *bomb = calloc(BOMB, 1);
    memcpy(bomb, good_npy, good_size);
    members[0].data = bomb;
    members[0].size = BOMB;
    write_zip(make_zip(members, 2, false, "", ""));
    free(bomb);
    snprintf(message, sizeof message,
             "x: key 'q': trailing bytes: %zu bytes of data, expected 64",
             BOMB - (good_size - 64));
    expect_malformed(false, message);
}
END_TEST

/* The last five bytes of the last member are missing. */
START_TEST(npz_truncated)
{
    zip_member members[2];
    zip_file zip = make_pair(_i, members);
    char message[120];
    memmove(zip.bytes + zip.directory - 5, zip.bytes + zip.directory,
            zip.size - zip.directory);
    snprintf(message, sizeof message,
             "x: truncated: a central directory of 102 bytes at byte %zu, "
             "expected to end at byte %zu",
             zip.directory, zip.size - 22 - 5);
    zip.size -= 5;
    write_zip(zip);
    expect_malformed(false, message);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("malformed");
    TCase *refused = tcase_create("refused");
    tcase_set_timeout(refused, 300);
    tcase_add_checked_fixture(refused, make_good, remove_good);
    tcase_add_loop_test(refused, npy_refused, 0, COUNT(npy_files));
    tcase_add_test(refused, npy_header);
    tcase_add_loop_test(refused, safetensors_refused, 0,
                        COUNT(safetensors_files));
    tcase_add_test(refused, safetensors_header);
    tcase_add_loop_test(refused, npz_refused, 0, COUNT(npz_members));
    tcase_add_test(refused, npz_of_torch);
    tcase_add_test(refused, npz_duplicate);
    tcase_add_loop_test(refused, npz_checksum, 0, 2);
    tcase_add_test(refused, npz_bomb);
    tcase_add_loop_test(refused, npz_truncated, 0, 2);
    suite_add_tcase(suite, refused);
    return run_suite(suite);
}
