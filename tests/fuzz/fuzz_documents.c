/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Fuzzes the reader of documents. The first byte is the number of keys. */
#include "heads/documents.h"

#include "replay.h"

enum { MOST = 256 }; /* keys */

/* Each key is in a run of keys, which is that of its neighbours in it. */
static void read_runs(const lln_document_list *documents)
{
    size_t first[MOST], end[MOST], keys = documents->tokens;
    lln_positions positions;
    require(documents->entries > 0, "documents without entries");
    for (size_t b = 0; b < documents->entries; b++) {
        lln_documents_fill(documents, b, 0, keys, first, end);
        for (size_t j = 0; j < keys; j++)
            require(first[j] <= j && j < end[j] && end[j] <= keys &&
                        first[end[j] - 1] == first[j],
                    "a key outside of its document");
    }
    require(lln_documents_restart(documents, &positions) == LLN_OK,
            "positions of documents");
    for (size_t j = 0; j < keys; j++)
        require(lln_position_at(&positions, documents->entries - 1, 0, j, 0) ==
                    (double)(j - first[j]),
                "a position that is not the place in the document");
    lln_positions_free(&positions);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
    lln_document_list documents;
    if (size == 0)
        return 0;
    for (int round = 0; round < 2; round++) {
        size_t keys = round == 0 ? 1 + bytes[0] % (MOST - 1) : 24;
        lln_status status =
            lln_documents_parse("fuzz", bytes + (round == 0),
                                size - (round == 0), keys, &documents);
        if (status == LLN_OK)
            read_runs(&documents);
        else /* another number of keys than asked for is LLN_EINVAL */
            require_message(status == LLN_EINVAL ? LLN_EFORMAT : status);
        lln_documents_free(&documents);
    }
    return 0;
}
