/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "heads/turns.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "core/memory.h"

enum { KEPT = 4 }; /* turns that nobody uses */

typedef struct kept_turns {
    lln_turns turns;
    double *f;                         /* [pairs] */
    size_t section[LLN_ROPE_SECTIONS]; /* their sizes */
    bool interleaved;
    double attention;
    size_t entry, padding;
    size_t users;
    struct kept_turns *next; /* used less recently */
} kept_turns;

struct lln_turns_cache {
    pthread_mutex_t lock; /* of all that follows */
    kept_turns *first;
};

lln_turns_cache *lln_turns_cache_alloc(void)
{
    lln_turns_cache *cache = calloc(1, sizeof *cache);
    if (cache)
        pthread_mutex_init(&cache->lock, NULL);
    return cache;
}

static void free_kept(kept_turns *kept)
{
    free(kept->turns.cosine);
    free(kept->turns.sine);
    free(kept->f);
    free(kept);
}

void lln_turns_cache_free(lln_turns_cache *cache)
{
    if (!cache)
        return;
    while (cache->first) {
        kept_turns *next = cache->first->next;
        free_kept(cache->first);
        cache->first = next;
    }
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

/* Sizes of the sections; all pairs are in the first one if positions have one
 * column. */
static void find_sections(const lln_turns_key *key,
                          size_t section[LLN_ROPE_SECTIONS])
{
    memset(section, 0, LLN_ROPE_SECTIONS * sizeof *section);
    for (size_t i = 0;
         i < key->rope->section_count && key->positions->columns > 1; i++)
        section[i] = key->rope->sections[i];
}

static bool is_same(const kept_turns *kept, const lln_turns_key *key)
{
    size_t section[LLN_ROPE_SECTIONS];
    bool table = key->positions->numbers != NULL;
    find_sections(key, section);
    return kept->turns.pairs == key->pairs && kept->turns.rows >= key->count &&
           kept->attention == key->attention &&
           memcmp(kept->section, section, sizeof section) == 0 &&
           (section[0] == 0 || kept->interleaved == key->rope->interleaved) &&
           memcmp(kept->f, key->f, key->pairs * sizeof *key->f) == 0 &&
           (!table ||
            (kept->entry == key->entry && kept->padding == key->padding));
}

static void fill_row(const lln_turns_key *key, size_t j, kept_turns *kept)
{
    size_t columns = key->positions->numbers ? key->positions->columns : 1;
    double position[LLN_POSITION_COLUMNS] = {0};
    double *cosine = kept->turns.cosine + j * key->pairs;
    double *sine = kept->turns.sine + j * key->pairs;
    for (size_t i = 0; i < columns; i++)
        position[i] =
            lln_position_at(key->positions, key->entry, key->padding, j, i);
    for (size_t c = 0; c < key->pairs; c++) {
        double angle =
            position[lln_rope_column(key->rope, columns, c)] * key->f[c];
        cosine[c] = key->attention * cos(angle);
        sine[c] = key->attention * sin(angle);
    }
}

static kept_turns *make_turns(const lln_turns_key *key)
{
    size_t size;
    kept_turns *kept = calloc(1, sizeof *kept);
    if (!kept || lln_size_multiply(key->count, key->pairs, &size) != LLN_OK) {
        free(kept);
        return NULL;
    }
    kept->turns = (lln_turns){
        .rows = key->count,
        .pairs = key->pairs,
        .cosine = lln_array_alloc_raw(size, sizeof(double)),
        .sine = lln_array_alloc_raw(size, sizeof(double)),
    };
    kept->f = lln_array_alloc(key->pairs, sizeof *kept->f);
    if (!kept->turns.cosine || !kept->turns.sine || !kept->f) {
        free_kept(kept);
        return NULL;
    }
    memcpy(kept->f, key->f, key->pairs * sizeof *kept->f);
    find_sections(key, kept->section);
    kept->interleaved = key->rope->interleaved;
    kept->attention = key->attention;
    kept->entry = key->entry;
    kept->padding = key->padding;
#pragma omp parallel for
    for (size_t j = 0; j < key->count; j++)
        fill_row(key, j, kept);
    return kept;
}

/* Frees turns that nobody uses, but for the first KEPT. */
static void drop_old(lln_turns_cache *cache)
{
    size_t idle = 0;
    kept_turns **link = &cache->first;
    while (*link) {
        kept_turns *here = *link;
        idle += here->users == 0;
        if (here->users == 0 && idle > KEPT) {
            *link = here->next;
            free_kept(here);
        } else {
            link = &here->next;
        }
    }
}

/* Takes the turns out of the list, or makes them; NULL: no memory. */
static kept_turns *find_turns(lln_turns_cache *cache, const lln_turns_key *key)
{
    for (kept_turns **link = &cache->first; *link; link = &(*link)->next)
        if (is_same(*link, key)) {
            kept_turns *found = *link;
            *link = found->next;
            return found;
        }
    drop_old(cache);
    return make_turns(key);
}

lln_status lln_turns_take(lln_turns_cache *cache, const lln_turns_key *key,
                          const lln_turns **turns)
{
    pthread_mutex_lock(&cache->lock);
    kept_turns *kept = find_turns(cache, key);
    if (kept) {
        kept->users++;
        kept->next = cache->first;
        cache->first = kept;
        *turns = &kept->turns;
    }
    pthread_mutex_unlock(&cache->lock);
    return kept ? LLN_OK : lln_fail(LLN_ENOMEM, "out of memory");
}

void lln_turns_give(lln_turns_cache *cache, const lln_turns *turns)
{
    pthread_mutex_lock(&cache->lock);
    kept_turns *kept = cache->first;
    while (kept && &kept->turns != turns)
        kept = kept->next;
    if (kept)
        kept->users--;
    pthread_mutex_unlock(&cache->lock);
}
