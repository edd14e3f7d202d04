/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The entropy of the rows of softmax attention of one head in memory: 3 queries
 * and keys of 2 features, causal. */
#include <lln/lln.h>
#include <stdio.h>
#include <stdlib.h>

static const float q[3][2] = {{1, 0}, {2, 1}, {0, 3}};
static const float k[3][2] = {{1, 1}, {0, 1}, {1, 2}};

static void check(lln_status status)
{
    if (status == LLN_OK)
        return;
    fprintf(stderr, "entropy: %s\n", lln_error_message());
    exit(1);
}

int main(void)
{
    lln_attention *attention;
    lln_entropy all;
    lln_row rows[3];
    lln_threads_set(0);
    check(lln_attention_of("softmax", (lln_matrix){LLN_FLOAT32, 3, 2, q},
                           (lln_matrix){LLN_FLOAT32, 3, 2, k}, true,
                           &attention));
    check(lln_entropy_measure(attention, NULL, 0, &all, NULL));
    check(lln_rows_measure(attention, NULL, 3, LLN_ROW_ENTROPY, rows));
    for (int i = 0; i < 3; i++)
        printf("row %d: %zu keys, entropy %.6f nats\n", i, rows[i].keys,
               rows[i].entropy);
    printf("mean entropy %.6f nats, effective keys %.6f\n", all.entropy,
           all.effective_keys);
    lln_attention_free(attention);
    return 0;
}
