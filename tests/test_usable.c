/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Archives with arrays and other members: text, settings, pickled objects,
 * scalars. These are not candidates. */
#include <string.h>

#include "heads/bundles.h"
#include "heads/kernel_arrays.h"
#include "npy_file.h"
#include "tensor_file.h"
#include "zip_file.h"

enum { MEMBERS = 8 };

static const struct {
    char letter;
    const char *header;
    size_t bytes;
} kinds[] = {
    {'m', "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3)}", 24},
    {'o', "{'descr': '|O', 'fortran_order': False, 'shape': (2, 3)}", 9},
    {'u', "{'descr': '<U4', 'fortran_order': False, 'shape': (2,)}", 32},
    {'i', "{'descr': '<i8', 'fortran_order': False, 'shape': (2, 3)}", 48},
    {'s', "{'descr': '<f8', 'fortran_order': False, 'shape': ()}", 8},
    {'v', "{'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", 12},
};

/* The bytes of a member: a .npy file of the kind of this letter, or text. */
static unsigned char *make_member(char letter, size_t *size)
{
    static const char zeros[64] = "\x80\4K*.";
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].letter == letter)
            return make_npy(1, kinds[i].header, zeros, kinds[i].bytes, size);
    *size = 2;
    return (unsigned char *)strdup("{}");
}

/* An archive of members such as "m:q.npy". */
static void write_archive(const char *path, const char *const *names)
{
    zip_member members[MEMBERS] = {0};
    unsigned char *bytes[MEMBERS];
    size_t count = 0;
    for (; names[count]; count++) {
        zip_member *m = &members[count];
        bytes[count] = make_member(names[count][0], &m->size);
        m->name = names[count] + 2;
        m->data = bytes[count];
        m->deflated = count % 2;
    }
    zip_file zip = make_zip(members, (int)count, false, "", "");
    write_bytes(path, zip.bytes, zip.size);
    free(zip.bytes);
    for (size_t i = 0; i < count; i++)
        free(bytes[i]);
}

static const struct {
    const char *names[MEMBERS];
    bool two_files;
    const char *queries, *message; /* the first; NULL if it is refused */
} archives[] = {
    {{"m:q.npy", "m:k.npy", "t:query.json", "t:key.json", "t:q.txt"},
     false,
     "q",
     NULL},
    {{"m:q.npy", "m:k.npy", "o:meta_q.npy", "o:meta_k.npy"}, false, "q", NULL},
    {{"u:query_names.npy", "u:key_names.npy", "m:q.npy", "m:k.npy"},
     false,
     "q",
     NULL},
    {{"s:q_scale.npy", "s:k_scale.npy", "m:q.npy", "m:k.npy"},
     false,
     "q",
     NULL},
    {{"i:query_ids.npy", "i:key_ids.npy", "m:q.npy", "m:k.npy"},
     false,
     "q",
     NULL},
    {{"v:q_proj.out.npy", "v:k_proj.out.npy", "m:q_proj.npy", "m:k_proj.npy"},
     false,
     "q_proj",
     NULL},
    {{"t:__MACOSX/._q.npy", "t:__MACOSX/._k.npy", "m:q.npy", "m:k.npy"},
     false,
     "q",
     NULL},
    /* the only one of its file */
    {{"m:arr_0.npy", "t:config.json"}, true, "arr_0", NULL},
    {{"o:meta.npy", "m:arr_0.npy", "s:scale.npy", "u:name.npy", "v:b.npy"},
     true,
     "arr_0",
     NULL},
    /* the only member: the message says why */
    {{"i:q.npy", "m:k.npy"},
     false,
     NULL,
     "x: key 'q': dtype '<i8': integers; expected float16, float32 or "
     "float64"},
    {{"o:meta.npy", "t:config.json"},
     true,
     NULL,
     "x: key 'meta': dtype '|O': pickled objects are never read; expected "
     "float16, float32 or float64"},
};

START_TEST(usable_bundles)
{
    lln_files one = {.file = "x"}, two = {.q = "x", .k = "x"};
    lln_arrays *arrays = lln_arrays_alloc();
    lln_bundle *bundles;
    size_t count;
    char *note;
    lln_fused fused;
    size_t roles;
    write_archive("x", archives[_i].names);
    lln_status status =
        lln_bundles_open(archives[_i].two_files ? &two : &one, arrays, &bundles,
                         &count, &roles, &fused, &note);
    if (archives[_i].queries) {
        expect_ok(status);
        ck_assert_uint_eq(count, 1);
        ck_assert_str_eq(lln_arrays_key(arrays, bundles[0].number[LLN_QUERIES]),
                         archives[_i].queries);
    } else {
        expect_status(status, LLN_EFORMAT);
        ck_assert_str_eq(lln_error_message(), archives[_i].message);
    }
    free(bundles);
    free(note);
    lln_arrays_free(arrays);
}
END_TEST

/* The array of a kernel: the one with its name, else the only one. */
START_TEST(usable_kernel_arrays)
{
    static const char *const names[] = {"o:meta.npy", "v:gate.npy",
                                        "t:config.json", NULL};
    lln_kernel_arrays *arrays;
    write_archive("x", names);
    expect_ok(lln_kernel_arrays_open("theta=x", NULL, &arrays));
    lln_kernel_arrays_free(arrays);
    expect_ok(lln_kernel_arrays_open("gate=x", NULL, &arrays));
    lln_kernel_arrays_free(arrays);
    expect_status(lln_kernel_arrays_open("meta=x", NULL, &arrays), LLN_EFORMAT);
    ck_assert_str_eq(lln_error_message(),
                     "x: key 'meta': dtype '|O': pickled objects are never "
                     "read; expected float16, float32 or float64");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("usable");
    TCase *usable = tcase_create("usable");
    tcase_add_checked_fixture(usable, enter_folder, remove_folder);
    tcase_add_loop_test(usable, usable_bundles, 0,
                        sizeof archives / sizeof *archives);
    tcase_add_test(usable, usable_kernel_arrays);
    suite_add_tcase(suite, usable);
    return run_suite(suite);
}
