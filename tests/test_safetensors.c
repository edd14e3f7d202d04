/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Reading of .safetensors files, valid and invalid. The bits of numbers below
 * are those of Python's struct.pack; bfloat16 is the upper half of float32,
 * rounded to nearest even. */
#include "tensor_file.h"

#define HEADER(dtype, shape, begin, end)                                       \
    "{\"dtype\":\"" dtype "\",\"shape\":" shape ",\"data_offsets\":[" begin    \
    "," end "]}"
#define Q(dtype, shape, begin, end)                                            \
    "{\"q\":" HEADER(dtype, shape, begin, end) "}"
#define TWO(first, second) "{\"q\":" first ",\"k\":" second "}"
#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

static const unsigned char zeros[64];

static const struct {
    const char *header;
    const char *data;
    size_t bytes;
    double first, second;
} dtypes[] = {
    {Q("F16", "[2]", "0", "4"), "\xc5\x40\x7b\xac", 4, 0x1.314p1, -0x1.1ecp-4},
    {Q("BF16", "[2]", "0", "4"), "\x19\x40\x8f\xbd", 4, 2.390625,
     -0.06982421875},
    {Q("F32", "[2]", "0", "8"), "\xd7\xa3\x18\x40\x29\x5c\x8f\xbd", 8, 2.385f,
     -0.07f},
    {Q("F64", "[2]", "0", "16"),
     "\x14\xae\x47\xe1\x7a\x14\x03\x40\xec\x51\xb8\x1e\x85\xeb\xb1\xbf", 16,
     2.385, -0.07},
};

static lln_container *parse(const char *header, const void *data, size_t bytes,
                            unsigned char **memory)
{
    size_t size;
    lln_container *file = NULL;
    *memory = make_safetensors(header, data, bytes, &size);
    expect_ok(parse_file(*memory, size, &file));
    return file;
}

static void refuse(const char *header, size_t bytes, const char *message)
{
    size_t size;
    unsigned char *memory = make_safetensors(header, zeros, bytes, &size);
    expect_refused(memory, size, message);
    free(memory);
}

START_TEST(safetensors_dtypes)
{
    unsigned char *memory;
    lln_container *file =
        parse(dtypes[_i].header, dtypes[_i].data, dtypes[_i].bytes, &memory);
    ck_assert_uint_eq(lln_container_count(file), 1);
    lln_tensor t = read_key(file, "q");
    ck_assert_uint_eq(t.axes, 1);
    ck_assert_uint_eq(t.shape[0], 2);
    ck_assert(lln_tensor_get(&t, 0) == dtypes[_i].first);
    ck_assert(lln_tensor_get(&t, 1) == dtypes[_i].second);
    lln_container_close(file);
    free(memory);
}
END_TEST

/* Arrays come in the order of the header, which is not that of the data or the
 * keys. */
START_TEST(safetensors_arrays)
{
    const float data[] = {0.25f, 1.25f, 2.25f, 3.25f, 4.25f, 5.25f, 6.25f};
    unsigned char *memory;
    lln_container *file =
        parse(" {\"v\": " HEADER("F32", "[]", "24",
                                 "28") ",\n"
                                       "\"__metadata__\": {\"format\": \"pt\", "
                                       "\"nul\": \"\\u0000\"}, "
                                       "\"a.k\": " HEADER("F32", "[3, 2]", "0",
                                                          "24") "}  " +
                  1,
              data, sizeof data, &memory);
    ck_assert_uint_eq(lln_container_count(file), 2);
    lln_container_entry entry = lln_container_entry_at(file, 0);
    ck_assert_str_eq(entry.key, "v");
    ck_assert_str_eq(entry.dtype, "F32");
    ck_assert_ptr_null(entry.unreadable);
    ck_assert_uint_eq(entry.axes, 0);
    entry = lln_container_entry_at(file, 1);
    ck_assert_str_eq(entry.key, "a.k");
    ck_assert(entry.axes == 2 && entry.shape[0] == 3 && entry.shape[1] == 2);
    ck_assert(!lln_container_inflates(file, 0));
    lln_tensor t = read_key(file, "v");
    ck_assert(t.axes == 0 && lln_tensor_get(&t, 0) == 6.25);
    t = read_key(file, "a.k");
    ck_assert(t.strides[0] == 2 && t.strides[1] == 1);
    ck_assert(lln_tensor_get(&t, 5) == 5.25);
    lln_container_close(file);
    free(memory);
}
END_TEST

/* As many arrays as in a large model. */
START_TEST(safetensors_many)
{
    enum { ARRAYS = 5000 };
    char *header = malloc(ARRAYS * 100 + 2), key[32], *at = header;
    double *data = malloc(ARRAYS * sizeof *data);
    for (int i = 0; i < ARRAYS; i++) {
        int place = i * 7 % ARRAYS;
        data[place] = i + 0.385;
        at += sprintf(at,
                      "%c\"layers.%d.q\":{\"dtype\":\"F64\",\"shape\":[1,1],"
                      "\"data_offsets\":[%d,%d]}",
                      i ? ',' : '{', i, 8 * place, 8 * place + 8);
    }
    strcpy(at, "}");
    unsigned char *memory;
    lln_container *file = parse(header, data, ARRAYS * sizeof *data, &memory);
    ck_assert_uint_eq(lln_container_count(file), ARRAYS);
    for (int i = 0; i < ARRAYS; i++) {
        sprintf(key, "layers.%d.q", i);
        lln_tensor t = read_key(file, key);
        ck_assert(lln_tensor_get(&t, 0) == i + 0.385);
    }
    lln_container_close(file);
    free(memory);
    free(header);
    free(data);
}
END_TEST

#define READABLE "; expected F64, F32, F16 or BF16"

static const struct {
    const char *header;
    size_t bytes;
    const char *dtype, *message;
} unreadable[] = {
    {Q("F8_E4M3", "[2,3]", "0", "6"), 6, "F8_E4M3",
     "x: key 'q': dtype F8_E4M3: floats of 8 bits" READABLE},
    {Q("F8_E5M2", "[2,3]", "0", "6"), 6, "F8_E5M2",
     "x: key 'q': dtype F8_E5M2: floats of 8 bits" READABLE},
    {Q("F4", "[2,3]", "0", "3"), 3, "F4",
     "x: key 'q': dtype F4: floats of 4 bits" READABLE},
    {Q("I64", "[2,3]", "0", "48"), 48, "I64",
     "x: key 'q': dtype I64: integers" READABLE},
    {Q("BOOL", "[2,3]", "0", "6"), 6, "BOOL",
     "x: key 'q': dtype BOOL: booleans" READABLE},
    {Q("Q4_0\\n", "[2,3]", "0", "5"), 5, "Q4_0\\x0a",
     "x: key 'q': dtype Q4_0\\x0a: unknown" READABLE},
    {Q("F32", "[2,3,0]", "0", "0"), 0, "F32",
     "x: key 'q': shape (2, 3, 0): no elements"},
    {Q("F32", "[2,3,1,1,1,1,1,1,1]", "0", "24"), 24, "F32",
     "x: key 'q': more than 8 axes"},
};

START_TEST(safetensors_unreadable)
{
    unsigned char *memory;
    lln_container *file =
        parse(unreadable[_i].header, zeros, unreadable[_i].bytes, &memory);
    lln_container_entry entry = lln_container_entry_at(file, 0);
    ck_assert_str_eq(entry.key, "q");
    ck_assert_str_eq(entry.dtype, unreadable[_i].dtype);
    ck_assert_str_eq(entry.unreadable,
                     strstr(unreadable[_i].message, "'q': ") + 5);
    ck_assert(entry.axes >= 2 && entry.shape[0] == 2 && entry.shape[1] == 3);
    lln_tensor t;
    expect_status(lln_container_read(file, 0, &t), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), unreadable[_i].message);
    lln_container_release(file, 0);
    lln_container_close(file);
    free(memory);
}
END_TEST

#define F32_3 HEADER("F32", "[3]", "0", "12")
#define FIELDS                                                                 \
    "x: key 'q': expected \"dtype\", \"shape\" and \"data_offsets\" such as "  \
    "[0, 64]"
#define SHAPE "x: key 'q': \"shape\": expected whole numbers such as [512, 64]"
#define ZEROS "0,0,0,0,0,0,0,0,0,0,"
#define NESTED "[[[[[[[[[[[[[[[["

static const struct {
    const char *header;
    size_t bytes;
    const char *message;
} bad[] = {
    {TWO(F32_3, HEADER("F32", "[2]", "16", "24")), 24,
     "x: key 'k': data_offsets: a hole: begin at byte 16, expected 12"},
    {Q("F32", "[3]", "4", "16"), 16,
     "x: key 'q': data_offsets: a hole: begin at byte 4, expected 0"},
    {TWO(F32_3, HEADER("F32", "[2]", "8", "16")), 16,
     "x: key 'k': data_offsets: an overlap: begin at byte 8, expected 12"},
    {TWO(F32_3, F32_3), 12,
     "x: key 'k': data_offsets: an overlap: begin at byte 0, expected 12"},
    {TWO(F32_3, HEADER("F32", "[1]", "4", "8")), 12,
     "x: key 'k': data_offsets: an overlap: begin at byte 4, expected 12"},
    {"{\"q\":" F32_3 ",\"q\":" HEADER("F32", "[1]", "12", "16") "}", 16,
     "x: header, byte 58: duplicate object key near '\"q\"'"},
    {"{\"q\":{\"dtype\":\"F32\",\"shape\":[3],\"shape\":[3],\"data_offsets\":"
     "[0,12]}}",
     12, "x: header, byte 39: duplicate object key near '\"shape\"'"},
    {Q("F32", "[3]", "0", "12"), 11,
     "x: truncated: 11 bytes of data, expected 12"},
    {Q("F32", "[3]", "0", "12"), 13,
     "x: trailing bytes: 13 bytes of data, expected 12"},
    {Q("F32", "[1]", "4", "0"), 4, FIELDS},
    {Q("F32", "[1]", "-4", "0"), 4, FIELDS},
    {Q("F32", "[1]", "0", "4.0"), 4, FIELDS},
    {Q("F32", "[1]", "0", "4,8"), 4, FIELDS},
    {Q("F32", "1", "0", "4"), 4, FIELDS},
    {Q("F3\\u00002", "[1]", "0", "4"), 4, FIELDS},
    {"{\"q\":{\"dtype\":\"F32\",\"shape\":[1]}}", 4, FIELDS},
    {"{\"q\":[\"F32\",[1],[0,4]]}", 4, FIELDS},
    {"{\"q\":null}", 4, FIELDS},
    {Q("F32", "[-1]", "0", "4"), 4, SHAPE},
    {Q("F32", "[1.0]", "0", "4"), 4, SHAPE},
    {Q("F32", "[\"1\"]", "0", "4"), 4, SHAPE},
    {Q("F32", "[3, 2]", "0", "20"), 20,
     "x: key 'q': F32 (3, 2): 20 bytes of data, expected 24"},
    {Q("F32", "[0]", "0", "4"), 4,
     "x: key 'q': F32 (0,): 4 bytes of data, expected 0"},
    {Q("F4", "[3]", "0", "1"), 1,
     "x: key 'q': F4 (3,): 1 bytes of data, expected 2"},
    {Q("F32", "[4294967296, 4294967296]", "0", "0"), 0,
     "x: key 'q': shape (4294967296, 4294967296): too large"},
    {Q("F32", "[1,1,1,1,1,1,1,1,4294967296,4294967296]", "0", "0"), 0,
     "x: key 'q': shape (1, 1, 1, 1, 1, 1, 1, 1): too large"},
    {Q("F32", "[18446744073709551616]", "0", "4"), 4,
     "x: header, byte 49: too big integer near '18446744073709551616'"},
    {"{\"q\\u0000\":1}", 0,
     "x: header, byte 10: NUL byte in object key not supported near "
     "'\"q\\u0000\"'"},
    {"{\"a\\nb\":1}", 0,
     "x: key 'a\\x0ab': expected \"dtype\", \"shape\" and \"data_offsets\" "
     "such as [0, 64]"},
    {"{}", 0, "x: no arrays"},
    {"{\"__metadata__\":{}}", 0, "x: no arrays"},
    {"{\"q\":", 0, "x: header, byte 5: unexpected token near end of file"},
    {"{} {}", 0, "x: header, byte 4: end of file expected near '{'"},
    {"{\"q\":" NESTED NESTED, 0,
     "x: header: 33 brackets and 0 commas in 37 bytes; expected descriptions "
     "of arrays"},
    {"{\"q\\\"[\":[" ZEROS ZEROS ZEROS ZEROS "0]}", 0,
     "x: header: 2 brackets and 40 commas in 92 bytes; expected descriptions "
     "of arrays"},
};

START_TEST(safetensors_bad)
{
    refuse(bad[_i].header, bad[_i].bytes, bad[_i].message);
}
END_TEST

START_TEST(safetensors_header_length)
{
    unsigned char file[] = "\x0c\0\0\0\0\0\0\0{\"q\":1}";
    expect_refused(file, 15, "x: truncated: 7 bytes of header, expected 12");
    memcpy(file, "\x01\xe1\xf5\x05\0\0\0\0", 8);
    expect_refused(file, 15,
                   "x: header of 100000001 bytes; expected at most 100000000");
    memset(file, 255, 8);
    expect_refused(file, 15,
                   "x: header of 18446744073709551615 bytes; "
                   "expected at most 100000000");
    memset(file, 0, 8);
    expect_refused(file, 15,
                   "x: header, byte 0: '[' or '{' expected near end of file");
    expect_refused(file, 8, "x: not a .npy, .npz or .safetensors file");
}
END_TEST

/* Every prefix of a valid file is refused. Each is in an array of its own
 * length, so that the sanitizer detects a read past its end. */
START_TEST(safetensors_prefixes)
{
    size_t size;
    lln_container *file;
    unsigned char *memory =
        make_safetensors(Q("F32", "[3]", "0", "12"), zeros, 12, &size);
    for (size_t length = 0; length < size; length++) {
        unsigned char *part = malloc(length ? length : 1);
        memcpy(part, memory, length);
        expect_status(parse_file(part, length, &file), LLN_EFORMAT);
        free(part);
    }
    free(memory);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("safetensors");
    TCase *good = tcase_create("good");
    tcase_add_loop_test(good, safetensors_dtypes, 0, COUNT(dtypes));
    tcase_add_test(good, safetensors_arrays);
    tcase_add_test(good, safetensors_many);
    suite_add_tcase(suite, good);
    TCase *refused = tcase_create("refused");
    tcase_add_loop_test(refused, safetensors_unreadable, 0, COUNT(unreadable));
    tcase_add_loop_test(refused, safetensors_bad, 0, COUNT(bad));
    tcase_add_test(refused, safetensors_header_length);
    tcase_add_test(refused, safetensors_prefixes);
    suite_add_tcase(suite, refused);
    return run_suite(suite);
}
