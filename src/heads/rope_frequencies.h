/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The inverse frequencies of rotary embedding, with the scalings for longer
 * texts that are in use. */
#ifndef LLN_HEADS_ROPE_FREQUENCIES_H
#define LLN_HEADS_ROPE_FREQUENCIES_H

#include <stdbool.h>
#include <stddef.h>

#include "core/status.h"

/* In the order of the words of scaling=. */
typedef enum {
    LLN_ROPE_DEFAULT,
    LLN_ROPE_LINEAR,
    LLN_ROPE_DYNAMIC,
    LLN_ROPE_LLAMA3,
    LLN_ROPE_YARN,
    LLN_ROPE_LONGROPE,
    LLN_ROPE_PROPORTIONAL
} lln_rope_scaling_kind;

/* NaN: not given. */
typedef struct {
    lln_rope_scaling_kind kind;
    double factor, original;       /* F and L0 */
    double low, high;              /* llama3 */
    double beta_fast, beta_slow;   /* yarn */
    double mscale, mscale_all_dim; /* yarn */
    double attention;              /* yarn, longrope, list */
    bool truncate;                 /* yarn: whole channels limit the ramp */
} lln_rope_scaling;

/* What a model gives beside its scaling; lists that are not given are NULL. */
typedef struct {
    double theta;
    size_t dims;                                  /* r: turned channels, even */
    size_t d;                                     /* channels of the head */
    double length;                                /* largest position + 1 */
    const double *short_divisors, *long_divisors; /* longrope: [r/2] */
    const double *list; /* [r/2]: the frequencies themselves */
} lln_rope_inputs;

/* Writes the inverse frequencies of pairs c = 0 .. r/2 - 1 to f [r/2], and the
 * factor of cos and sin to *attention. With f_c = theta^(-2c/r):
 *   default       f_c
 *   linear        f_c / F
 *   dynamic       theta'^(-2c/r), theta' = theta (F L/L0 - (F-1))^(r/(r-2)),
 *                 L = max(length, L0)
 *   llama3        f_c ((1-t)/F + t),
 *                 t = clip((L0 f_c/2pi - low)/(high - low), 0, 1)
 *   yarn          f_c (1-u) + f_c u/F, u = clip((c - lo)/(hi - lo), 0, 1),
 *                 lo = x(beta_fast), hi = x(beta_slow),
 *                 x(b) = r ln(L0/(2 pi b)) / (2 ln theta); truncate: lo is
 *                 rounded down, hi up; lo >= 0, hi <= r - 1; hi += 0.001 if
 *                 they are equal
 *   longrope      f_c / short_c if length <= L0, else f_c / long_c
 *   proportional  theta^(-2c/d)
 *   list          as it is
 * *attention = 1, but for yarn: attention, else M(mscale)/M(mscale_all_dim) if
 * both are given and not 0, else M(1), M(m) = 1 if F <= 1, else 0.1 m ln F + 1;
 * longrope: attention, else sqrt(1 + ln F/ln L0), 1 if F <= 1; list:
 * attention if it is given.
 * LLN_EINVAL: dynamic with r = 2, longrope without divisors, a frequency that
 * is not finite. Sources: Su et al. (2021), eq. 15; bloc97 (2023) for dynamic;
 * Llama 3.1; Peng et al. (2023), section 3.2; Ding et al. (2024). */
LLN_NODISCARD lln_status lln_rope_frequencies(const lln_rope_scaling *scaling,
                                              const lln_rope_inputs *inputs,
                                              double *f, double *attention);

#endif
