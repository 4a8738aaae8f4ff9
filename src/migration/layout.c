#include "migration/layout.h"

static const struct layout *const layouts[] = {
    &layout_native,
    &layout_plain,
};

const struct layout *layout_at(size_t i)
{
    return i < countof(layouts) ? layouts[i] : NULL;
}

const struct layout *layout_find(struct str name)
{
    for (size_t i = 0; i < countof(layouts); i++) {
        if (str_eq(name, str_of(layouts[i]->name))) {
            return layouts[i];
        }
    }
    return NULL;
}
