/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The memory that tools take to read large files: at most twice the size that
 * the header of a valid file implies, beyond the memory of any run. */
#include <sys/stat.h>

#include "npz_file.h"
#include "tool.h"

/* All heads of the largest file take half a minute: only if LLN_LARGE is
 * set. */
enum {
    LAYERS = 32,
    HEADS = 32,
    TOKENS = 2048,
    FEATURES = 128,
    MATRIX = TOKENS * FEATURES,
    MIB = 1 << 20,
    SLACK = 16 * MIB
};

/* The memory for a head of the same size in its own file. */
static size_t usual_memory(void)
{
    char header[100];
    size_t size;
    snprintf(header, sizeof header,
             "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d)}",
             TOKENS, FEATURES);
    unsigned char *npy = make_npy(1, header, NULL, 0, &size);
    write_bytes("one.npy", npy, size);
    free(npy);
    ck_assert_int_eq(truncate("one.npy", (off_t)(size + 4 * MATRIX)), 0);
    tool_run run = run_tool(NULL, TOOL("lln-entropy", "--q", "one.npy", "--k",
                                       "one.npy", "--kernel", "softmax"));
    ck_assert_msg(run.status == 0, "%s", run.errors);
    return run.bytes;
}

static void expect_memory(const char *input, const char *const *words,
                          size_t needed)
{
    size_t usual = usual_memory();
    tool_run run = run_tool(input, words);
    ck_assert_msg(run.status == 0, "%s", run.errors);
    ck_assert_uint_gt(run.output, 0);
    if (tool_memory_known)
        ck_assert_msg(run.bytes <= usual + 2 * needed + SLACK,
                      "%zu bytes, usually %zu, needed %zu", run.bytes, usual,
                      needed);
}

/* A .safetensors file of arrays q and k, all zeros, which take no disk
 * space. */
static void write_sparse(const char *path, const char *dtype, size_t layers,
                         size_t size)
{
    char header[400];
    size_t bytes = layers * HEADS * MATRIX * size, length;
    snprintf(header, sizeof header,
             "{\"q\":{\"dtype\":\"%s\",\"shape\":[%zu,%d,%d,%d],"
             "\"data_offsets\":[0,%zu]},"
             "\"k\":{\"dtype\":\"%s\",\"shape\":[%zu,%d,%d,%d],"
             "\"data_offsets\":[%zu,%zu]}}",
             dtype, layers, HEADS, TOKENS, FEATURES, bytes, dtype, layers,
             HEADS, TOKENS, FEATURES, bytes, 2 * bytes);
    unsigned char *file = make_safetensors(header, NULL, 0, &length);
    write_bytes(path, file, length);
    free(file);
    ck_assert_int_eq(truncate(path, (off_t)(length + 2 * bytes)), 0);
}

/* 1 GiB of 1024 heads; only one at a time is in memory. */
START_TEST(memory_large_file)
{
    const char *all = getenv("LLN_LARGE");
    write_sparse("x", "F16", LAYERS, 2);
    expect_memory(NULL,
                  TOOL("lln-entropy", "x", "--layout", "lhnd", "--kernel",
                       "softmax", "--quiet", "--layers",
                       all ? "0-31" : "0,15,31", "--heads",
                       all ? "0-31" : "0,7,31"),
                  2 * MATRIX * sizeof(float));
}
END_TEST

/* q and k of 16 MiB each. */
enum { SOME = 16 * MIB, SOME_HEADS = SOME / (4 * MATRIX) };

static void write_npz(const char *path, bool deflated)
{
    char header[100];
    size_t size;
    snprintf(header, sizeof header,
             "{'descr': '<f4', 'fortran_order': False, 'shape': (%d, %d, %d)}",
             SOME_HEADS, TOKENS, FEATURES);
    void *zeros = calloc(SOME, 1);
    unsigned char *npy = make_npy(1, header, zeros, SOME, &size);
    zip_member members[] = {{"q.npy", npy, size, .deflated = deflated},
                            {"k.npy", npy, size, .deflated = deflated}};
    zip_file zip = make_zip(members, 2, false, "", "");
    write_bytes(path, zip.bytes, zip.size);
    free(zip.bytes);
    free(npy);
    free(zeros);
}

START_TEST(memory_npz)
{
    write_npz("x", _i);
    expect_memory(NULL,
                  TOOL("lln-entropy", "x", "--layout", "hnd", "--kernel",
                       "softmax", "--quiet"),
                  2 * SOME);
}
END_TEST

/* Runs a program that writes the file to the pipe. */
static pid_t feed(const char *pipe, const char *file)
{
    ck_assert_int_eq(mkfifo(pipe, 0600), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        tool_redirect(0, file, O_RDONLY);
        tool_redirect(1, pipe, O_WRONLY);
        execlp("cat", "cat", (char *)NULL);
        _exit(127);
    }
    return child;
}

/* The contents of a pipe are kept, however long its writer takes. */
START_TEST(memory_pipe)
{
    int status;
    if (_i == 0)
        write_sparse("x", "F16", 1, 2);
    else
        write_npz("x", _i == 2);
    pid_t writer = feed("pipe", "x");
    expect_memory("pipe",
                  TOOL("lln-entropy", "-", "--layout", _i ? "hnd" : "lhnd",
                       "--kernel", "softmax", "--quiet", "--heads", "0"),
                  2 * SOME);
    ck_assert_int_eq(waitpid(writer, &status, 0), writer);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("memory of tools");
    TCase *memory = tcase_create("memory");
    tcase_set_timeout(memory, 300);
    tcase_add_checked_fixture(memory, enter_folder, remove_folder);
    tcase_add_test(memory, memory_large_file);
    tcase_add_loop_test(memory, memory_npz, 0, 2);
    tcase_add_loop_test(memory, memory_pipe, 0, 3);
    suite_add_tcase(suite, memory);
    return run_suite(suite);
}
