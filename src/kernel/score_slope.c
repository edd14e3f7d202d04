/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernel/score_slope.h"

#include <math.h>
#include <string.h>

#include "kernel/logits.h"

bool lln_score_slope_is_known(const lln_attention *attention)
{
    return attention->kind == LLN_ATTENTION_TILES &&
           (attention->tiles.pack_slope || attention->tiles.scaled_scores);
}

void lln_score_slope_start(const lln_tiles *tiles, void *packed)
{
    const lln_attention *attention = tiles->attention;
    if (attention->tiles.pack_slope)
        attention->tiles.pack_slope(attention, tiles->queries, tiles->rows,
                                    tiles->packed, packed);
}

/* out [rows x keys] = scale left right', without cap and bias. */
static void make_products(const lln_tiles *tiles, const void *packed, void *out)
{
    const lln_attention *attention = tiles->attention;
    lln_logit_rule rule = {.scale = attention->tiles.rule.scale};
    lln_matrix left = {attention->precision, tiles->rows, attention->rank,
                       packed};
    lln_matrix right =
        lln_matrix_rows(attention->tiles.right, tiles->key, tiles->keys);
    lln_logits_tile(&rule, NULL, left, right, tiles->keys, out);
}

/* x / cosh(x / cap)^2 of logits x [count]; 0 where the cap is reached. */
static void cap_slopes(double cap, lln_precision precision, size_t count,
                       void *x)
{
    for (size_t j = 0; j < count; j++)
        if (precision == LLN_FLOAT32) {
            float *at = (float *)x + j, root = coshf(*at / (float)cap);
            *at /= root * root;
        } else {
            double *at = (double *)x + j, root = cosh(*at / cap);
            *at /= root * root;
        }
}

static void logit_slopes(const lln_tiles *tiles, void *out)
{
    const lln_attention *attention = tiles->attention;
    const lln_logit_rule *rule = &attention->tiles.rule;
    size_t count = tiles->rows * tiles->keys;
    if (!rule->bias && rule->softcap == 0) {
        memcpy(out, tiles->scores,
               count * lln_precision_size(attention->precision));
        return;
    }
    make_products(tiles, tiles->packed, out);
    if (rule->softcap != 0)
        cap_slopes(rule->softcap, attention->precision, count, out);
}

void lln_score_slope_tile(const lln_tiles *tiles, const void *packed, void *out)
{
    const lln_attention *attention = tiles->attention;
    if (!attention->tiles.pack_slope)
        logit_slopes(tiles, out);
    else if (attention->tiles.tile_slope)
        attention->tiles.tile_slope(attention, packed, tiles->rows, tiles->key,
                                    tiles->keys, tiles->keys, out);
    else
        make_products(tiles, packed, out);
}
