#include "exec/event.h"

#include "base/error.h"

const char *event_kind_name(enum event_kind kind)
{
    switch (kind) {
    case EVENT_RUN_BEGIN:
        return "run-begin";
    case EVENT_RUN_LOCK_WAIT:
        return "run-lock-wait";
    case EVENT_PREFLIGHT:
        return "preflight";
    case EVENT_WINDOW:
        return "window";
    case EVENT_SNAPSHOT_WAIT:
        return "snapshot-wait";
    case EVENT_SNAPSHOT:
        return "snapshot";
    case EVENT_MIGRATION_BEGIN:
        return "migration-begin";
    case EVENT_MIGRATION_END:
        return "migration-end";
    case EVENT_STEP_BEGIN:
        return "step-begin";
    case EVENT_STEP_END:
        return "step-end";
    case EVENT_STEP_SKIPPED:
        return "step-skipped";
    case EVENT_STEP_RETRY:
        return "step-retry";
    case EVENT_WAIT_BEGIN:
        return "wait-begin";
    case EVENT_WAIT_END:
        return "wait-end";
    case EVENT_BLOCKED:
        return "blocked";
    case EVENT_TERMINATED:
        return "terminated";
    case EVENT_WATCHDOG:
        return "watchdog";
    case EVENT_BLIND:
        return "blind";
    case EVENT_PROGRESS:
        return "progress";
    case EVENT_ANALYZED:
        return "analyzed";
    case EVENT_REPAIR:
        return "repair";
    case EVENT_NOTICE:
        return "notice";
    case EVENT_METRIC:
        return "metric";
    case EVENT_UNMEASURED:
        return "unmeasured";
    case EVENT_RUN_END:
        return "run-end";
    }
    BUG("event kind %d", (int)kind);
}
