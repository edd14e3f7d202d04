/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/exponent_error.h"

#include <cblas.h>
#include <math.h>

double lln_exponent_error(lln_precision precision, double products, size_t d,
                          double added)
{
    if (precision == LLN_FLOAT32)
        return (products + added) / 2;
    return (8 + sqrt((double)d)) * products + 2 * added;
}

/* Largest Euclidean norm of the rows, without overflow of squares. */
static double largest_norm(lln_matrix a)
{
    double largest = 0;
    int columns = (int)a.columns;
    for (size_t i = 0; a.data && i < a.rows; i++) {
        const void *row = lln_matrix_rows(a, i, 1).data;
        double norm = a.precision == LLN_FLOAT32
                          ? (double)cblas_snrm2(columns, row, 1)
                          : cblas_dnrm2(columns, row, 1);
        largest = fmax(largest, norm);
    }
    return largest;
}

/* Largest size of an element. */
static double largest_element(lln_matrix a)
{
    double largest = 0;
    for (size_t i = 0; a.data && i < a.rows; i++)
        for (size_t l = 0; l < a.columns; l++)
            largest = fmax(largest, fabs(lln_matrix_get(a, i, l)));
    return largest;
}

/* |value| of a parameter; 0 if the kernel has no such number. */
static double size_of(const lln_kernel_choice *choice, const char *name)
{
    int index = lln_kernel_parameter_index(choice->kernel, name);
    double value = index < 0 ? 0 : choice->number[index];
    return isfinite(value) ? fabs(value) : 0;
}

/* alpha |q| + beta |k|, for the largest elements. */
static double feature_exponents(const lln_kernel_choice *choice,
                                const lln_head *head)
{
    double alpha = size_of(choice, "alpha"), beta = size_of(choice, "beta");
    return (alpha > 0 ? alpha * largest_element(head->q) : 0) +
           (beta > 0 ? beta * largest_element(head->k) : 0);
}

/* |q.k| and, for other features, |w.x| and |x|^2 / 2, where x is sqrt(scale)
 * times q or k, and w is about sqrt(d) long. */
static double product_exponents(const lln_kernel_choice *choice,
                                const lln_head *head)
{
    double scale = fabs(head->rule.scale), d = (double)head->q.columns;
    double q = sqrt(scale) * largest_norm(head->q);
    double k = sqrt(scale) * largest_norm(head->k);
    bool logits = lln_kernel_honours(choice) & LLN_HONOURS_LOGITS;
    return q * k + (logits ? 0 : sqrt(d) * (q + k) + q * q + k * k);
}

double lln_kernel_exponent_error(const lln_kernel_choice *choice,
                                 const lln_head *head, lln_precision precision)
{
    const lln_logit_bias *bias = head->rule.bias;
    unsigned logits = LLN_HONOURS_SCALE | LLN_HONOURS_LOGITS;
    bool products = lln_kernel_honours(choice) & logits;
    return lln_exponent_error(
        precision, products ? product_exponents(choice, head) : 0,
        head->q.columns,
        feature_exponents(choice, head) + (bias ? bias->level : 0));
}

void lln_kernel_set_error(const lln_kernel_choice *choice, const lln_head *head,
                          lln_attention *attention)
{
    if (attention->exponent_error == 0)
        attention->exponent_error =
            lln_kernel_exponent_error(choice, head, attention->precision);
}
