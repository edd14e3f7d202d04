/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train_files.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "message.h"
#include "options.h"
#include "side_file.h"
#include "train.h"
#include "train/weights.h"

/* Appends the text to the end of a longer one, with characters that file names
 * should not have replaced. */
static char *put_plain(char *end, const char *text)
{
    for (; *text; text++)
        *end++ = isalnum((unsigned char)*text) || strchr(".+_=-", *text) ? *text
                                                                         : '-';
    return end;
}

char *train_file_name(const char *pattern, const char *kernel, const char *seed)
{
    static const char of_kernel[] = "{kernel}", of_seed[] = "{seed}";
    size_t longest = strlen(kernel) + strlen(seed) + 1;
    char *name = cli_alloc((strlen(pattern) + 1) * longest, 1), *end = name;
    while (*pattern) {
        if (strncmp(pattern, of_kernel, sizeof of_kernel - 1) == 0) {
            end = put_plain(end, kernel);
            pattern += sizeof of_kernel - 1;
        } else if (strncmp(pattern, of_seed, sizeof of_seed - 1) == 0) {
            end = put_plain(end, seed);
            pattern += sizeof of_seed - 1;
        } else {
            *end++ = *pattern++;
        }
    }
    return name;
}

static lln_writer_format find_format(const char *option, const char *path)
{
    lln_writer_format format;
    if (lln_writer_find_format(path, &format) != LLN_OK ||
        format == LLN_WRITER_NPY)
        cli_usage("--%s: '%s': expected a name that ends in .npz or "
                  ".safetensors",
                  option, path);
    return format;
}

/* A file that is written, and the option that names it. */
typedef struct {
    const char *option;
    char *name;
} named_file;

typedef struct {
    named_file *files; /* [count] */
    size_t count;
} file_list;

static void add_file(file_list *list, const char *option, char *name)
{
    for (size_t i = 0; i < list->count; i++) {
        const char *other = list->files[i].option;
        if (strcmp(list->files[i].name, name) != 0)
            continue;
        if (strcmp(other, option) == 0)
            cli_usage("--%s: '%s': the same file for several kernels or seeds; "
                      "put {kernel} or {seed} into the name",
                      option, name);
        cli_usage("--%s and --%s name the same file: '%s'", other, option,
                  name);
    }
    list->files[list->count++] = (named_file){option, name};
}

/* load: the weights that the same model is read from, or NULL. */
static void check_file(const char *option, const char *name, const char *load)
{
    const train_options *o = &train_asked;
    const char *all[] = {o->images,      o->labels, o->test_images,
                         o->test_labels, load,      NULL};
    const char *inputs[sizeof all / sizeof *all];
    size_t count = 0;
    for (size_t i = 0; i + 1 < sizeof all / sizeof *all; i++)
        if (all[i])
            inputs[count++] = all[i];
    inputs[count] = NULL;
    (void)find_format(option, name);
    side_file_check(name, inputs);
}

/* Checks the files of one model. */
static void check_model(file_list *list, const char *kernel, const char *seed)
{
    const train_options *o = &train_asked;
    const char *options[] = {"dump", "save"}, *patterns[] = {o->dump, o->save};
    char *load = o->load ? train_file_name(o->load, kernel, seed) : NULL;
    for (size_t i = 0; i < 2; i++)
        if (patterns[i]) {
            char *name = train_file_name(patterns[i], kernel, seed);
            add_file(list, options[i], name);
            check_file(options[i], name, load);
        }
    free(load);
}

void train_files_check(const lln_train_attention *kernels, size_t kernel_count,
                       const char *const *seeds, size_t seed_count)
{
    size_t most = 1 + 2 * kernel_count * seed_count;
    file_list list = {cli_alloc(most, sizeof *list.files), 0};
    if (run_shared.output)
        add_file(&list, "output", cli_copy(run_shared.output));
    for (size_t k = 0; k < kernel_count; k++)
        for (size_t s = 0; s < seed_count; s++)
            check_model(&list, kernels[k].name, seeds[s]);
    for (size_t i = 0; i < list.count; i++)
        free(list.files[i].name);
    free(list.files);
}

enum { ROLES = 3, KEY = 32 };

/* The arrays layers.L.q, .k and .v, with the layout bhnd. */
static lln_status write_heads(const train_heads *heads,
                              const lln_writer_entry *entries,
                              lln_writer_format format, FILE *out)
{
    lln_writer *writer;
    size_t rows = heads->count * heads->head_count * heads->tokens;
    const float *const roles[ROLES] = {heads->q, heads->k, heads->v};
    LLN_TRY(
        lln_writer_open(out, format, entries, ROLES * heads->depth, &writer));
    lln_status status = LLN_OK;
    for (size_t i = 0; i < ROLES * heads->depth && status == LLN_OK; i++) {
        const float *layer = roles[i % ROLES] + i / ROLES * rows * heads->size;
        status = lln_writer_append(
            writer, (lln_matrix){LLN_FLOAT32, rows, heads->size, layer});
    }
    if (status == LLN_OK)
        status = lln_writer_finish(writer);
    lln_writer_free(writer);
    return status;
}

lln_status train_files_dump(const train_heads *heads,
                            const train_learner *learner)
{
    const char *pattern = train_asked.dump;
    size_t count = ROLES * heads->depth;
    FILE *out;
    if (!pattern)
        return LLN_OK;
    char *name = train_file_name(pattern, learner->model.attention.name,
                                 learner->seed_text);
    lln_writer_entry *entries = cli_alloc(count, sizeof *entries);
    char *keys = cli_alloc(count, KEY);
    for (size_t i = 0; i < count; i++) {
        char *key = keys + i * KEY;
        snprintf(key, KEY, "layers.%zu.%c", i / ROLES, "qkv"[i % ROLES]);
        entries[i] =
            (lln_writer_entry){.key = key,
                               .dtype = LLN_DTYPE_F32,
                               .axes = 4,
                               .shape = {heads->count, heads->head_count,
                                         heads->tokens, heads->size}};
    }
    lln_status status = side_file_open(name, &out);
    if (status == LLN_OK)
        status = side_file_close(
            write_heads(heads, entries, find_format("dump", name), out));
    free(entries);
    free(keys);
    free(name);
    return status;
}

lln_status train_files_save(const train_learner *learner)
{
    const char *pattern = train_asked.save;
    FILE *out;
    if (!pattern)
        return LLN_OK;
    char *name = train_file_name(pattern, learner->model.attention.name,
                                 learner->seed_text);
    lln_status status = side_file_open(name, &out);
    if (status == LLN_OK)
        status = side_file_close(
            lln_weights_write(&learner->model, out, find_format("save", name)));
    free(name);
    return status;
}
