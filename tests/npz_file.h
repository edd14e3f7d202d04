/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The archive of two arrays that tests of .npz files read and damage. */
#ifndef LLN_TESTS_NPZ_FILE_H
#define LLN_TESTS_NPZ_FILE_H

#include "tensor_file.h"
#include "zip_file.h"

#define WITH_DTYPE(descr)                                                      \
    "{'descr': " descr ", 'fortran_order': False, 'shape': (2,), }"
#define COUNT(a) (int)(sizeof(a) / sizeof *(a))

static const double pair[] = {2.385, -0.07};

/* The .npy files that are the members of an archive. */
static unsigned char *q_npy, *k_npy;
static size_t q_size, k_size;

static inline void make_members(void)
{
    q_npy = make_npy(1, WITH_DTYPE("'<f8'"), pair, sizeof pair, &q_size);
    k_npy = make_npy(1, "{'descr': '<f4', 'fortran_order': False, 'shape': ()}",
                     &(float){0.25f}, 4, &k_size);
}

static inline void free_members(void)
{
    free(q_npy);
    free(k_npy);
}

/* An archive of q and k, and the places of the members in it. */
static inline zip_file make_two(bool deflated, zip_member members[2])
{
    members[0] = (zip_member){"q.npy", q_npy, q_size, .deflated = deflated};
    members[1] = (zip_member){"k.npy", k_npy, k_size, .deflated = deflated};
    return make_zip(members, 2, false, "", "");
}

#endif
