/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "core/threads.h"

#include <cblas.h>
#include <omp.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/memory.h"

/* The allocator of OpenBLAS, which keeps buffers once allocated. Its headers do
 * not declare it. Weak: where it is missing, nothing is reserved. */
__attribute__((weak)) void *blas_memory_alloc(int);
__attribute__((weak)) void blas_memory_free(void *);

enum { BUFFER_MIB = 128 }; /* largest buffer on any processor */

volatile sig_atomic_t lln_stop_requested;

lln_status lln_threads_check_stop(void)
{
    return lln_stop_requested ? lln_fail(LLN_EINTERRUPTED, "interrupted")
                              : LLN_OK;
}

void lln_threads_set(int count)
{
    int most = omp_get_num_procs();
    omp_set_num_threads(count > 0 && count < most ? count : most);
    openblas_set_num_threads(1);
}

int lln_threads_count(void)
{
    return omp_get_max_threads();
}

static bool has_room(size_t mebibytes)
{
    size_t bytes = mebibytes << 20;
    void *room = mmap(NULL, bytes, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return room != MAP_FAILED && munmap(room, bytes) == 0;
}

lln_status lln_threads_reserve(void)
{
    size_t threads = (size_t)lln_threads_count();
    if (!blas_memory_alloc || !blas_memory_free)
        return LLN_OK;
    if (!has_room(threads * BUFFER_MIB))
        return lln_fail(LLN_ENOMEM,
                        "out of memory: matrix products need %zu MiB of "
                        "address space, %d for each thread%s",
                        threads * BUFFER_MIB, BUFFER_MIB,
                        threads > 1 ? "; try fewer threads" : "");
    void **buffers = lln_array_alloc(threads, sizeof *buffers);
    if (!buffers)
        return LLN_ENOMEM;
    for (size_t i = 0; i < threads; i++)
        buffers[i] = blas_memory_alloc(0);
    for (size_t i = 0; i < threads; i++)
        blas_memory_free(buffers[i]);
    free(buffers);
    return LLN_OK;
}
