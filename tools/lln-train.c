/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * lln-train: trains small transformers with each attention, and measures their
 * heads during training. */

#include <math.h>
#include <string.h>

#include "command.h"
#include "message.h"
#include "options.h"
#include "train.h"
#include "train/attention.h"

#define ASKED(field) (&train_asked.field)

/* Sizes multiply; this keeps their products far from overflow. */
enum { MOST_SIZE = 1 << 16, MOST_COUNT = 1 << 30 };

static const cli_option option_table[] = {
    {"task", 0, CLI_TEXT, "images|recall",
     "classify images, or recall values by their keys (images)", ASKED(task), 0,
     0, false},
    {"images", 0, CLI_TEXT, "FILE",
     "training images, in IDX or .npy (those of Fashion-MNIST)", ASKED(images),
     0, 0, false},
    {"labels", 0, CLI_TEXT, "FILE", "their classes, from 0", ASKED(labels), 0,
     0, false},
    {"test-images", 0, CLI_TEXT, "FILE",
     "held-out images (those of Fashion-MNIST; with --images the last ones)",
     ASKED(test_images), 0, 0, false},
    {"test-labels", 0, CLI_TEXT, "FILE", "their classes", ASKED(test_labels), 0,
     0, false},
    {"train", 0, CLI_COUNT, "N",
     "train on the first N images; 0: on all (12000; with --images 0)",
     ASKED(train), 0, MOST_COUNT, false},
    {"test", 0, CLI_COUNT, "N",
     "number of held-out examples; 0: all images (2000; with --test-images 0; "
     "with --task recall 500)",
     ASKED(test), 0, MOST_COUNT, false},
    {"patch", 0, CLI_COUNT, "N",
     "width and height in pixels of the patch that makes a token (4)",
     ASKED(patch), 1, MOST_SIZE, false},
    {"classes", 0, CLI_COUNT, "N", "number of classes of images (10)",
     ASKED(classes), 2, MOST_SIZE, false},
    {"tokens", 'n', CLI_COUNT, "N",
     "with --task recall, number of tokens of an example, at least 4 (64)",
     ASKED(tokens), 4, MOST_SIZE, false},
    {"pairs", 0, CLI_COUNT, "N",
     "with --task recall, number of keys with a value (a quarter of the "
     "tokens, at most 16)",
     ASKED(pairs), 1, MOST_SIZE, false},
    {"vocabulary", 0, CLI_COUNT, "N",
     "with --task recall, number of different tokens, at least 4, half of them "
     "keys "
     "(64, or four times the pairs if that is more)",
     ASKED(vocabulary), 4, MOST_SIZE, false},
    {"kernel", 0, CLI_LIST, "LIST",
     "attention to train with, each as name[:parameter=value]... "
     "(softmax,lln)",
     ASKED(kernels), 0, 0, false},
    {"width", 0, CLI_COUNT, "N", "features of a token (64)", ASKED(width), 1,
     MOST_SIZE, false},
    {"depth", 0, CLI_COUNT, "N", "number of layers (2)", ASKED(depth), 1, 1024,
     false},
    {"head-count", 0, CLI_COUNT, "N", "number of heads of a layer (4)",
     ASKED(head_count), 1, 1024, false},
    {"mlp", 0, CLI_COUNT, "N",
     "hidden units of the MLP of a layer (twice the width)", ASKED(mlp), 1,
     MOST_SIZE, false},
    {"steps", 0, CLI_COUNT, "N",
     "training steps; 0 only evaluates (those of --epochs; with --task recall "
     "800)",
     ASKED(steps), 0, MOST_COUNT, false},
    {"epochs", 0, CLI_COUNT, "N", "passes over the training images (2)",
     ASKED(epochs), 1, 100000, false},
    {"batch", 0, CLI_COUNT, "N", "examples of a step (64)", ASKED(batch), 1,
     MOST_SIZE, false},
    {"rate", 0, CLI_REAL, "X",
     "highest learning rate of AdamW (0.001; with --task recall 0.003)",
     ASKED(rate), 0, INFINITY, true},
    {"warm-up", 0, CLI_COUNT, "N",
     "steps in which the learning rate rises; then it falls to 0 as a cosine "
     "(a twentieth of the steps)",
     ASKED(warm_up), 0, MOST_COUNT, false},
    {"decay", 0, CLI_REAL, "X", "weight decay of AdamW (0.01)", ASKED(decay), 0,
     1e6, false},
    {"clip", 0, CLI_REAL, "X",
     "scale a gradient down to this norm if its norm is larger; 0: never (0)",
     ASKED(clip), 0, 1e300, false},
    {"every", 0, CLI_COUNT, "N",
     "steps from one row of the table to the next (a quarter of the steps)",
     ASKED(every), 1, MOST_COUNT, false},
    {"seeds", 0, CLI_LIST, "LIST",
     "train with each of these seeds; rows are averages, with standard errors "
     "(1)",
     ASKED(seeds), 0, 0, false},
    {"examples", 0, CLI_COUNT, "N",
     "number of held-out examples whose heads are measured and dumped (8)",
     ASKED(examples), 1, MOST_SIZE, false},
    {"dump", 0, CLI_TEXT, "FILE",
     "write q, k and v of the last evaluation to this .npz or .safetensors "
     "file; {kernel} and {seed} in the name are replaced",
     ASKED(dump), 0, 0, false},
    {"save", 0, CLI_TEXT, "FILE",
     "write the weights to this .npz or .safetensors file at the end, named in "
     "the same way",
     ASKED(save), 0, 0, false},
    {"load", 0, CLI_TEXT, "FILE",
     "begin with the weights of this file, which --save wrote", ASKED(load), 0,
     0, false},
    {0},
};

static const char *const shared_names[] = {
    "output",     "format",  "columns", "precision", "no-header",
    "comments",   "threads", "double",  "each",      "fail-below",
    "fail-above", "quiet",   NULL};

static cli_option shared[sizeof shared_names / sizeof *shared_names];

static const cli_text texts[] = {
    {"double", "train in float64 (float32)"},
    {"each", "print a row for each seed and layer instead of averages"},
    {0},
};

static bool find_kernel(size_t index, cli_text *text)
{
    const lln_train_kernel *kernel = lln_train_kernel_at(index);
    if (kernel)
        *text = (cli_text){kernel->name, kernel->summary};
    return kernel;
}

static bool find_parameter(const char *kernel, size_t index, cli_text *text,
                           const char *const **words)
{
    lln_kernel_parameter parameter;
    if (!lln_train_parameter_at(kernel, index, &parameter))
        return false;
    *text = (cli_text){parameter.name, parameter.summary};
    *words = parameter.words;
    return true;
}

static const cli_tool tool = {
    .name = "lln-train",
    .summary = "train a small transformer with each attention",
    .usage = "[OPTION]...",
    .options = option_table,
    .shared = shared,
    .kernel = find_kernel,
    .parameter = find_parameter,
    .texts = texts,
    .without = "Without --images, images are those of Fashion-MNIST.",
};

/* Refuses options of the other task. */
static void check_task(void)
{
    static const char *const of_images[] = {
        "images", "labels",  "test-images", "test-labels", "train",
        "patch",  "classes", "epochs",      NULL};
    static const char *const of_recall[] = {"tokens", "pairs", "vocabulary",
                                            NULL};
    if (strcmp(train_asked.task, "images") != 0 && !train_recalls())
        cli_usage("--task: expected images or recall, found '%s'",
                  train_asked.task);
    const char *other =
        cli_first_given(train_recalls() ? of_images : of_recall);
    if (other)
        cli_usage("--%s cannot be used with --task %s", other,
                  train_asked.task);
}

/* Images and labels are given together. */
static void check_pair(const char *name, const char *other)
{
    if (cli_given(name) && !cli_given(other))
        cli_usage("--%s needs --%s", name, other);
}

static void check_options(void)
{
    options_check();
    if (run_shared.file)
        cli_usage("'%s': expected only options; name images with --images",
                  run_shared.file);
    check_task();
    check_pair("images", "labels");
    check_pair("labels", "images");
    check_pair("test-images", "test-labels");
    check_pair("test-labels", "test-images");
    check_pair("test-images", "images");
    if (cli_given("steps") && cli_given("epochs"))
        cli_usage("--epochs cannot be used with --steps");
}

int main(int argc, char **argv)
{
    options_copy(shared_names, shared);
    command_start(&tool, argc, argv);
    check_options();
    return train_write();
}
