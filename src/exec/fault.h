/*
 * fault.h - named points at which a test can let the process die.
 *
 * Compiled in with -DFAULTS, for the second binary that `make faults` builds; otherwise FAULT() is nothing, and migrate has none of the names
 * in it.
 * MIGRATE_FAULT=NAME:N ends the process by SIGKILL when the point NAME is passed for the Nth time; with MIGRATE_FAULT_DO='command' the
 * shell command is run there instead and the run goes on (it terminates a backend, restarts a server, sends a signal …).
 * MIGRATE_FAULT_LOG=FILE appends the name of each point that is passed, so that a test knows which there are.
 *
 * FAULT_WANTED(NAME) is true while that point is the one asked for, or when points are logged: for a point that the usual course does not have, in the middle of a message.
 */
#ifndef MIGRATE_EXEC_FAULT_H
#define MIGRATE_EXEC_FAULT_H

#ifdef FAULTS
void fault_point(const char *name);
bool fault_wanted(const char *name);
#    define FAULT(name)        fault_point(name)
#    define FAULT_WANTED(name) fault_wanted(name)
#else
#    define FAULT(name)        ((void)0)
#    define FAULT_WANTED(name) false
#endif

#endif
