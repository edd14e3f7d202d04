/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/maps.h"

#include <math.h>
#include <string.h>

#include "heads/clip.h"
#include "heads/qk_norm.h"
#include "heads/query_scale.h"
#include "heads/rope_text.h"

/* What the values of all layers ask for together. */
typedef struct {
    bool norm, plus_one, across_heads, after_rope;
    bool rope, longrope, theta, scaling, attention, sections;
    bool ministral, ssmax_of_array;
    bool array[LLN_MAP_ARRAYS];
} asked;

bool lln_maps_given(const lln_map_options *options)
{
    const lln_map_options *o = options;
    bool positions = o->positions && !o->positions_used;
    return o->clip || o->norm || o->rope || o->query_scale || positions ||
           o->arrays;
}

static lln_status look_at_clip(const char *text, asked *a)
{
    double limit;
    (void)a;
    return lln_clip_read(text, &limit);
}

static lln_status look_at_norm(const char *text, asked *a)
{
    lln_qk_norm norm;
    LLN_TRY(lln_qk_norm_read(text, &norm));
    a->norm = a->norm || norm.kind != LLN_NORM_NONE;
    a->plus_one = a->plus_one || norm.plus_one;
    a->across_heads = a->across_heads || norm.across_heads;
    a->after_rope = a->after_rope || norm.after_rope;
    return LLN_OK;
}

static lln_status look_at_rope(const char *text, asked *a)
{
    lln_rope rope;
    LLN_TRY(lln_rope_read(text, &rope));
    lln_rope_scaling_kind kind = rope.scaling.kind;
    a->rope = a->rope || rope.pairing != LLN_ROPE_NONE;
    a->longrope = a->longrope || kind == LLN_ROPE_LONGROPE;
    a->theta = a->theta || rope.theta_given;
    a->sections = a->sections || rope.section_count > 0;
    a->scaling = a->scaling || kind != LLN_ROPE_DEFAULT;
    a->attention = a->attention ||
                   (kind == LLN_ROPE_DEFAULT && !isnan(rope.scaling.attention));
    return LLN_OK;
}

static lln_status look_at_scale(const char *text, asked *a)
{
    lln_query_scale scale;
    LLN_TRY(lln_query_scale_read(text, &scale));
    a->ministral = a->ministral || scale.kind == LLN_SCALE_MINISTRAL;
    a->ssmax_of_array = a->ssmax_of_array ||
                        (scale.kind == LLN_SCALE_SSMAX && isnan(scale.scale));
    return LLN_OK;
}

/* Reads the values of an option and looks at each. */
static lln_status read_option(const char *option, const char *text,
                              lln_status (*look)(const char *, asked *),
                              lln_by_layer *values, asked *a)
{
    lln_status status = lln_by_layer_read(text, values);
    for (size_t i = 0; i < values->count && status == LLN_OK; i++)
        status = look(values->items[i].value, a);
    return status == LLN_OK ? LLN_OK : lln_fail_in(status, option);
}

static lln_status read_options(const lln_map_options *o, lln_maps *maps,
                               asked *a)
{
    LLN_TRY(read_option("--clip-qkv", o->clip, look_at_clip, &maps->clip, a));
    LLN_TRY(read_option("--qk-norm", o->norm, look_at_norm, &maps->norm, a));
    LLN_TRY(read_option("--rope", o->rope, look_at_rope, &maps->rope, a));
    return read_option("--query-scale", o->query_scale, look_at_scale,
                       &maps->query_scale, a);
}

static lln_status need(const char *what, const char *needs)
{
    return lln_fail(LLN_EINVAL, "%s needs %s", what, needs);
}

/* LLN_EINVAL: an array that no option uses, or without its partner. */
static lln_status check_arrays(const lln_map_options *o, const asked *a)
{
    static const lln_map_array_kind partner[] = {LLN_MAP_K_NORM, LLN_MAP_Q_NORM,
                                                 LLN_MAP_K_NORM_BIAS,
                                                 LLN_MAP_Q_NORM_BIAS};
    for (size_t i = 0; i <= LLN_MAP_K_NORM_BIAS; i++) {
        const char *name = lln_map_array_names[i];
        if (a->array[i] && !a->norm && !o->norm_left_out)
            return lln_fail(LLN_EINVAL, "--arrays %s= needs --qk-norm", name);
        if (a->array[i] && !a->array[partner[i]])
            return lln_fail(LLN_EINVAL, "--arrays %s= needs %s=", name,
                            lln_map_array_names[partner[i]]);
    }
    for (size_t i = LLN_MAP_ROPE_SHORT; i <= LLN_MAP_ROPE_LONG; i++)
        if (a->array[i] && !a->longrope)
            return lln_fail(LLN_EINVAL,
                            "--arrays %s= needs --rope with scaling=longrope",
                            lln_map_array_names[i]);
    if (a->array[LLN_MAP_ROPE_FREQS] && !a->rope)
        return need("--arrays rope_freqs=", "--rope");
    if (a->array[LLN_MAP_SSMAX] && !a->ssmax_of_array)
        return need("--arrays ssmax=", "--query-scale ssmax");
    if (a->array[LLN_MAP_ROPE_FREQS] && (a->scaling || a->theta))
        return lln_fail(LLN_EINVAL,
                        "--rope: %s cannot be used with --arrays rope_freqs=",
                        a->theta ? "theta=" : "scaling=");
    return LLN_OK;
}

static bool restarts(const lln_map_options *o)
{
    return o->positions && strcmp(o->positions, "restart") == 0;
}

/* LLN_EINVAL: a value that has no effect without another option. */
static lln_status check_values(const lln_map_options *o, const asked *a)
{
    bool divisors = a->array[LLN_MAP_ROPE_SHORT] ||
                    a->array[LLN_MAP_ROPE_LONG] || o->short_divisors ||
                    o->long_divisors;
    if (a->longrope && !divisors)
        return need("--rope: scaling=longrope",
                    "--arrays rope_short=FILE,rope_long=FILE");
    if (a->attention && !a->array[LLN_MAP_ROPE_FREQS])
        return need("--rope: attention=",
                    "scaling=yarn, scaling=longrope or --arrays rope_freqs=");
    if (a->sections && !o->of_model &&
        (!o->positions || *o->positions == '+' || restarts(o)))
        return need("--rope: sections=",
                    "--positions FILE with a column for each section");
    if (a->ssmax_of_array && !a->array[LLN_MAP_SSMAX])
        return need("--query-scale ssmax", "factor= or --arrays ssmax=FILE");
    if (a->plus_one && !a->array[LLN_MAP_Q_NORM])
        return need("--qk-norm: plus-one", "--arrays q_norm=FILE,k_norm=FILE");
    if (a->after_rope && !a->rope)
        return need("--qk-norm: after-rope", "--rope");
    if (o->positions && !o->positions_used && !a->rope && !a->ministral)
        return need("--positions",
                    "--rope, --query-scale ministral or --bias alibi");
    if (restarts(o) && !o->documents && !o->documents_given)
        return need("--positions restart", "--documents");
    return LLN_OK;
}

static lln_status read_all(const lln_map_options *options, lln_maps *maps)
{
    asked a = {.norm = false};
    LLN_TRY(read_options(options, maps, &a));
    lln_map_arrays_mark(options->arrays, lln_map_array_names, LLN_MAP_ARRAYS,
                        a.array);
    maps->across_heads = a.across_heads;
    maps->divisors[0] = options->short_divisors;
    maps->divisors[1] = options->long_divisors;
    maps->divisor_count = options->divisor_count;
    LLN_TRY(check_arrays(options, &a));
    return check_values(options, &a);
}

lln_status lln_maps_check(const lln_map_options *options)
{
    lln_maps maps = {.arrays = NULL};
    lln_status status = read_all(options, &maps);
    lln_maps_close(&maps);
    return status;
}

bool lln_maps_are_across(const lln_map_options *options)
{
    lln_maps maps = {.arrays = NULL};
    lln_status status = read_all(options, &maps);
    bool across = status == LLN_OK && maps.across_heads;
    lln_maps_close(&maps);
    return across;
}

static lln_status open_positions(const lln_map_options *o, lln_maps *maps)
{
    if (!o->positions)
        return LLN_OK;
    if (o->documents && strcmp(o->positions, "restart") == 0)
        return lln_documents_restart(o->documents, &maps->positions);
    lln_status status = lln_positions_read(o->positions, &maps->positions);
    return status == LLN_EINVAL ? lln_fail_in(status, "--positions") : status;
}

lln_status lln_maps_open(const lln_map_options *options, lln_maps *maps)
{
    *maps = (lln_maps){.arrays = NULL};
    LLN_TRY(read_all(options, maps));
    LLN_TRY(open_positions(options, maps));
    if (options->arrays)
        LLN_TRY(lln_kernel_arrays_open(options->arrays, NULL, &maps->arrays));
    return LLN_OK;
}

void lln_maps_close(lln_maps *maps)
{
    lln_by_layer_free(&maps->clip);
    lln_by_layer_free(&maps->norm);
    lln_by_layer_free(&maps->rope);
    lln_by_layer_free(&maps->query_scale);
    lln_positions_free(&maps->positions);
    lln_kernel_arrays_free(maps->arrays);
    *maps = (lln_maps){.arrays = NULL};
}
