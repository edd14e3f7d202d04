/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What all formats share: opening a file and finding its arrays. */
#include "tensor/container.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#include "tensor_file.h"

static const char shape_2[] =
    "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }";

/* Two arrays: key "q" is 2.385 and -0.07, key "k" is 0.25. */
static unsigned char *make_two(size_t *size)
{
    const double data[] = {2.385, -0.07, 0.25};
    return make_safetensors(
        "{\"q\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]},"
        "\"k\":{\"dtype\":\"F64\",\"shape\":[1],\"data_offsets\":[16,24]}}",
        data, sizeof data, size);
}

static void write_two(const char *path)
{
    size_t size;
    unsigned char *bytes = make_two(&size);
    write_bytes(path, bytes, size);
    free(bytes);
}

START_TEST(container_open_npy)
{
    const double data[] = {2.385, -0.07};
    lln_container *file;
    size_t index = 7;
    lln_tensor t;
    write_npy("q.txt", 1, shape_2, data, sizeof data);
    expect_ok(lln_container_open("q.txt", &file));
    ck_assert_str_eq(lln_container_name(file), "q.txt");
    ck_assert_uint_eq(lln_container_count(file), 1);
    lln_container_entry entry = lln_container_entry_at(file, 0);
    ck_assert_str_eq(entry.key, "");
    ck_assert_str_eq(entry.dtype, "<f8");
    ck_assert_ptr_null(entry.unreadable);
    ck_assert(entry.axes == 1 && entry.shape[0] == 2);
    expect_ok(lln_container_find(file, "", &index));
    ck_assert_uint_eq(index, 0);
    expect_ok(lln_container_read(file, 0, &t));
    ck_assert(lln_tensor_get(&t, 1) == -0.07);
    expect_status(lln_container_find(file, "q", &index), LLN_EFORMAT);
    ck_assert_str_eq(
        lln_error_message(),
        "q.txt: key 'q': a .npy file contains one array without a name");
    lln_container_close(file);
}
END_TEST

static const struct {
    const char *descr, *dtype, *unreadable;
} unreadable[] = {
    {"'<i8'", "<i8",
     "dtype '<i8': integers; expected float16, float32 or float64"},
    {"'|O'", "|O",
     "dtype '|O': pickled objects are never read; expected float16, float32 or "
     "float64"},
    {"[('a', '<f8'), (\"b]\", '<f4', (2,))]", "structured",
     "structured dtype; expected float16, float32 or float64"},
};

/* Arrays of types that are not read are described, too. */
START_TEST(container_entry_unreadable)
{
    char header[200];
    lln_container *file;
    lln_tensor t;
    snprintf(header, sizeof header,
             "{'descr': %s, 'fortran_order': False, 'shape': (2, 3), }",
             unreadable[_i].descr);
    write_npy("q.npy", 1, header, "pickled", 7);
    expect_ok(lln_container_open("q.npy", &file));
    lln_container_entry entry = lln_container_entry_at(file, 0);
    ck_assert_str_eq(entry.dtype, unreadable[_i].dtype);
    ck_assert_str_eq(entry.unreadable, unreadable[_i].unreadable);
    ck_assert(entry.axes == 2 && entry.shape[0] == 2 && entry.shape[1] == 3);
    expect_status(lln_container_read(file, 0, &t), LLN_EFORMAT);
    lln_container_release(file, 0);
    lln_container_close(file);
}
END_TEST

START_TEST(container_open_nothing)
{
    lln_container *file = NULL;
    expect_status(lln_container_open("no.npy", &file), LLN_EIO);
    ck_assert_str_eq(lln_error_message(), "no.npy: No such file or directory");
    write_bytes("q.npy", "\x89HDF\r\n\x1a\n{", 9);
    expect_status(lln_container_open("q.npy", &file), LLN_EFORMAT);
    write_bytes("q.npy", "\x89PNG\r\n\x1a\n\0", 9);
    expect_status(lln_container_open("q.npy", &file), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "q.npy: not a .npy, .npz or .safetensors file");
    expect_status(parse_file(NULL, 0, &file), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "x: not a .npy, .npz or .safetensors file");
    ck_assert_ptr_null(file);
}
END_TEST

/* Standard input is a pipe, then a file. */
START_TEST(container_open_standard_input)
{
    lln_container *file;
    write_two("two");
    int ends[2], saved = dup(STDIN_FILENO);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t writer = fork();
    if (writer == 0) {
        size_t size;
        unsigned char *bytes = make_two(&size);
        for (size_t i = 0; i < size; i += 50)
            if (write(ends[1], bytes + i, i + 50 < size ? 50 : size - i) < 0)
                _exit(1);
        _exit(0);
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    for (int round = 0; round < 2; round++) {
        expect_ok(lln_container_open("-", &file));
        ck_assert_str_eq(lln_container_name(file), "standard input");
        lln_tensor t = read_key(file, "q");
        ck_assert(lln_tensor_get(&t, 0) == 2.385);
        lln_container_release(file, 0);
        t = read_key(file, "q");
        ck_assert(lln_tensor_get(&t, 1) == -0.07);
        lln_container_close(file);
        dup2(open("two", O_RDONLY), STDIN_FILENO);
    }
    waitpid(writer, NULL, 0);
    dup2(saved, STDIN_FILENO);
}
END_TEST

/* Beginnings of files, and the messages when a pipe has no end. */
static const struct {
    const char *start;
    size_t length;
    const char *message;
} endless[] = {
    {"q,k\n", 4, "standard input: not a .npy, .npz or .safetensors file"},
    {"\x93NUMPY\1\0\x46\0{'descr': '<f8', 'fortran_order': False, "
     "'shape': (1000, 1000)}         \n",
     80,
     "standard input: trailing bytes: 8000001 bytes of data, expected "
     "8000000"},
    {"\x93NUMPY\1\0\x46\0{'descr': '<i8', 'fortran_order': False, "
     "'shape': (1000, 1000)}         \n",
     80, NULL},
    {"\xff\xff\xff\xff\xff\xff\xff\xff{", 9,
     "standard input: header of 18446744073709551615 bytes; expected at most "
     "100000000"},
    {"\x3f\0\0\0\0\0\0\0{\"q\":{\"dtype\":\"F64\",\"shape\":[30000],"
     "\"data_offsets\":[0,240000]}}",
     71,
     "standard input: trailing bytes: 240001 bytes of data, expected "
     "240000"},
};

/* No more is read than the header of the file claims. */
START_TEST(container_open_endless)
{
    static const char zeros[4096];
    lln_container *file = NULL;
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t writer = fork();
    if (writer == 0) {
        close(ends[0]);
        ssize_t put = write(ends[1], endless[_i].start, endless[_i].length);
        while (put > 0)
            put = write(ends[1], zeros, sizeof zeros);
        _exit(1);
    }
    close(ends[1]);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    if (endless[_i].message) {
        expect_status(lln_container_open("-", &file), LLN_EFORMAT);
        ck_assert_str_eq(lln_error_message(), endless[_i].message);
    } else {
        expect_ok(lln_container_open("-", &file));
        ck_assert_ptr_nonnull(lln_container_entry_at(file, 0).unreadable);
    }
    lln_container_close(file);
    close(STDIN_FILENO);
    ck_assert_int_eq(waitpid(writer, &status, 0), writer);
    ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}
END_TEST

START_TEST(container_find_keys)
{
    lln_container *file;
    size_t index;
    write_two("two");
    expect_ok(lln_container_open("two", &file));
    expect_ok(lln_container_find(file, "q", &index));
    ck_assert_uint_eq(index, 0);
    expect_ok(lln_container_find(file, "k", &index));
    ck_assert_uint_eq(index, 1);
    expect_status(lln_container_find(file, "v\n", &index), LLN_EFORMAT);
    ck_assert_str_eq(
        lln_error_message(),
        "two: key 'v\\x0a': no such array; the file contains q, k");
    ck_assert_uint_eq(index, 1);
    lln_container_close(file);
}
END_TEST

/* The list of keys in the message is cut, and says so. */
START_TEST(container_find_many)
{
    char header[5000] = "{", *at = header + 1;
    size_t size, index;
    lln_container *file;
    for (int i = 0; i < 60; i++)
        at += sprintf(at,
                      "%s\"layer.%d\":{\"dtype\":\"F32\",\"shape\":[1],"
                      "\"data_offsets\":[%d,%d]}",
                      i ? "," : "", i, 4 * i, 4 * i + 4);
    strcpy(at, "}");
    const float data[60] = {0};
    unsigned char *bytes = make_safetensors(header, data, sizeof data, &size);
    expect_ok(parse_file(bytes, size, &file));
    expect_status(lln_container_find(file, "q", &index), LLN_EFORMAT);
    const char *message = lln_error_message(),
               *start = "x: key 'q': no such array; the file contains layer.0, "
                        "layer.1, layer.2, ";
    ck_assert_int_eq(strncmp(message, start, strlen(start)), 0);
    ck_assert_str_eq(message + strlen(message) - 5, ", ...");
    lln_container_close(file);
    free(bytes);
}
END_TEST

/* Pages of a mapped file that were given back are read again. */
START_TEST(container_release_mapped)
{
    enum { COUNT = 100000 };
    double *data = malloc(COUNT * sizeof *data);
    lln_container *file;
    lln_tensor t;
    for (int i = 0; i < COUNT; i++)
        data[i] = i + 0.385;
    write_doubles("q.npy", "(100000,)", data, COUNT);
    expect_ok(lln_container_open("q.npy", &file));
    for (int round = 0; round < 2; round++) {
        expect_ok(lln_container_read(file, 0, &t));
        for (size_t i = 0; i < COUNT; i += 999)
            ck_assert(lln_tensor_get(&t, i) == (double)i + 0.385);
        lln_container_release(file, 0);
    }
    lln_container_close(file);
    free(data);
}
END_TEST

START_TEST(container_close_null)
{
    lln_container_close(NULL);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("container");
    TCase *container = tcase_create("container");
    tcase_add_checked_fixture(container, enter_folder, remove_folder);
    tcase_add_test(container, container_open_npy);
    tcase_add_loop_test(container, container_entry_unreadable, 0,
                        sizeof unreadable / sizeof *unreadable);
    tcase_add_test(container, container_open_nothing);
    tcase_add_test(container, container_open_standard_input);
    tcase_add_loop_test(container, container_open_endless, 0,
                        sizeof endless / sizeof *endless);
    tcase_add_test(container, container_find_keys);
    tcase_add_test(container, container_find_many);
    tcase_add_test(container, container_release_mapped);
    tcase_add_test(container, container_close_null);
    suite_add_tcase(suite, container);
    return run_suite(suite);
}
