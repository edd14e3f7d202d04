/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Files that Debian's python3-numpy writes are read, and numpy reads what is
 * written. Without numpy nothing is tested, and a message says so. */
#include "npz_file.h"
#include "tensor/half.h"
#include "tensor/writer.h"

/* Runs Python in the folder of the test; it must succeed. */
static void python(const char *program)
{
    FILE *file = fopen("program.py", "w");
    ck_assert_ptr_nonnull(file);
    fprintf(file, "import numpy as np\n%s", program);
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_msg(system("/usr/bin/python3 program.py") == 0, "%s", program);
}

/* x[i, j] = (3 i + j - 9) 2.385, 5 x 3, in three dtypes and two orders; an
 * array long enough for deflate to matter; arrays that are not read. */
static const char make_files[] =
    "x = (np.arange(15.).reshape(5, 3) - 9) * 2.385\n"
    "arrays = {'f8': x, 'f4': x.astype('>f4'), 'f2': x.astype('f2'),\n"
    "          'fortran': np.asfortranarray(x), 'one': x[3, 1],\n"
    "          'layers/0/long': np.tile(x, (20000, 1)),\n"
    "          'i8': np.arange(3), 'object': np.array([{}, None])}\n"
    "np.savez('stored.npz', **arrays)\n"
    "np.savez_compressed('deflated.npz', **arrays)\n"
    "np.save('x.npy', x)\n";

static double element(size_t i, size_t j)
{
    return ((double)(3 * i + j) - 9) * 2.385;
}

static void expect_array(lln_container *file, const char *key, size_t rows,
                         lln_dtype dtype)
{
    lln_tensor t = read_key(file, key);
    ck_assert(t.axes == 2 && t.shape[0] == rows && t.shape[1] == 3);
    ck_assert_int_eq(t.dtype, dtype);
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < 3; j++) {
            double x = element(i % 5, j);
            if (dtype == LLN_DTYPE_F32)
                x = (float)x;
            if (dtype == LLN_DTYPE_F16)
                x = lln_half_to_float(lln_half_from_double(x));
            ck_assert(lln_tensor_get(&t, i * t.strides[0] + j * t.strides[1]) ==
                      x);
        }
}

START_TEST(numpy_read)
{
    lln_container *file;
    size_t index;
    lln_tensor t;
    python(make_files);
    expect_ok(lln_container_open(_i ? "deflated.npz" : "stored.npz", &file));
    ck_assert_uint_eq(lln_container_count(file), 8);
    expect_array(file, "f8", 5, LLN_DTYPE_F64);
    expect_array(file, "f4", 5, LLN_DTYPE_F32);
    expect_array(file, "f2", 5, LLN_DTYPE_F16);
    expect_array(file, "fortran", 5, LLN_DTYPE_F64);
    expect_array(file, "layers/0/long", 100000, LLN_DTYPE_F64);
    t = read_key(file, "one");
    ck_assert(t.axes == 0 && lln_tensor_get(&t, 0) == element(3, 1));
    expect_ok(lln_container_find(file, "i8", &index));
    expect_status(lln_container_read(file, index, &t), LLN_EFORMAT);
    expect_ok(lln_container_find(file, "object", &index));
    expect_status(lln_container_read(file, index, &t), LLN_EFORMAT);
    lln_container_close(file);
    expect_ok(lln_container_open("x.npy", &file));
    expect_array(file, "", 5, LLN_DTYPE_F64);
    lln_container_close(file);
}
END_TEST

START_TEST(numpy_write)
{
    const lln_writer_entry entries[] = {{"f8", LLN_DTYPE_F64, 2, {5, 3}},
                                        {"f4", LLN_DTYPE_F32, 2, {5, 3}},
                                        {"f2", LLN_DTYPE_F16, 2, {5, 3}},
                                        {"\xc3\xa9", LLN_DTYPE_F16, 0, {0}}};
    const char *paths[] = {"o.npy", "o.npz"};
    double data[15];
    for (size_t i = 0; i < 15; i++)
        data[i] = element(i / 3, i % 3);
    for (int format = LLN_WRITER_NPY; format <= LLN_WRITER_NPZ; format++) {
        size_t count = format == LLN_WRITER_NPY ? 1 : 4;
        FILE *out = fopen(paths[format], "wb");
        lln_writer *writer;
        expect_ok(lln_writer_open(out, format, entries, count, &writer));
        for (size_t i = 0; i < count; i++)
            expect_ok(lln_writer_append(
                writer, (lln_matrix){LLN_FLOAT64, 1, i < 3 ? 15 : 1, data}));
        expect_ok(lln_writer_finish(writer));
        lln_writer_free(writer);
        ck_assert_int_eq(fclose(out), 0);
    }
    python("x = (np.arange(15.).reshape(5, 3) - 9) * 2.385\n"
           "assert (np.load('o.npy') == x).all()\n"
           "z = np.load('o.npz')\n"
           "assert z.files == ['f8', 'f4', 'f2', '\\xe9']\n"
           "for t in 'f8', 'f4', 'f2':\n"
           "    assert z[t].dtype == t and (z[t] == x.astype(t)).all()\n"
           "assert z['\\xe9'].shape == () and z['\\xe9'] == np.half(x[0, 0])\n"
           "assert z.zip.testzip() is None\n");
}
END_TEST

int main(void)
{
    if (system("/usr/bin/python3 -c 'import numpy' 2> /dev/null") != 0) {
        puts("numpy: skipped, there is no python3-numpy");
        return EXIT_SUCCESS;
    }
    Suite *suite = suite_create("numpy");
    TCase *numpy = tcase_create("numpy");
    tcase_add_checked_fixture(numpy, enter_folder, remove_folder);
    tcase_add_loop_test(numpy, numpy_read, 0, 2);
    tcase_add_test(numpy, numpy_write);
    tcase_set_timeout(numpy, 60);
    suite_add_tcase(suite, numpy);
    return run_suite(suite);
}
