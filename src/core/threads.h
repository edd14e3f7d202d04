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

/* Sets the number of threads, at most one for each processor this process may
 * use; 0 means that many. Call once, before any work. */
void lln_threads_set(int count);

int lln_threads_count(void);

/* Set (for example by a handler of SIGINT) to make long work return
 * LLN_EINTERRUPTED at the next tile. */
extern volatile sig_atomic_t lln_stop_requested;

/* Rows of attention that this process has passed over so far, for those who
 * show that long work goes on. */
extern atomic_size_t lln_rows_done;

#endif
