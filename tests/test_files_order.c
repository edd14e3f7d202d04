/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Which of several errors in a file is reported: the first in order, on any
 * number of threads. */
#include "heads/files.h"

#include <math.h>
#include <omp.h>

#include "tensor_file.h"
#include "zip_file.h"

enum { HEADS = 12, TOKENS = 64, FEATURES = 64, ROUNDS = 5, MOST = 3 };
enum { HEAD = TOKENS * FEATURES, COUNT = HEADS * HEAD };

static const char *const names[] = {"q.npy", "k.npy", "v.npy"};

/* Entry (2, 3) of this head of this array is not finite. */
typedef struct {
    int array, head;
} bad_value;

static const struct {
    bad_value bad[MOST];
    int damaged[MOST]; /* arrays whose checksum does not match */
    size_t values, arrays;
    const char *message;
} cases[] = {
    {{{0, 11}, {0, 7}, {0, 9}}, {0}, 3, 0, "q': head 7, row 2, column 3: nan"},
    {{{0, 6}, {1, 5}, {2, 7}}, {0}, 3, 0, "k': head 5, row 2, column 3: nan"},
    {{{2, 4}, {1, 4}, {0, 4}}, {0}, 3, 0, "q': head 4, row 2, column 3: nan"},
    {{{2, 1}, {1, 2}, {0, 8}}, {0}, 3, 0, "v': head 1, row 2, column 3: nan"},
    /* Arrays are read before values are checked; keys before queries. */
    {{{0, 0}}, {1, 0}, 1, 2, "k': damaged: checksum"},
    {{{0, 0}}, {0, 1, 2}, 1, 3, "v': damaged: checksum"},
    {{{0, 0}}, {0}, 1, 1, "q': damaged: checksum"},
};

static void write_file(int number, bool deflated)
{
    zip_member members[MOST];
    float *data = malloc(COUNT * sizeof *data);
    ck_assert_ptr_nonnull(data);
    for (int a = 0; a < MOST; a++) {
        char header[120];
        size_t size;
        for (int i = 0; i < COUNT; i++)
            data[i] = (float)(a + i % 7) + 0.375f;
        for (size_t b = 0; b < cases[number].values; b++)
            if (cases[number].bad[b].array == a)
                data[cases[number].bad[b].head * HEAD + 2 * FEATURES + 3] = NAN;
        sprintf(header,
                "{'descr': '<f4', 'fortran_order': False, 'shape': (%d,%d,%d)}",
                HEADS, TOKENS, FEATURES);
        members[a] = (zip_member){.name = names[a], .deflated = deflated};
        members[a].data =
            make_npy(1, header, data, COUNT * sizeof *data, &size);
        members[a].size = size;
    }
    free(data);
    zip_file zip = make_zip(members, MOST, false, "", "");
    for (size_t d = 0; d < cases[number].arrays; d++) {
        const zip_member *m = &members[cases[number].damaged[d]];
        zip.bytes[m->local + 14] ^= 1; /* the checksum */
        zip.bytes[m->central + 16] ^= 1;
    }
    write_bytes("x.npz", zip.bytes, zip.size);
    free(zip.bytes);
    for (int a = 0; a < MOST; a++)
        free((void *)members[a].data);
}

START_TEST(files_order_of_errors)
{
    lln_files files = {.file = "x.npz", .values = true, .layout = "hnd"};
    files.rule.scale = NAN;
    char expected[100];
    snprintf(expected, sizeof expected, "x.npz: key '%s",
             cases[_i / 2].message);
    write_file(_i / 2, _i % 2);
    for (int round = 0; round < ROUNDS; round++) {
        lln_heads heads = {0};
        expect_status(lln_files_open(&files, &heads), LLN_EFORMAT);
        ck_assert_msg(
            strncmp(lln_error_message(), expected, strlen(expected)) == 0,
            "%s, not %s", lln_error_message(), expected);
    }
}
END_TEST

int main(void)
{
    omp_set_num_threads(4);
    Suite *suite = suite_create("files_order");
    TCase *errors = tcase_create("errors");
    tcase_add_checked_fixture(errors, enter_folder, remove_folder);
    tcase_add_loop_test(errors, files_order_of_errors, 0,
                        2 * (int)(sizeof cases / sizeof *cases));
    suite_add_tcase(suite, errors);
    return run_suite(suite);
}
