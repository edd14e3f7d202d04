/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * A kernel of one's own: linear attention with the features phi(x) =
 * max(x, 0)^p, whose power p is a parameter. */
#include <lln/lln.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

static void check(lln_status status)
{
    if (status == LLN_OK)
        return;
    fprintf(stderr, "own_kernel: %s\n", lln_error_message());
    exit(1);
}

static void fill(const lln_features *f, lln_role side, size_t first,
                 size_t count, double *out)
{
    const double *x = lln_features_tokens(f, side, first);
    for (size_t i = 0; i < count * f->d; i++)
        out[i] = x[i] > 0 ? pow(x[i], *(double *)f->state) : 0;
}

static lln_status open_power(const lln_kernel_choice *choice,
                             const lln_head *head, lln_attention *attention)
{
    lln_features *f;
    LLN_TRY(lln_features_new(choice, head, sizeof(double), &f));
    f->rank = f->d;
    f->positive = true;
    f->fill = fill;
    f->divisor = lln_features_sum_plus;
    *(double *)f->state = choice->number[0];
    return lln_features_open(f, attention);
}

static const lln_kernel power_kernel = {
    .name = "power",
    .honours = LLN_HONOURS_FULL | LLN_HONOURS_CAUSAL,
    .parameters = {{"p", "power of the features", "2", {0, 16}}},
    .open = open_power,
};

int main(void)
{
    static const double q[] = {1, 0, 2, 1}, k[] = {1, 1, 0, 3};
    lln_attention *a;
    double p[4];
    check(lln_kernel_register(&power_kernel));
    lln_threads_set(0);
    check(lln_attention_of("power:p=3", (lln_matrix){LLN_FLOAT64, 2, 2, q},
                           (lln_matrix){LLN_FLOAT64, 2, 2, k}, false, &a));
    check(lln_attention_prepare(a));
    check(lln_attention_rows(a, 0, 2, p));
    printf("P = (%.6f %.6f; %.6f %.6f)\n", p[0], p[1], p[2], p[3]);
    lln_attention_free(a);
}
