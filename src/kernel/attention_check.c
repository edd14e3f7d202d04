/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Rules for the hooks of an attention. */
#include "kernel/attention.h"

/* The message for each rule that is broken. The rules of a kind are checked
 * first, then those for both kinds. */
typedef struct {
    bool broken;
    const char *message;
} rule;

static lln_status first_broken(const rule *rules, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (rules[i].broken)
            return lln_fail(LLN_EINVAL, "internal error: attention %s",
                            rules[i].message);
    return LLN_OK;
}

static bool has_shape(const lln_attention *attention, lln_matrix factor,
                      size_t rows)
{
    return factor.rows == rows && factor.columns == attention->rank &&
           factor.precision == attention->precision;
}

static lln_status check_tiles(const lln_attention *attention)
{
    const lln_attention_tiles *tiles = &attention->tiles;
    bool made_later = tiles->tile || attention->prepare;
    const rule rules[] = {
        {attention->rows.make, "by tiles has make()"},
        {attention->rank == 0, "by tiles has no rank"},
        {!has_shape(attention, tiles->left, attention->n),
         "by tiles: left is not [n x rank] in its precision"},
        {!has_shape(attention, tiles->right, attention->m),
         "by tiles: right is not [m x rank] in its precision"},
        {!tiles->left.data && !tiles->pack, "by tiles has no left factor"},
        {!tiles->right.data && !made_later, "by tiles has no right factor"},
        {tiles->scaled_scores && tiles->domain != LLN_DOMAIN_LOG,
         "has scaled_scores that are not logarithms"},
        {tiles->pack_slope && !tiles->tile != !tiles->tile_slope,
         "by tiles has only one of tile() and tile_slope()"},
        {!tiles->pack_slope && tiles->tile_slope,
         "by tiles has tile_slope() but no pack_slope()"},
    };
    return first_broken(rules, sizeof rules / sizeof *rules);
}

static lln_status check_rows(const lln_attention *attention)
{
    const lln_attention_tiles *tiles = &attention->tiles;
    const rule rules[] = {
        {!attention->rows.make, "by rows has no make()"},
        {tiles->pack || tiles->tile || tiles->pack_slope || tiles->tile_slope,
         "by rows has a hook of tiles"},
        {tiles->left.data || tiles->right.data, "by rows has factors of tiles"},
        {tiles->scaled_scores, "by rows has scaled_scores"},
    };
    return first_broken(rules, sizeof rules / sizeof *rules);
}

static lln_status check_both(const lln_attention *attention)
{
    const rule rules[] = {
        {!attention->product != !attention->transposed,
         "has only one of product and transposed"},
        {attention->features && attention->rank == 0,
         "has features but no rank"},
        {attention->features && lln_mask_hides(attention->mask),
         "has features and a mask"},
        {attention->diagonal && !lln_mask_is_triangular(attention->mask),
         "has a diagonal but no causal mask"},
        {!attention->state != !attention->close,
         "has only one of state and close()"},
    };
    return first_broken(rules, sizeof rules / sizeof *rules);
}

lln_status lln_attention_check(const lln_attention *attention)
{
    switch (attention->kind) {
    case LLN_ATTENTION_TILES:
        LLN_TRY(check_tiles(attention));
        break;
    case LLN_ATTENTION_ROWS:
        LLN_TRY(check_rows(attention));
        break;
    default:
        return lln_fail(LLN_EINVAL, "internal error: attention has no kind");
    }
    return check_both(attention);
}
