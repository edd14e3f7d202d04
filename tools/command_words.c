/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "command_words.h"

#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "message.h"

static int word_count;
static char **words; /* of the command line */
static const cli_option *shared;

/* Which option a word belongs to. getopt_long moves words, but keeps their
 * pointers. */
static struct {
    const char *word;
    const cli_option *option;
} * owners;
static int owner_count;

void command_words_keep(int argc, char **argv, const cli_option *options)
{
    word_count = argc;
    words = argv;
    shared = options;
    owners = cli_alloc(2 * (size_t)argc, sizeof *owners);
}

void command_words_own(const cli_option *option, int first, int end)
{
    for (int i = first; i < end; i++) {
        owners[owner_count].word = words[i];
        owners[owner_count++].option = option;
    }
}

/* Prints a word in the quotes that a shell needs. Line ends, which would end
 * the comment, become '?'. */
static void print_word(const char *word, FILE *out)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                "0123456789-_=:,./+@%";
    if (*word != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    putc('\'', out);
    for (size_t length; *word; word += length) {
        uint32_t code;
        length = lln_text_character(word, &code);
        if (*word == '\'')
            fputs("'\\''", out);
        else if (code != '\t' && lln_text_is_control(code))
            putc('?', out);
        else
            fwrite(word, 1, length, out);
    }
    putc('\'', out);
}

/* The option that the word is, or is the value of; NULL: an operand. */
static const cli_option *owner_of(const char *word)
{
    for (int i = 0; i < owner_count; i++)
        if (owners[i].word == word)
            return owners[i].option;
    return NULL;
}

static bool is_shared(const cli_option *option)
{
    for (const cli_option *row = shared; row && row->name; row++)
        if (row == option)
            return true;
    return false;
}

static bool is_among(const char *name, const char *const *names)
{
    while (*names && strcmp(*names, name) != 0)
        names++;
    return *names != NULL;
}

static void print_next(const char *text, FILE *out)
{
    char *word = lln_text_clean(text);
    if (!word)
        cli_fail("out of memory");
    putc(' ', out);
    print_word(word, out);
    free(word);
}

void command_words_print(FILE *out)
{
    fputs(cli_name(), out);
    for (int i = 1; i < word_count; i++) {
        const cli_option *option = owner_of(words[i]);
        if (!option || strcmp(option->name, "resume") != 0)
            print_next(words[i], out);
    }
}

/* The operand that names the file: its own name, or else a name with {step},
 * for which the file has a number. NULL: there is no such operand. */
static const char *operand_of(const char *file)
{
    const char *found = NULL;
    for (int i = 1; file && i < word_count; i++) {
        if (owner_of(words[i]))
            continue;
        if (strcmp(words[i], file) == 0)
            return words[i];
        if (!found && strstr(words[i], "{step}"))
            found = words[i];
    }
    return found;
}

void command_words_print_related(FILE *out, const char *tool, const char *file,
                                 const char *const *without)
{
    const char *operand = operand_of(file);
    fputs(tool, out);
    for (int i = 1; i < word_count; i++) {
        const cli_option *option = owner_of(words[i]);
        if (option ? is_shared(option) && !is_among(option->name, without)
                   : !operand)
            print_next(words[i], out);
        else if (words[i] == operand)
            print_next(file, out);
    }
}
