/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Images of 2 x 4 pixels, in patches of 2 x 2. Pixel p of image i of a file of
 * `count` images is (7 i + p) % 11, its label i % 3. */
#include "train/images.h"

#include "expect.h"
#include "idx_file.h"

enum { ROWS = 2, COLUMNS = 4, PIXELS = ROWS * COLUMNS, MOST = 40 };

/* The file that was made last. */
static unsigned char pixels[MOST * PIXELS], labels[MOST];

static void make_pixels(size_t count)
{
    for (size_t i = 0; i < count; i++) {
        labels[i] = (unsigned char)(i % 3);
        for (size_t p = 0; p < PIXELS; p++)
            pixels[i * PIXELS + p] = (unsigned char)((7 * i + p) % 11);
    }
}

static void write_images(const char *path, unsigned count)
{
    write_idx(path, 3, (unsigned[]){count, ROWS, COLUMNS}, pixels,
              count * PIXELS);
}

static void write_labels(const char *path, unsigned count)
{
    write_idx(path, 1, &count, labels, count);
}

static void write_pair(unsigned count)
{
    make_pixels(count);
    write_images("x", count);
    write_labels("y", count);
}

static void write_test_pair(unsigned count)
{
    make_pixels(MOST);
    memmove(pixels, pixels + 20 * PIXELS, count * PIXELS);
    memmove(labels, labels + 20, count);
    write_images("tx", count);
    write_labels("ty", count);
}

static const lln_images_options one_file = {
    .images = "x", .labels = "y", .patch = 2, .classes = 3};
static const lln_images_options two_files = {.images = "x",
                                             .labels = "y",
                                             .test_images = "tx",
                                             .test_labels = "ty",
                                             .patch = 2,
                                             .classes = 3};

static void open_both(const lln_images_options *options, size_t count,
                      lln_task *task, lln_examples *examples)
{
    expect_ok(lln_images_open(options, task));
    expect_ok(lln_examples_alloc(&task->shape, count, examples));
}

static void close_both(lln_task *task, lln_examples *examples)
{
    lln_examples_free(examples);
    lln_task_close(task);
}

/* Pixel (row, column) of image i, from the patches of example `at`. */
static double get_pixel(const lln_examples *examples, size_t at, size_t row,
                        size_t column)
{
    size_t patch = column / 2, inside = 2 * row + column % 2;
    return (double)examples->values[at * PIXELS + patch * 4 + inside];
}

static void moments_of(size_t count, double *mean, double *deviation)
{
    double sum = 0, square = 0, all = (double)(count * PIXELS);
    make_pixels(count);
    for (size_t i = 0; i < count * PIXELS; i++)
        sum += pixels[i];
    for (size_t i = 0; i < count * PIXELS; i++)
        square += pow(pixels[i] - sum / all, 2);
    *mean = sum / all;
    *deviation = sqrt(square / all);
}

/* Example `at` is image `image`, standardised by the moments of the first
 * `count` images. */
static void expect_image(const lln_examples *examples, size_t at, size_t image,
                         size_t count)
{
    double mean, deviation;
    moments_of(count, &mean, &deviation);
    for (size_t p = 0; p < PIXELS; p++)
        expect_absolute(get_pixel(examples, at, p / COLUMNS, p % COLUMNS),
                        ((double)((7 * image + p) % 11) - mean) / deviation,
                        1e-6);
    ck_assert_int_eq(examples->answers[at], (int32_t)(image % 3));
}

START_TEST(images_two_files)
{
    lln_task task;
    lln_examples examples;
    lln_images_options o = two_files;
    write_pair(20);
    write_test_pair(9);
    open_both(&o, 9, &task, &examples);
    ck_assert_uint_eq(task.shape.tokens, 2);
    ck_assert_uint_eq(task.shape.input_size, 4);
    ck_assert_uint_eq(task.shape.classes, 3);
    ck_assert(!task.shape.per_token && !task.shape.causal);
    ck_assert(task.train_count == 20 && task.test_count == 9);
    task.test(&task, 0, &examples);
    for (size_t i = 0; i < 9; i++)
        expect_image(&examples, i, 20 + i, 20);
    close_both(&task, &examples);
    o.train = 12;
    o.test = 5;
    open_both(&o, 3, &task, &examples);
    ck_assert(task.train_count == 12 && task.test_count == 5);
    task.test(&task, 2, &examples);
    expect_image(&examples, 0, 22, 12);
    expect_image(&examples, 2, 24, 12);
    close_both(&task, &examples);
}
END_TEST

START_TEST(images_one_file)
{
    lln_task task;
    lln_examples examples;
    lln_images_options o = one_file;
    write_pair(35);
    open_both(&o, 3, &task, &examples);
    ck_assert(task.train_count == 32 && task.test_count == 3);
    task.test(&task, 0, &examples);
    for (size_t i = 0; i < 3; i++)
        expect_image(&examples, i, 32 + i, 32);
    close_both(&task, &examples);
    o.train = 10;
    o.test = 8;
    o.classes = 5;
    open_both(&o, 1, &task, &examples);
    ck_assert(task.train_count == 10 && task.test_count == 8);
    ck_assert_uint_eq(task.shape.classes, 5);
    task.test(&task, 1, &examples);
    expect_image(&examples, 0, 28, 10);
    close_both(&task, &examples);
}
END_TEST

/* The number of the image among `count` that example `at` shows. Images i and
 * i + 11 are equal, but for their labels. */
static size_t find_image(const lln_examples *examples, size_t at, size_t count)
{
    double mean, deviation;
    moments_of(count, &mean, &deviation);
    double first = get_pixel(examples, at, 0, 0) * deviation + mean;
    for (size_t i = 0; i < count; i++)
        if (7 * i % 11 == (size_t)lround(first) &&
            (int32_t)(i % 3) == examples->answers[at])
            return i;
    ck_abort_msg("no such image");
    return 0;
}

/* The order of an epoch: 4 batches of 7, 2 of 30 images are left out. */
static void list_epoch(const lln_task *task, uint64_t seed, size_t epoch,
                       lln_examples *examples, size_t order[28])
{
    for (size_t step = 0; step < 4; step++) {
        task->batch(task, seed, epoch * 4 + step, examples);
        for (size_t i = 0; i < 7; i++)
            order[step * 7 + i] = find_image(examples, i, 30);
    }
}

START_TEST(batches_permuted)
{
    enum { EPOCHS = 4, USED = 28 };
    static const uint64_t seeds[EPOCHS] = {1, 1, 2, 1};
    static const size_t epochs[EPOCHS] = {0, 1, 0, 0};
    size_t order[EPOCHS][USED];
    lln_task task;
    lln_examples examples;
    lln_images_options o = one_file;
    write_pair(32);
    o.train = 30;
    o.test = 2;
    open_both(&o, 7, &task, &examples);
    for (size_t e = 0; e < EPOCHS; e++) {
        bool seen[30] = {false};
        list_epoch(&task, seeds[e], epochs[e], &examples, order[e]);
        for (size_t i = 0; i < USED; i++) {
            ck_assert(!seen[order[e][i]]);
            seen[order[e][i]] = true;
        }
    }
    ck_assert_mem_ne(order[0], order[1], sizeof *order);
    ck_assert_mem_ne(order[0], order[2], sizeof *order);
    ck_assert_mem_eq(order[0], order[3], sizeof *order);
    close_both(&task, &examples);
}
END_TEST

/* float64 images with a channel axis and labels of 8 bytes. */
START_TEST(images_npy)
{
    double values[6 * PIXELS];
    long long numbers[6] = {0, 1, 2, 0, 1, 2};
    lln_task task;
    lln_examples examples;
    make_pixels(6);
    for (size_t i = 0; i < 6 * PIXELS; i++)
        values[i] = pixels[i] / 255.;
    write_doubles("x", "(6, 2, 4, 1)", values, 6 * PIXELS);
    write_npy("y", 1,
              "{'descr': '<i8', 'fortran_order': False, 'shape': (6, "
              "1)}",
              numbers, sizeof numbers);
    open_both(&one_file, 1, &task, &examples);
    ck_assert_uint_eq(task.shape.input_size, 4);
    task.test(&task, 0, &examples);
    expect_image(&examples, 0, 5, 5); /* the scale has no effect */
    close_both(&task, &examples);
    /* The same numbers as 4 pixels of 2 channels. */
    write_doubles("x", "(6, 2, 2, 2)", values, 6 * PIXELS);
    open_both(&one_file, 1, &task, &examples);
    ck_assert(task.shape.tokens == 1 && task.shape.input_size == 8);
    task.test(&task, 0, &examples);
    double mean, deviation;
    moments_of(5, &mean, &deviation);
    for (size_t p = 0; p < PIXELS; p++)
        expect_absolute((double)examples.values[p],
                        ((double)((35 + p) % 11) - mean) / deviation, 1e-6);
    close_both(&task, &examples);
}
END_TEST

static void expect_failure(const lln_images_options *options, lln_status status,
                           const char *message)
{
    lln_task task;
    expect_status(lln_images_open(options, &task), status);
    ck_assert_str_eq(lln_error_message(), message);
    lln_task_close(&task);
}

START_TEST(images_refused)
{
    lln_images_options o = one_file;
    write_pair(12);
    write_labels("y", 11);
    expect_failure(&o, LLN_EFORMAT, "y: 11 labels, but x has 12 images");
    labels[7] = 11;
    write_labels("y", 12);
    o.classes = 10;
    expect_failure(&o, LLN_EFORMAT,
                   "y: the label of image 7, counted from 0, is 11; expected "
                   "a whole number from 0 to 9");
    labels[7] = 0;
    write_labels("y", 12);
    o.patch = 3;
    expect_failure(&o, LLN_EFORMAT,
                   "x: images of 2 x 4; patches of 3 x 3 do not divide them");
    o.patch = 2;
    o.train = 11;
    o.test = 2;
    expect_failure(&o, LLN_EFORMAT,
                   "x: 12 images; expected at least 13: 11 to train on "
                   "(--train), 2 held out (--test)");
    expect_failure(&(lln_images_options){.images = "y", .labels = "y"},
                   LLN_EFORMAT,
                   "y: shape (12,); expected images [count x rows x columns] "
                   "or [count x rows x columns x channels]");
    expect_failure(&(lln_images_options){.images = "x", .labels = "x"},
                   LLN_EFORMAT, "x: shape (12, 2, 4); expected labels [count]");
    expect_failure(&(lln_images_options){.images = ".", .labels = "y"}, LLN_EIO,
                   ".: Is a directory; name a file in it");
    write_idx("x", 4, (unsigned[]){3, 4, 1, 8}, pixels, 12 * PIXELS);
    expect_failure(&one_file, LLN_EFORMAT,
                   "x: shape (3, 4, 1, 8); expected channels last, [count x "
                   "rows x columns x channels], but axis 1 seems to have them");
    memset(pixels, 9, sizeof pixels);
    write_images("x", 12);
    expect_failure(&one_file, LLN_EFORMAT, "x: all pixels are equal");
}
END_TEST

START_TEST(images_refused_tests)
{
    lln_images_options o = two_files;
    write_test_pair(9);
    labels[8] = 3;
    write_labels("ty", 9);
    write_pair(20);
    expect_failure(&o, LLN_EFORMAT,
                   "ty: the label of image 8, counted from 0, is 3; expected "
                   "a whole number from 0 to 2");
    write_test_pair(9);
    o.test = 10;
    expect_failure(&o, LLN_EFORMAT,
                   "tx: 9 images; expected at least 10 (--test)");
    o.test = 0;
    o.train = 21;
    expect_failure(&o, LLN_EFORMAT,
                   "x: 20 images; expected at least 21 (--train)");
    write_idx("tx", 3, (unsigned[]){9, 4, 2}, pixels, 9 * PIXELS);
    expect_failure(&o, LLN_EFORMAT,
                   "tx: shape (9, 4, 2), but x has (20, 2, 4); expected "
                   "images of the same size");
    double values[9 * PIXELS] = {1};
    write_doubles("tx", "(9, 2, 4)", values, 9 * PIXELS);
    expect_failure(&o, LLN_EFORMAT,
                   "tx and x have different types; expected pixels of the "
                   "same scale");
}
END_TEST

START_TEST(images_refused_numbers)
{
    double values[2 * PIXELS] = {0, 1, 2}, numbers[2] = {1, 0.5};
    write_doubles("y", "(2,)", numbers, 2);
    values[13] = NAN;
    write_doubles("x", "(2, 2, 4)", values, 2 * PIXELS);
    expect_failure(&one_file, LLN_EFORMAT,
                   "y: the label of image 1, counted from 0, is 0.5; expected "
                   "a whole number from 0 to 2");
    numbers[1] = 0;
    write_doubles("y", "(2,)", numbers, 2);
    expect_failure(&one_file, LLN_EFORMAT,
                   "x: entry (1, 1, 1): nan; expected finite numbers");
    values[13] = 1e39;
    write_doubles("x", "(2, 2, 4)", values, 2 * PIXELS);
    expect_failure(&one_file, LLN_EFORMAT,
                   "x: entry (1, 1, 1): 1e+39; expected numbers within the "
                   "range of float32");
}
END_TEST

/* The sizes of the real data and the last label, as `zcat | od` prints it, if
 * Debian's package dataset-fashion-mnist is installed. */
START_TEST(images_fashion)
{
#define FASHION "/usr/share/datasets/fashion-mnist/"
    lln_images_options o = {FASHION "t10k-images-idx3-ubyte.gz",
                            FASHION "t10k-labels-idx1-ubyte.gz",
                            .patch = 4,
                            .train = 100,
                            .test = 100,
                            .classes = 10};
    lln_task task;
    lln_examples examples;
    if (access(o.images, R_OK) != 0)
        return;
    open_both(&o, 100, &task, &examples);
    ck_assert_uint_eq(task.shape.tokens, 49);
    ck_assert_uint_eq(task.shape.input_size, 16);
    ck_assert_uint_eq(task.shape.classes, 10);
    task.test(&task, 0, &examples);
    ck_assert_int_eq(examples.answers[99], 5); /* the last label */
    close_both(&task, &examples);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("images");
    TCase *open = tcase_create("lln_images_open");
    tcase_add_checked_fixture(open, enter_folder, remove_folder);
    tcase_add_test(open, images_two_files);
    tcase_add_test(open, images_one_file);
    tcase_add_test(open, batches_permuted);
    tcase_add_test(open, images_npy);
    tcase_add_test(open, images_refused);
    tcase_add_test(open, images_refused_tests);
    tcase_add_test(open, images_refused_numbers);
    tcase_add_test(open, images_fashion);
    suite_add_tcase(suite, open);
    return run_suite(suite);
}
