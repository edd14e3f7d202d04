/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The rows of the table of attention with gradients, for attention.c. */
#ifndef LLN_TRAIN_ATTENTION_INTERNAL_H
#define LLN_TRAIN_ATTENTION_INTERNAL_H

#include "train/attention.h"

extern const lln_train_kernel lln_train_softmax, lln_train_lln,
    lln_train_lln_diag, lln_train_blockdiag, lln_train_window, lln_train_elu,
    lln_train_relu, lln_train_uniform;

#endif
