/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * An index of shards, and files of other kinds. */
#include "tensor/shards.h"

#include <sys/stat.h>

#include "tensor/lookalike.h"
#include "tensor_file.h"

static const char index_path[] = "sub/model.json";

/* A shard of one array: float64, one element. */
static void write_shard(const char *path, const char *key, double value)
{
    char header[200];
    size_t size;
    snprintf(header, sizeof header,
             "{\"%s\":{\"dtype\":\"F64\",\"shape\":[1],"
             "\"data_offsets\":[0,8]}}",
             key);
    unsigned char *bytes = make_safetensors(header, &value, 8, &size);
    write_bytes(path, bytes, size);
    free(bytes);
}

static void write_text(const char *path, const char *text)
{
    write_bytes(path, text, strlen(text));
}

static lln_container *open_index(const char *text)
{
    lln_container *file;
    mkdir("sub", 0777);
    write_text(index_path, text);
    expect_ok(lln_container_open(index_path, &file));
    return file;
}

static void refuse_read(lln_container *file, size_t index, const char *message)
{
    lln_tensor tensor;
    ck_assert_ptr_nonnull(lln_container_entry_at(file, index).unreadable);
    expect_status(lln_container_read(file, index, &tensor), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(), message);
}

START_TEST(shards_read)
{
    mkdir("sub", 0777);
    mkdir("sub/deep", 0777);
    write_shard("sub/a..b", "q", 2.385);
    write_shard("sub/deep/b", "k", -0.07);
    lln_container *file =
        open_index("\n {\"weight_map\": {\"k\": \"deep/b\", \"q\": \"a..b\"},\n"
                   "\"metadata\": {\"total_size\": 16}}\n");
    ck_assert_uint_eq(lln_container_count(file), 2);
    lln_container_entry entry = lln_container_entry_at(file, 0);
    ck_assert_str_eq(entry.key, "k");
    ck_assert_str_eq(entry.shard, "sub/deep/b");
    ck_assert_str_eq(entry.dtype, "F64");
    ck_assert(entry.axes == 1 && entry.shape[0] == 1 && !entry.unreadable);
    lln_tensor q = read_key(file, "q"), k = read_key(file, "k");
    ck_assert(lln_tensor_get(&q, 0) == 2.385);
    ck_assert(lln_tensor_get(&k, 0) == -0.07);
    ck_assert(!lln_container_inflates(file, 0));
    for (size_t i = 0; i < 2; i++)
        lln_container_release(file, i);
    q = read_key(file, "q");
    ck_assert(lln_tensor_get(&q, 0) == 2.385);
    lln_container_close(file);
}
END_TEST

/* A broken shard does not affect the arrays of others. */
START_TEST(shards_unreadable)
{
    mkdir("sub", 0777);
    write_shard("sub/a", "q", 2.385);
    write_text("sub/c", "version https://git-lfs.github.com/spec/v1\n");
    write_text("sub/d", "{\"weight_map\": {\"e\": \"d\"}}");
    lln_container *file = open_index(
        "{\"weight_map\": {\"q\": \"a\", \"k\": \"a\", \"b\": "
        "\"b\", \"c\": \"c\", \"d\": \"d\", \"e\": \"model.json\"}}");
    lln_tensor q = read_key(file, "q");
    ck_assert(lln_tensor_get(&q, 0) == 2.385);
    refuse_read(file, 1, "sub/model.json: key 'k': sub/a: no such array");
    refuse_read(file, 2,
                "sub/model.json: key 'b': sub/b: No such file or directory");
    refuse_read(file, 3,
                "sub/model.json: key 'c': sub/c: a Git LFS pointer, not the "
                "file itself; run 'git lfs pull'");
    refuse_read(file, 4,
                "sub/model.json: key 'd': sub/d: an index of shards; expected "
                "a shard");
    refuse_read(file, 5,
                "sub/model.json: key 'e': sub/model.json: an index of shards; "
                "expected a shard");
    lln_container_close(file);
}
END_TEST

START_TEST(shards_many)
{
    enum { KEYS = 10000, SHARDS = 100 };
    char *text = malloc(64 * KEYS), *at = text, path[32], key[32];
    mkdir("sub", 0777);
    for (int s = 0; s < SHARDS; s++) {
        snprintf(path, sizeof path, "sub/%d", s);
        snprintf(key, sizeof key, "layers.%d.q", s);
        write_shard(path, key, s);
    }
    at += sprintf(at, "{\"weight_map\":{");
    for (int i = KEYS; i-- > 0;)
        at += sprintf(at, "\"layers.%d.q\":\"%d\"%s", i, i % SHARDS,
                      i > 0 ? "," : "}}");
    lln_container *file = open_index(text);
    ck_assert_uint_eq(lln_container_count(file), KEYS);
    lln_tensor t = read_key(file, "layers.7.q");
    ck_assert(lln_tensor_get(&t, 0) == 7);
    lln_container_close(file);
    free(text);
}
END_TEST

static const struct {
    const char *text, *message;
} refused[] = {
    {"{\"weight_map\": {\"q\": \"../a\"}}",
     "key 'q': shard '../a': expected a file in the folder of the index"},
    {"{\"weight_map\": {\"q\": \"a/../../b\"}}",
     "key 'q': shard 'a/../../b': expected a file in the folder of the index"},
    {"{\"weight_map\": {\"q\": \"a/..\"}}",
     "key 'q': shard 'a/..': expected a file in the folder of the index"},
    {"{\"weight_map\": {\"q\": \"/a\"}}",
     "key 'q': shard '/a': expected a file in the folder of the index"},
    {"{\"weight_map\": {\"q\": \"\"}}",
     "key 'q': expected the name of a shard"},
    {"{\"weight_map\": {\"q\": 7}}", "key 'q': expected the name of a shard"},
    {"{\"weight_map\": {\"q\": \"a\\u0000b\"}}",
     "key 'q': expected the name of a shard"},
    {"{\"weight_map\": {}}", "no arrays"},
    {"{\"weight_map\": []}",
     "JSON without \"weight_map\"; expected an index of shards, or a .npy, "
     ".npz or .safetensors file"},
    {"{\"weights\": {\"q\": \"a\"}}",
     "JSON without \"weight_map\"; expected an index of shards, or a .npy, "
     ".npz or .safetensors file"},
    {"{\"weight_map\": {\"q\": \"a\"", "JSON, byte 24: '}' expected near end "
                                       "of file"},
    {"{\"weight_map\": {\"q\": \"a\", \"q\": \"b\"}}",
     "JSON, byte 29: duplicate object key near '\"q\"'"},
};

START_TEST(shards_refused)
{
    lln_container *file = NULL;
    char message[200];
    mkdir("sub", 0777);
    write_text(index_path, refused[_i].text);
    expect_status(lln_container_open(index_path, &file), LLN_EFORMAT);
    snprintf(message, sizeof message, "%s: %s", index_path,
             refused[_i].message);
    ck_assert_str_eq(lln_error_message(), message);
}
END_TEST

/* A complete or truncated index in memory. */
START_TEST(shards_cut)
{
    static const char text[] =
        "{\"metadata\": {\"total_size\": 16}, \"weight_map\": {\"q\": \"a\"}}";
    lln_container *file = NULL;
    for (size_t size = 1; size < sizeof text; size++)
        expect_status(parse_file((const unsigned char *)text, size, &file),
                      LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "x: an index of shards without a folder; give the name of "
                     "the file instead");
}
END_TEST

/* A .safetensors file with a header of 123 bytes, so that it begins with a
 * brace. */
START_TEST(shards_begin_as_safetensors)
{
    char header[124];
    lln_container *file;
    size_t size;
    snprintf(header, sizeof header, "%-123s",
             "{\"q\":{\"dtype\":\"F64\",\"shape\":[1],"
             "\"data_offsets\":[0,8]}}");
    unsigned char *bytes = make_safetensors(header, &(double){2.385}, 8, &size);
    ck_assert_int_eq(bytes[0], '{');
    expect_ok(parse_file(bytes, size, &file));
    lln_tensor q = read_key(file, "q");
    ck_assert(lln_tensor_get(&q, 0) == 2.385);
    lln_container_close(file);
    free(bytes);
}
END_TEST

static const struct {
    const char *text, *kind;
} kinds[] = {
    {"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 8\n",
     "a Git LFS pointer, not the file itself; run 'git lfs pull'"},
    {"/annex/objects/SHA256E-s8--1.npy\n",
     "a git-annex pointer, not the file itself; run 'git annex get'"},
    {"<!DOCTYPE html>\n<html>",
     "an HTML page, not the file itself; download it again"},
    {"<!doctype HTML>", "an HTML page, not the file itself; download it again"},
    {"\x80\2}q", "a Python pickle (torch.save, allow_pickle), which is never "
                 "read; save the arrays with numpy.savez or safetensors"},
    {"\x1f\x8b\x08", "compressed; unpack it with gunzip"},
    {"version", NULL},
    {"q,k\n", NULL},
};

START_TEST(lookalike_kinds)
{
    lln_container *file = NULL;
    char message[200];
    const unsigned char *bytes = (const unsigned char *)kinds[_i].text;
    size_t size = strlen(kinds[_i].text);
    lln_mapping mapping = {.bytes = bytes, .size = size};
    const char *kind = lln_lookalike(&mapping);
    ck_assert_pstr_eq(kind, kinds[_i].kind);
    snprintf(message, sizeof message, "x: %s",
             kind ? kind : "not a .npy, .npz or .safetensors file");
    expect_refused(bytes, size, message);
    expect_status(lln_container_parse("x", bytes, 0, &file), LLN_EFORMAT);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("shards");
    TCase *shards = tcase_create("shards");
    tcase_add_checked_fixture(shards, enter_folder, remove_folder);
    tcase_add_test(shards, shards_read);
    tcase_add_test(shards, shards_unreadable);
    tcase_add_test(shards, shards_many);
    tcase_add_loop_test(shards, shards_refused, 0,
                        sizeof refused / sizeof *refused);
    tcase_add_test(shards, shards_cut);
    tcase_add_test(shards, shards_begin_as_safetensors);
    tcase_add_loop_test(shards, lookalike_kinds, 0,
                        sizeof kinds / sizeof *kinds);
    suite_add_tcase(suite, shards);
    return run_suite(suite);
}
