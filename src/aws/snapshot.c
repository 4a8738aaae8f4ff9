#include "aws/snapshot.h"

#include "base/clock.h"

/* ---- names ---- */

enum { SOURCE_MAX = 31, KEY_MAX = 128, VALUE_MAX = 256 };

static const struct str prefix = STR_INIT("migrate-");

void snapshot_id(const char *source, int64_t when, const char *run_id, char out[SNAPSHOT_ID_MAX + 1])
{
    char name[SOURCE_MAX + 1], date[17];
    size_t n = 0;
    for (const char *c = source; *c && n < SOURCE_MAX; c++) {
        const char lower = *c >= 'A' && *c <= 'Z' ? (char)(*c - 'A' + 'a') : *c;
        const bool plain = (lower >= 'a' && lower <= 'z') || (lower >= '0' && lower <= '9');
        if (plain || (n > 0 && name[n - 1] != '-')) {
            name[n++] = plain ? lower : '-';
        }
    }
    while (n > 0 && name[n - 1] == '-') {
        n--;
    }
    name[n] = '\0';
    sigv4_date(when, date);
    snprintf(out, SNAPSHOT_ID_MAX + 1, "%s%s%s%.8st%.6sz-%.6s", prefix.p, name, n > 0 ? "-" : "", date, date + 9,
             run_id);
}

static bool only(struct str s, const char *allowed)
{
    for (size_t i = 0; i < s.n; i++) {
        if (!strchr(allowed, s.p[i]) || s.p[i] == '\0') {
            return false;
        }
    }
    return s.n > 0;
}

bool snapshot_id_is_ours(struct str id)
{
    /* …-yyyymmddthhmmssz-xxxxxx */
    if (id.n < prefix.n + 23 || id.n > SNAPSHOT_ID_MAX || !str_starts(id, prefix)) {
        return false;
    }
    const struct str tail = str_slice(id, id.n - 23, id.n);
    return only(str_slice(tail, 0, 8), "0123456789") && tail.p[8] == 't' &&
           only(str_slice(tail, 9, 15), "0123456789") && tail.p[15] == 'z' && tail.p[16] == '-' &&
           only(str_slice(tail, 17, 23), "0123456789abcdef");
}

/* ---- tags ---- */

void snapshot_tag(struct rds_tags *tags, struct arena *a, const char *key, struct str value)
{
    char text[VALUE_MAX + 1];
    size_t n = 0;
    for (size_t i = 0; i < value.n && n < VALUE_MAX; i++) {
        const char c = value.p[i];
        const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        text[n++] = plain || (c != '\0' && strchr(" _.:/=+-@", c)) ? c : '_';
    }
    *vec_push(a, tags) =
        (struct rds_tag){arena_str(a, str_slice(str_of(key), 0, KEY_MAX)), arena_str(a, (struct str){text, n})};
}

bool snapshot_is_ours(const struct rds_snapshot *s)
{
    return str_eq(s->type, STR("manual")) && snapshot_id_is_ours(s->id) &&
           str_eq(rds_tag_value(&s->tags, "migrate:tool"), STR("migrate"));
}

/* ---- taking one ---- */

enum status snapshot_find(struct aws *aws, bool of_cluster, const char *id, struct arena *a, bool *found,
                          struct rds_snapshot *out, struct error *err)
{
    struct rds_snapshots list;
    const enum status status = rds_find_snapshots(aws, of_cluster, id, NULL, a, &list, err);
    *found = !status && list.n > 0;
    if (*found) {
        *out = list.at[0];
    }
    return status;
}

static bool is_of_run(const struct rds_snapshot *s, const struct snapshot_spec *spec)
{
    const struct str run = rds_tag_value(&s->tags, "migrate:run-id");
    return str_eq(run, str_of(spec->run_id)) || (spec->earlier_run && str_eq(run, str_of(spec->earlier_run)));
}

/* The id is taken: is it by us? */
static enum status check_existing(const struct rds_target *t, const struct snapshot_spec *spec,
                                  const struct rds_snapshot *s, struct error *err)
{
    if (!str_eq(s->source, target_id(t)) || !is_of_run(s, spec)) {
        error_set(err, ST_REMOTE, "there is a snapshot %s already, and it is not of this run", spec->id);
        error_detail(err, "it is of %.*s, made %.*s", STR_ARG(s->source), STR_ARG(s->created));
        error_hint(err, "run it again: the next run takes another name");
        return ST_REMOTE;
    }
    return ST_OK;
}

static void hint_quota(struct aws *aws, const struct rds_target *t, struct arena *a, struct error *err)
{
    struct rds_snapshots list;
    struct error ignored;
    int64_t used, max;
    size_t ours = 0;
    if (!rds_find_snapshots(aws, t->is_cluster, NULL, NULL, a, &list, &ignored)) {
        for (size_t i = 0; i < list.n; i++) {
            ours += snapshot_is_ours(&list.at[i]);
        }
    }
    if (!rds_snapshot_quota(aws, t->is_cluster, &used, &max, &ignored) && max > 0) {
        error_hint(err, "%" PRId64 " of %" PRId64 " are used, %zu of them by migrate: migrate snapshot prune", used,
                   max, ours);
    } else {
        error_hint(err, "%zu of them are by migrate: migrate snapshot prune", ours);
    }
}

/* Have one of this id made, unless it is there. */
static enum status begin(struct aws *aws, struct rds_target *t, const struct snapshot_spec *spec, struct arena *a,
                         struct error *err)
{
    const int64_t until = clock_monotonic_ms() + spec->wait_ms;
    for (;;) {
        struct rds_snapshot s;
        bool found = false;
        enum fault fault = FAULT_NONE;
        /* The first question also after a crash, and after an answer that never came: there is no token that makes creating it idempotent. */
        enum status status = snapshot_find(aws, t->is_cluster, spec->id, a, &found, &s, err);
        if (!status && found) {
            return check_existing(t, spec, &s, err);
        }
        int64_t left = until - clock_monotonic_ms();
        status =
            status ? status : target_await(aws, t, left > 0 ? left : 0, spec->poll_ms, spec->tell, spec->arg, a, err);
        status = status ? status
                        : rds_create_snapshot(aws, t->is_cluster, spec->id, target_id(t).p, spec->tags, &fault, err);
        if (status != ST_REMOTE) {
            return status;
        }
        left = until - clock_monotonic_ms();
        if (fault == FAULT_EXISTS) {
            continue; /* an earlier try got through: found above */
        }
        if (fault == FAULT_TRANSIENT && left > 0) {
            /* All tries were lost on the way; one of them may have been carried out. */
            struct error again;
            if (!snapshot_find(aws, t->is_cluster, spec->id, a, &found, &s, &again) && found) {
                return check_existing(t, spec, &s, err);
            }
            return status;
        }
        if (fault == FAULT_QUOTA) {
            hint_quota(aws, t, a, err);
            return status;
        }
        if (fault != FAULT_BUSY || left <= 0) {
            return status;
        }
        /* It was available a moment ago, and an automated backup began. */
        struct error lost;
        status = aws_sleep(aws, spec->poll_ms < left ? spec->poll_ms : left, &lost);
        status = status ? status : target_refresh(aws, t, a, &lost);
        if (status) {
            *err = lost;
            return status;
        }
    }
}

static int64_t jittered(int64_t ms)
{
    return ms * 8 / 10 + (int64_t)random_below((uint64_t)(ms * 4 / 10 + 1));
}

static enum status await(struct aws *aws, const struct rds_target *t, const struct snapshot_spec *spec, struct arena *a,
                         struct rds_snapshot *out, struct error *err)
{
    const int64_t begun = clock_monotonic_ms(), until = begun + spec->timeout_ms;
    for (unsigned i = 0;; i++) {
        bool found = false;
        struct strbuf text;
        const struct arena_mark mark = arena_mark(a);
        enum status status = snapshot_find(aws, t->is_cluster, spec->id, a, &found, out, err);
        if (status) {
            return status;
        }
        if (!found) {
            /* Describe may lag behind Create for a moment. */
            *out = (struct rds_snapshot){.id = str_of(spec->id), .status = STR("creating")};
        }
        const enum readiness r = status_readiness(out->status);
        if (r == READY) {
            return ST_OK;
        }
        if (r == NEVER) {
            return error_set(err, ST_REMOTE, "the snapshot %s is %.*s", spec->id, STR_ARG(out->status));
        }
        const int64_t now = clock_monotonic_ms();
        if (now >= until) {
            error_set(err, ST_REMOTE, "the snapshot %s is not done yet (%" PRId64 " %%)", spec->id, out->percent);
            error_hint(err, "nothing was changed, and the snapshot goes on; run again later, or wait longer with "
                            "--snapshot-timeout");
            return ST_REMOTE;
        }
        if (spec->tell) {
            strbuf_init(&text, 512);
            strbuf_addf(&text, "snapshot %s: %.*s, %" PRId64 " %%, ", spec->id, STR_ARG(out->status), out->percent);
            clock_duration(now - begun, &text);
            spec->tell(spec->arg, strbuf_cstr(&text), (int)out->percent);
            strbuf_free(&text);
        }
        int64_t ms = i == 0 ? spec->poll_ms / 3 : i == 1 ? spec->poll_ms * 2 / 3 : spec->poll_ms;
        ms = jittered(ms > 0 ? ms : 1);
        arena_rewind(a, mark);
        status = aws_sleep(aws, ms < until - now ? ms : until - now, err);
        if (status) {
            return status;
        }
    }
}

enum status snapshot_take(struct aws *aws, struct rds_target *t, const struct snapshot_spec *spec, struct arena *a,
                          struct rds_snapshot *out, struct error *err)
{
    enum status status = begin(aws, t, spec, a, err);
    status = status ? status : await(aws, t, spec, a, out, err);
    if (status == ST_INTERRUPTED) {
        error_detail(err, "the snapshot %s goes on; the next run takes it up", spec->id);
    }
    return status;
}

/* ---- pruning ---- */

const char *prune_name(enum prune p)
{
    static const char *const names[] = {
        [PRUNE_IT] = "delete",
        [KEEP_FOREIGN] = "keep: not by migrate",
        [KEEP_UNFINISHED] = "keep: not available",
        [KEEP_YOUNG] = "keep: young",
        [KEEP_NEWEST] = "keep: among the newest",
        [KEEP_PROTECTED] = "keep: of a run that did not end well",
    };
    return names[p];
}

static int newest_first(const void *a, const void *b)
{
    const struct rds_snapshot *x = a, *y = b;
    return x->created_at != y->created_at ? (x->created_at < y->created_at) - (x->created_at > y->created_at)
                                          : str_cmp(y->id, x->id);
}

void snapshot_prune_plan(struct rds_snapshots *list, const struct prune_rules *rules, enum prune *verdicts)
{
    int64_t ours = 0;
    if (list->n > 1) {
        qsort(list->at, list->n, sizeof(list->at[0]), newest_first);
    }
    for (size_t i = 0; i < list->n; i++) {
        const struct rds_snapshot *s = &list->at[i];
        if (!snapshot_is_ours(s)) {
            verdicts[i] = KEEP_FOREIGN;
        } else if (!str_eq(s->status, STR("available")) || s->created_at == 0) {
            verdicts[i] = KEEP_UNFINISHED;
        } else if (ours++ < rules->keep) {
            verdicts[i] = KEEP_NEWEST;
        } else if (rules->now - s->created_at < rules->older_than_s) {
            verdicts[i] = KEEP_YOUNG;
        } else if (rules->protect.n > 0 && str_eq(s->id, rules->protect)) {
            verdicts[i] = KEEP_PROTECTED;
        } else {
            verdicts[i] = PRUNE_IT;
        }
    }
}
