/*
 * signals.h - SIGINT, SIGTERM and SIGHUP as something an event loop can wait for.
 *
 * The first signal makes signals_fd() readable and signals_pending() non-zero: the run cancels its statement, records
 * and exits. A second one ends the process at once with 128+n; what that leaves behind is what a kill -9 leaves.
 */
#ifndef MIGRATE_BASE_SIGNALS_H
#define MIGRATE_BASE_SIGNALS_H

void signals_install(void); /* once, before the first connection; SIGPIPE is ignored from then on */
void signals_forget(void);  /* in a child of fork(), behind process_clean_child(): none came, signals_install() begins anew */
int signals_fd(void);       /* readable once a signal came; -1 before signals_install() */
int signals_pending(void);  /* the signal's number, or 0 */

#endif
