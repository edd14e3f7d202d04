/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * How many threads work, and the wish to stop. OpenMP threads share out rows
 * or heads; BLAS and LAPACK run on one thread each, because a result must not
 * depend on the number of threads. */
#ifndef LLN_CORE_THREADS_H
#define LLN_CORE_THREADS_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "core/status.h"

/* Sets the number of threads, at most one for each processor this process may
 * use; 0 means that many. Call once, before any work. */
void lln_threads_set(int count);

int lln_threads_count(void);

/* Takes the memory that matrix products need, a buffer for each thread, before
 * anything else can take it; to be called once, before any work. OpenBLAS
 * before 0.3.30 does not fail without memory: it asks again for ever, and so
 * nothing could be reported later. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_threads_reserve(void);

/* Set (for example by a handler of SIGINT, to its number) to make long work
 * return LLN_EINTERRUPTED at the next tile. */
extern volatile sig_atomic_t lln_stop_requested;

/* LLN_EINTERRUPTED, with its message, once it is set. */
LLN_NODISCARD lln_status lln_threads_check_stop(void);

/* For those who show that long work goes on: rows of attention that this
 * process has passed over so far, those it will have passed over when the
 * passes it has begun are complete, and products with all of P, of which an
 * iteration cannot tell how many it will take. */
extern atomic_size_t lln_rows_done, lln_rows_begun, lln_products_done;

#endif
