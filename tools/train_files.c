/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "train_files.h"

#include <ctype.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "message.h"
#include "options.h"
#include "output.h"
#include "side_file.h"
#include "temporary.h"
#include "tensor/mapping.h"
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
    char path[PATH_MAX]; /* with links of the last part resolved */
} named_file;

/* inputs: files that are read [input_count], then NULL. */
typedef struct {
    named_file *files; /* [count] */
    char **inputs;
    size_t count, input_count;
} file_list;

static void add_input(file_list *list, const char *name)
{
    if (name)
        list->inputs[list->input_count++] = cli_copy(name);
}

/* Whether two paths are the same name in the same folder. */
static bool same_path(const char *a, const char *b)
{
    const char *const paths[] = {a, b};
    struct stat folders[2];
    int length[2];
    for (int i = 0; i < 2; i++) {
        char folder[PATH_MAX];
        length[i] = temporary_folder(paths[i]);
        snprintf(folder, sizeof folder, "%.*s", length[i], paths[i]);
        if (stat(length[i] > 0 ? folder : ".", &folders[i]) != 0)
            return false;
    }
    return strcmp(a + length[0], b + length[1]) == 0 &&
           lln_mapping_same_file(&folders[0], &folders[1]);
}

static void add_file(file_list *list, const char *option, char *name)
{
    named_file *file = &list->files[list->count];
    *file = (named_file){.option = option, .name = name};
    if (temporary_resolve(name, file->path) < 0)
        cli_fail("%s: %s", name, strerror(errno));
    for (size_t i = 0; i < list->count; i++) {
        const char *other = list->files[i].option;
        if (!same_path(list->files[i].path, file->path))
            continue;
        if (strcmp(other, option) == 0)
            cli_usage("--%s: '%s': the same file for several kernels or seeds; "
                      "put {kernel} or {seed} into the name",
                      option, name);
        cli_usage("--%s and --%s name the same file: '%s'", other, option,
                  name);
    }
    list->count++;
}

/* Adds the files of one model. */
static void add_model(file_list *list, const char *kernel, const char *seed)
{
    const train_options *o = &train_asked;
    const char *options[] = {"dump", "save"}, *patterns[] = {o->dump, o->save};
    if (o->load)
        list->inputs[list->input_count++] =
            train_file_name(o->load, kernel, seed);
    for (size_t i = 0; i < 2; i++)
        if (patterns[i]) {
            char *name = train_file_name(patterns[i], kernel, seed);
            (void)find_format(options[i], name);
            add_file(list, options[i], name);
        }
}

static void check_files(const file_list *list)
{
    for (size_t i = 0; i < list->input_count; i++)
        cli_refuse_overwrite(list->inputs[i]);
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->files[i].option, "output") != 0)
            side_file_check(list->files[i].name,
                            (const char *const *)list->inputs);
}

static void free_files(file_list *list)
{
    for (size_t i = 0; i < list->count; i++)
        free(list->files[i].name);
    for (size_t i = 0; i < list->input_count; i++)
        free(list->inputs[i]);
    free(list->files);
    free(list->inputs);
}

void train_files_check(const lln_train_attention *kernels, size_t kernel_count,
                       const char *const *seeds, size_t seed_count)
{
    const train_options *o = &train_asked;
    const char *const images[] = {o->images, o->labels, o->test_images,
                                  o->test_labels};
    size_t models = kernel_count * seed_count;
    file_list list = {cli_alloc(1 + 2 * models, sizeof *list.files),
                      cli_alloc(5 + models, sizeof *list.inputs), 0, 0};
    for (size_t i = 0; i < 4 && !train_recalls(); i++)
        add_input(&list, images[i]);
    if (cli_partial_name())
        add_file(&list, "output", cli_copy(run_shared.output));
    for (size_t k = 0; k < kernel_count; k++)
        for (size_t s = 0; s < seed_count; s++)
            add_model(&list, kernels[k].name, seeds[s]);
    check_files(&list);
    free_files(&list);
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
