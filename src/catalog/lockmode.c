#include "catalog/lockmode.h"

static const struct {
    const char *name;
    const char *catalog_name;
    uint16_t conflicts; /* bit per enum lock_mode; manual, table "Conflicting Lock Modes" */
} modes[] = {
    [LOCK_NONE] = {"none", "NoLock", 0},
    [LOCK_ACCESS_SHARE] = {"ACCESS SHARE", "AccessShareLock", 1 << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_ROW_SHARE] = {"ROW SHARE", "RowShareLock", 1 << LOCK_EXCLUSIVE | 1 << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_ROW_EXCLUSIVE] = {"ROW EXCLUSIVE", "RowExclusiveLock",
                            1 << LOCK_SHARE | 1 << LOCK_SHARE_ROW_EXCLUSIVE | 1 << LOCK_EXCLUSIVE |
                                1 << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_SHARE_UPDATE_EXCLUSIVE] = {"SHARE UPDATE EXCLUSIVE", "ShareUpdateExclusiveLock",
                                     1 << LOCK_SHARE_UPDATE_EXCLUSIVE | 1 << LOCK_SHARE |
                                         1 << LOCK_SHARE_ROW_EXCLUSIVE | 1 << LOCK_EXCLUSIVE |
                                         1 << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_SHARE] = {"SHARE", "ShareLock",
                    1 << LOCK_ROW_EXCLUSIVE | 1 << LOCK_SHARE_UPDATE_EXCLUSIVE | 1 << LOCK_SHARE_ROW_EXCLUSIVE |
                        1 << LOCK_EXCLUSIVE | 1 << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_SHARE_ROW_EXCLUSIVE] = {"SHARE ROW EXCLUSIVE", "ShareRowExclusiveLock",
                                  1 << LOCK_ROW_EXCLUSIVE | 1 << LOCK_SHARE_UPDATE_EXCLUSIVE | 1 << LOCK_SHARE |
                                      1 << LOCK_SHARE_ROW_EXCLUSIVE | 1 << LOCK_EXCLUSIVE | 1 << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_EXCLUSIVE] = {"EXCLUSIVE", "ExclusiveLock",
                        1 << LOCK_ROW_SHARE | 1 << LOCK_ROW_EXCLUSIVE | 1 << LOCK_SHARE_UPDATE_EXCLUSIVE |
                            1 << LOCK_SHARE | 1 << LOCK_SHARE_ROW_EXCLUSIVE | 1 << LOCK_EXCLUSIVE |
                            1 << LOCK_ACCESS_EXCLUSIVE},
    [LOCK_ACCESS_EXCLUSIVE] = {"ACCESS EXCLUSIVE", "AccessExclusiveLock",
                               1 << LOCK_ACCESS_SHARE | 1 << LOCK_ROW_SHARE | 1 << LOCK_ROW_EXCLUSIVE |
                                   1 << LOCK_SHARE_UPDATE_EXCLUSIVE | 1 << LOCK_SHARE | 1 << LOCK_SHARE_ROW_EXCLUSIVE |
                                   1 << LOCK_EXCLUSIVE | 1 << LOCK_ACCESS_EXCLUSIVE},
};

const char *lock_mode_name(enum lock_mode mode)
{
    return modes[mode].name;
}

const char *lock_mode_catalog_name(enum lock_mode mode)
{
    return modes[mode].catalog_name;
}

bool lock_mode_parse(struct str name, enum lock_mode *mode)
{
    for (size_t i = 0; i < countof(modes); i++) {
        if (str_eq_nocase(name, str_of(modes[i].name)) || str_eq_nocase(name, str_of(modes[i].catalog_name))) {
            *mode = (enum lock_mode)i;
            return true;
        }
    }
    return false;
}

bool lock_conflicts(enum lock_mode a, enum lock_mode b)
{
    return (modes[a].conflicts >> b & 1) != 0;
}

void lock_add_conflicting(enum lock_mode mode, struct strbuf *out)
{
    for (enum lock_mode m = LOCK_ACCESS_SHARE; m <= LOCK_ACCESS_EXCLUSIVE; m++) {
        if (lock_conflicts(mode, m)) {
            strbuf_addf(out, " %s ", lock_mode_catalog_name(m));
        }
    }
}

enum lock_blocks lock_blocks(enum lock_mode mode)
{
    if (lock_conflicts(mode, LOCK_ACCESS_SHARE)) {
        return BLOCKS_READS;
    }
    if (lock_conflicts(mode, LOCK_ROW_EXCLUSIVE)) {
        return BLOCKS_WRITES;
    }
    return lock_conflicts(mode, LOCK_SHARE_UPDATE_EXCLUSIVE) ? BLOCKS_DDL : BLOCKS_NONE;
}

const char *lock_blocks_name(enum lock_blocks blocks)
{
    static const char *const names[] = {"none", "ddl", "writes", "reads"};
    return names[blocks];
}
