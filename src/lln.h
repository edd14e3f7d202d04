/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * liblln: measures of attention matrices, in O(N d) memory. This header
 * includes all public ones; lln(3) explains them with examples.
 *
 * The way of the data. A head (heads/heads.h) is queries, keys, values and the
 * rule of its logits: matrices of the program (lln_head_of), samples
 * (heads/gaussian.h) or arrays of files (heads/files.h). A choice of kernel
 * (kernel/table/table.h) opens an attention of the head (kernel/attention.h),
 * which is the matrix P without storing it. Functions in measure/ take an
 * attention and return a struct of numbers; lln_attention_product applies it to
 * values. lln_attention_of opens an attention in one call.
 *
 * Memory. A matrix is a view, and no function copies what it is given, unless
 * its comment says so: matrices must live as long as the head, and the head and
 * the choice as long as the attention. Functions whose names end in _close or
 * _free release what others have opened or allocated. They accept a zeroed
 * struct of the program, and NULL for a pointer that the library would have
 * allocated.
 *
 * Errors. A function that can fail returns lln_status, and on failure leaves a
 * message in lln_error_message() of the thread. A value that does not exist is
 * NaN. The library neither prints nor ends the process. When it is loaded, it
 * disables the error handler of GSL (gsl_set_error_handler_off).
 *
 * Threads. Call lln_threads_set once, before any work. Each function uses that
 * number of threads; no result depends on it. Different objects may be used by
 * different threads at the same time. An attention may be used by one thread at
 * a time.
 *
 * Before version 1.0 all of this, including names, structs and the order of
 * their members, may change with the second number of the version: compile
 * programs again. With the third number only values that were wrong change.
 * From 1.0 on, the soname says which programs must be compiled again. Headers
 * that are not included here are private, and so are their names. */
#ifndef LLN_LLN_H
#define LLN_LLN_H

#include "core/matrix.h"
#include "core/moments.h"
#include "core/number.h"
#include "core/status.h"
#include "core/threads.h"
#include "core/version.h"
#include "heads/files.h"
#include "heads/gaussian.h"
#include "heads/heads.h"
#include "heads/lengths.h"
#include "heads/logit_bias.h"
#include "heads/logit_rule.h"
#include "heads/model.h"
#include "heads/temperature.h"
#include "kernel/attention.h"
#include "kernel/features/features.h"
#include "kernel/parameters.h"
#include "kernel/product.h"
#include "kernel/table/table.h"
#include "match/attention_of.h"
#include "match/layer.h"
#include "match/match.h"
#include "measure/entropy.h"
#include "measure/fidelity.h"
#include "measure/logit_ranks.h"
#include "measure/lognormal.h"
#include "measure/ranks.h"
#include "measure/row_sample.h"
#include "measure/row_temperature.h"
#include "measure/rows.h"
#include "measure/sample.h"
#include "measure/shape.h"
#include "measure/singular.h"
#include "measure/spectrum.h"
#include "tensor/container.h"
#include "tensor/tensor.h"
#include "tensor/writer.h"
#include "theory/fenton.h"
#include "theory/lln_theory.h"
#include "theory/lognormal_sum.h"
#include "theory/softmax_theory.h"

#endif
