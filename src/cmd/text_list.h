/*
 * text_list.h - a list of texts, as options and keys hold it.
 */
#ifndef MIGRATE_CMD_TEXT_LIST_H
#define MIGRATE_CMD_TEXT_LIST_H

#include "base/vec.h"

VEC_DECLARE(text_list, const char *);

#endif
