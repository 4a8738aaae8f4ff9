/*
 * fault.h - named points at which a test can let the process die.
 *
 * Compiled in with -DFAULTS, for the second binary that `make faults` builds; otherwise FAULT() is nothing, and migrate has none of the names
 * in it.
 * MIGRATE_FAULT=NAME:N ends the process by SIGKILL when the point NAME is passed for the Nth time; with MIGRATE_FAULT_DO='command' the
 * shell command is run there instead and the run goes on (it terminates a backend, restarts a server, sends a signal …).
 */
#ifndef MIGRATE_EXEC_FAULT_H
#define MIGRATE_EXEC_FAULT_H

#ifdef FAULTS
void fault_point(const char *name);
#    define FAULT(name) fault_point(name)
#else
#    define FAULT(name) ((void)0)
#endif

#endif
