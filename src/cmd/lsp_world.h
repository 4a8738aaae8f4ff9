/*
 * lsp_world.h - the schema that a document of an editor stands on: the earlier files of its folder, replayed.
 *
 * It is kept from one keystroke to the next, and made anew when one of those files, the catalog file or the settings changed.
 */
#ifndef MIGRATE_CMD_LSP_WORLD_H
#define MIGRATE_CMD_LSP_WORLD_H

#include "catalog/file.h"
#include "cmd/context.h"
#include "cmd/lint_files.h"

/* Texts that stand for files: what editors have not saved yet. */
struct lsp_texts {
    bool (*text_of)(const void *self, struct str path, struct str *text, int64_t *version);
    const void *self;
};

struct lsp_world {
    struct context *c;
    struct arena names, model;
    struct catalog catalog;
    struct catalog_info info;
    struct judge_options options;
    const struct layout *layout;
    struct judge judge; /* that replayed the earlier files */
    bool made;
    struct str key;            /* what it was made of; in `names` */
    struct lint_file document; /* the file itself */
    bool undoes;               /* by its name it undoes the last of the earlier ones */
};

void lsp_world_init(struct lsp_world *w, struct context *c);
void lsp_world_free(struct lsp_world *w);
/* Forget it: settings or rules changed. */
void lsp_world_forget(struct lsp_world *w);
/* Make it for the document of this path, unless it is made. Errors as lint's. */
NODISCARD enum status lsp_world_make(struct lsp_world *w, struct str path, const struct lsp_texts *texts,
                                     struct error *err);

/* What is wanted of a judging: more is slower. */
enum lsp_judging {
    LSP_FINDINGS,
    LSP_STATEMENTS, /* the statements, too */
    LSP_FIXES,      /* and the drafts of the findings' fixes */
};

/*
 * Judge the document's text on it, for a server version (0: the one of the settings), and leave the world as it was. `take` is called for each
 * part while what it points to is there; memory of parts is the arena's.
 */
NODISCARD enum status lsp_world_judge(struct lsp_world *w, struct str text, int server_version,
                                      enum lsp_judging judging, struct arena *a,
                                      void (*take)(void *self, const struct judged_part *part), void *self,
                                      struct error *err);

#endif
