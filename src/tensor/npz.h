/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * NumPy's .npz files: zip archives of .npy files, stored or deflated. */
#ifndef LLN_TENSOR_NPZ_H
#define LLN_TENSOR_NPZ_H

#include "tensor/container_internal.h"

/* Members whose names do not end in ".npy" are left out. A member that is
 * damaged, encrypted or compressed by another method is listed as unreadable.
 * Other bytes may precede the archive. LLN_EFORMAT: a damaged central
 * directory, members that overlap, or no arrays; LLN_ENOMEM. */
extern const lln_format lln_npz_format;

#endif
