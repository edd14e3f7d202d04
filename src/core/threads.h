/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The number of threads, and requests to stop. OpenMP threads divide rows or
 * heads among them. BLAS and LAPACK run on one thread each, because a result
 * must not depend on the number of threads. */
#ifndef LLN_CORE_THREADS_H
#define LLN_CORE_THREADS_H

#include <signal.h>

#include "core/status.h"

/* Sets the number of threads: at most one for each processor that this process
 * may use; 0 means that number. Sets OpenBLAS to one thread, for the whole
 * process. Call once, before any work. Without it, results may depend on the
 * number of threads in the last digit, and take longer. */
void lln_threads_set(int count);

/* The number of threads that the next function will use. */
int lln_threads_count(void);

/* Allocates the buffers of matrix products, one for each thread, while memory
 * is still available. Call once, before any work. OpenBLAS before 0.3.30 does
 * not fail without memory but retries for ever, so that a later failure could
 * not be reported. LLN_ENOMEM. */
LLN_NODISCARD lln_status lln_threads_reserve(void);

/* A request to stop: set it (for example in a handler of SIGINT, to the signal
 * number) to make long work return LLN_EINTERRUPTED at the next tile. */
extern volatile sig_atomic_t lln_stop_requested;

/* LLN_EINTERRUPTED, with its message, once lln_stop_requested is set. */
LLN_NODISCARD lln_status lln_threads_check_stop(void);

#endif
