/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Linear log-normal attention on arrays: O = P V in O(N) time and memory, with
 * alpha and beta by moment matching. */
#include <lln/lln.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { N = 1000, D = 8 };
static double q[N][D], k[N][D], v[N][2], o[N][2];

static void check(lln_status status)
{
    if (status == LLN_OK)
        return;
    fprintf(stderr, "lln_attention: %s\n", lln_error_message());
    exit(1);
}

static void fill_arrays(void)
{
    for (int i = 0; i < N; i++) {
        for (int l = 0; l < D; l++) {
            q[i][l] = sin(i * (l + 1));
            k[i][l] = 2 * cos(i * (l + 2));
        }
        v[i][0] = i;
        v[i][1] = k[i][0];
    }
}

int main(void)
{
    lln_kernel_choice kernel;
    lln_attention attention;
    double alpha, beta;
    fill_arrays();
    lln_threads_set(0);
    lln_head head = lln_head_of((lln_matrix){LLN_FLOAT64, N, D, q},
                                (lln_matrix){LLN_FLOAT64, N, D, k},
                                (lln_matrix){LLN_FLOAT64, N, 2, v});
    head.rule.mask.causal = true;
    check(lln_kernel_parse("lln:match=fenton", &kernel));
    check(lln_match_complete(&head, &kernel));
    check(lln_kernel_real(&kernel, "alpha", &alpha));
    check(lln_kernel_real(&kernel, "beta", &beta));
    check(lln_kernel_open(&kernel, &head, &attention));
    check(lln_attention_prepare_product(&attention));
    check(lln_attention_product(&attention, head.v, o));
    printf("alpha %.6f, beta %.6f\n", alpha, beta);
    printf("last row of O: %.4f %.6f\n", o[N - 1][0], o[N - 1][1]);
    lln_attention_close(&attention);
    return 0;
}
