/*
 * tri.h - yes, no, or could not tell. The three are never merged: unknown is never safe.
 */
#ifndef MIGRATE_BASE_TRI_H
#define MIGRATE_BASE_TRI_H

enum tri { TRI_NO, TRI_YES, TRI_UNKNOWN };

static inline enum tri tri_of(bool b)
{
    return b ? TRI_YES : TRI_NO;
}

static inline enum tri tri_and(enum tri a, enum tri b)
{
    return a == TRI_NO || b == TRI_NO ? TRI_NO : a == TRI_UNKNOWN || b == TRI_UNKNOWN ? TRI_UNKNOWN : TRI_YES;
}

static inline enum tri tri_or(enum tri a, enum tri b)
{
    return a == TRI_YES || b == TRI_YES ? TRI_YES : a == TRI_UNKNOWN || b == TRI_UNKNOWN ? TRI_UNKNOWN : TRI_NO;
}

static inline enum tri tri_not(enum tri a)
{
    return a == TRI_UNKNOWN ? a : tri_of(a == TRI_NO);
}

#endif
