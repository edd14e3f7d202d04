/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The heads of the sample in every format: float32 gives the same values to the
 * last bit, 16-bit types within their rounding. */
#include "cases.h"
#include "heads/files.h"
#include "heads/temperature.h"
#include "measure/entropy.h"
#include "measure/spectrum.h"
#include "named_file.h"
#include "tensor/writer.h"
#include "zip_file.h"

enum { LAYERS = 2, HEADS = 2, TOKENS = 256, FEATURES = 64, ARRAYS = 4 };
enum { MATRIX = TOKENS * FEATURES, ARRAY = HEADS * MATRIX };

static const char *const keys[] = {"layers.0.q", "layers.0.k", "layers.3.q",
                                   "layers.3.k"};

/* The float32 values that all files contain: those of the sample, which are
 * float16, times 1.1. */
static float numbers[ARRAYS][ARRAY];

/* Entropy, D2 and |lambda2| of each head. */
typedef struct {
    double entropy, variance, lambda2;
} figures;

static figures expected[LAYERS * HEADS];

static lln_heads open_files(lln_files files)
{
    lln_heads heads = {0};
    files.rule.scale = NAN;
    expect_ok(lln_files_open(&files, &heads));
    ck_assert_uint_eq(heads.count, LAYERS * HEADS);
    return heads;
}

static figures measure_head(const lln_head *head)
{
    figures f;
    lln_entropy entropy;
    lln_spectrum spectrum;
    lln_attention attention;
    lln_kernel_choice softmax;
    lln_spectrum_options options = {.eigenvalues = 2};
    case_open(head, "softmax", &attention);
    expect_ok(lln_entropy_measure(&attention, NULL, TOKENS, &entropy, NULL));
    expect_ok(lln_kernel_parse("softmax", &softmax));
    expect_ok(lln_spectrum_measure_head(&softmax, head, &options, &spectrum));
    expect_ok(lln_temperature_variance(head, &f.variance));
    f.entropy = entropy.entropy;
    f.lambda2 = spectrum.lambda2;
    lln_spectrum_free(&spectrum);
    lln_attention_close(&attention);
    return f;
}

static void measure_files(lln_files files, figures out[LAYERS * HEADS])
{
    lln_heads heads = open_files(files);
    for (size_t i = 0; i < heads.count; i++) {
        lln_head head = {0};
        expect_ok(heads.load(&heads, i, NAN, LLN_FLOAT32, &head));
        out[i] = measure_head(&head);
        lln_head_free(&head);
    }
    lln_heads_close(&heads);
}

/* Runs once, in the folder of the tree, before the tests change to their own
 * folders. */
static void read_sample(void)
{
    lln_container *file;
    expect_ok(lln_container_open("tests/data/encoder.safetensors", &file));
    for (size_t a = 0; a < ARRAYS; a++) {
        lln_tensor tensor = read_key(file, keys[a]);
        ck_assert_uint_eq(lln_tensor_count(&tensor), ARRAY);
        for (size_t i = 0; i < ARRAY; i++)
            numbers[a][i] = (float)(1.1 * lln_tensor_get(&tensor, i));
    }
    lln_container_close(file);
}

/* The arrays of a layer under their names. */
static void write_arrays(FILE *out, lln_writer_format format, lln_dtype dtype,
                         size_t first, size_t count)
{
    lln_writer_entry entries[ARRAYS] = {0};
    lln_writer *writer;
    for (size_t a = 0; a < count; a++)
        entries[a] = (lln_writer_entry){
            keys[first + a], dtype, 3, {HEADS, TOKENS, FEATURES}};
    expect_ok(lln_writer_open(out, format, entries, count, &writer));
    for (size_t a = 0; a < count; a++)
        expect_ok(lln_writer_append(
            writer, (lln_matrix){LLN_FLOAT32, 1, ARRAY, numbers[first + a]}));
    expect_ok(lln_writer_finish(writer));
    lln_writer_free(writer);
    ck_assert_int_eq(fclose(out), 0);
}

static void write_file(const char *path, lln_dtype dtype)
{
    lln_writer_format format;
    expect_ok(lln_writer_find_format(path, &format));
    write_arrays(fopen(path, "wb"), format, dtype, 0, ARRAYS);
}

/* Queries or keys of both layers as one .npy file. */
static void write_npy_of(const char *path, size_t role)
{
    lln_writer_entry entry = {
        path, LLN_DTYPE_F32, 4, {LAYERS, HEADS, TOKENS, FEATURES}};
    lln_writer *writer;
    FILE *out = fopen(path, "wb");
    expect_ok(lln_writer_open(out, LLN_WRITER_NPY, &entry, 1, &writer));
    for (size_t a = role; a < ARRAYS; a += 2)
        expect_ok(lln_writer_append(
            writer, (lln_matrix){LLN_FLOAT32, 1, ARRAY, numbers[a]}));
    expect_ok(lln_writer_finish(writer));
    lln_writer_free(writer);
    ck_assert_int_eq(fclose(out), 0);
}

static void write_deflated(const char *path)
{
    zip_member members[ARRAYS];
    char names[ARRAYS][32], *bytes[ARRAYS];
    for (size_t a = 0; a < ARRAYS; a++) {
        size_t size;
        FILE *out = open_memstream(&bytes[a], &size);
        write_arrays(out, LLN_WRITER_NPY, LLN_DTYPE_F32, a, 1);
        sprintf(names[a], "%s.npy", keys[a]);
        members[a] = (zip_member){names[a], bytes[a], size, .deflated = true};
    }
    zip_file file = make_zip(members, ARRAYS, false, "", "");
    write_bytes(path, file.bytes, file.size);
    free(file.bytes);
    for (size_t a = 0; a < ARRAYS; a++)
        free(bytes[a]);
}

/* bfloat16 is the upper half of a float, here rounded to nearest even. */
static uint16_t to_bf16(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return (uint16_t)((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

static void write_bf16(const char *path)
{
    char header[1000] = "{";
    size_t size;
    uint16_t *data = malloc(sizeof(uint16_t[ARRAYS][ARRAY]));
    for (size_t a = 0; a < ARRAYS; a++) {
        sprintf(header + strlen(header),
                "%s\"%s\":{\"dtype\":\"BF16\",\"shape\":[%d,%d,%d],"
                "\"data_offsets\":[%zu,%zu]}",
                a ? "," : "", keys[a], HEADS, TOKENS, FEATURES, a * 2 * ARRAY,
                (a + 1) * 2 * ARRAY);
        for (size_t i = 0; i < ARRAY; i++)
            data[a * ARRAY + i] = to_bf16(numbers[a][i]);
    }
    strcat(header, "}");
    unsigned char *file =
        make_safetensors(header, data, ARRAYS * 2 * ARRAY, &size);
    write_bytes(path, file, size);
    free(file);
    free(data);
}

static void set_up(void)
{
    enter_folder();
    write_file("x.safetensors", LLN_DTYPE_F32);
    measure_files((lln_files){.file = "x.safetensors", .layout = "hnd"},
                  expected);
}

static const struct {
    const char *path; /* the last letters are the format */
    lln_dtype dtype;
} exact[] = {
    {"f32.npz", LLN_DTYPE_F32},         {"f64.npz", LLN_DTYPE_F64},
    {"f64.safetensors", LLN_DTYPE_F64}, {"deflated", LLN_DTYPE_F32},
    {"q.npy", LLN_DTYPE_F32},
};

START_TEST(formats_exact)
{
    figures found[LAYERS * HEADS];
    const char *path = exact[_i].path;
    lln_files files = {.file = path, .layout = "hnd"};
    if (strcmp(path, "deflated") == 0) {
        write_deflated(path);
    } else if (strcmp(path, "q.npy") == 0) {
        write_npy_of("q.npy", 0);
        write_npy_of("k.npy", 1);
        files = (lln_files){.q = path, .k = "k.npy", .layout = "lhnd"};
    } else {
        write_file(path, exact[_i].dtype);
    }
    measure_files(files, found);
    /* Float64 files are computed in float64. */
    double tolerance = exact[_i].dtype == LLN_DTYPE_F64 ? 1e-5 : 0;
    for (size_t i = 0; i < LAYERS * HEADS; i++) {
        expect_relative(found[i].entropy, expected[i].entropy, tolerance);
        expect_relative(found[i].variance, expected[i].variance, tolerance);
        expect_relative(found[i].lambda2, expected[i].lambda2, tolerance);
    }
}
END_TEST

static void expect_near(const figures *found, double entropy, double variance,
                        double lambda2)
{
    for (size_t i = 0; i < LAYERS * HEADS; i++) {
        expect_relative(found[i].entropy, expected[i].entropy, entropy);
        expect_relative(found[i].variance, expected[i].variance, variance);
        expect_relative(found[i].lambda2, expected[i].lambda2, lambda2);
    }
}

/* Values have relative errors of up to 2^-11; found: 3e-5, 2e-5 and 4e-5. */
START_TEST(formats_float16)
{
    figures found[LAYERS * HEADS], again[LAYERS * HEADS];
    write_file("f16.npz", LLN_DTYPE_F16);
    write_file("f16.safetensors", LLN_DTYPE_F16);
    measure_files((lln_files){.file = "f16.npz", .layout = "hnd"}, found);
    measure_files((lln_files){.file = "f16.safetensors", .layout = "hnd"},
                  again);
    for (size_t i = 0; i < LAYERS * HEADS; i++)
        ck_assert(found[i].entropy == again[i].entropy &&
                  found[i].variance == again[i].variance &&
                  found[i].lambda2 == again[i].lambda2);
    expect_near(found, 1e-4, 5e-5, 1e-4);
}
END_TEST

/* Values have relative errors of up to 2^-8; found: 7e-4, 1.5e-4 and 9.5e-4. */
START_TEST(formats_bfloat16)
{
    figures found[LAYERS * HEADS];
    write_bf16("bf16.safetensors");
    measure_files((lln_files){.file = "bf16.safetensors", .layout = "hnd"},
                  found);
    expect_near(found, 2e-3, 5e-4, 3e-3);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("formats");
    TCase *formats = tcase_create("formats");
    tcase_add_unchecked_fixture(formats, read_sample, NULL);
    tcase_add_checked_fixture(formats, set_up, remove_folder);
    tcase_add_loop_test(formats, formats_exact, 0,
                        (int)(sizeof exact / sizeof *exact));
    tcase_add_test(formats, formats_float16);
    tcase_add_test(formats, formats_bfloat16);
    suite_add_tcase(suite, formats);
    return run_suite(suite);
}
