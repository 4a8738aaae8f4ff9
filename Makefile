# migrate - build, test, install. `make demo` and `make check` are the two commands of the README.
#
#   make                 build ./migrate
#   make demo            install what is missing, build, walk the example on a throw-away PostgreSQL
#   make check           install what is missing, build, run every test
#   make SAN=1 check     the same under AddressSanitizer and UndefinedBehaviorSanitizer
#   make unit | cli | pg | faults    one kind of test;  T=pattern picks tests by name
#   make faults                every fault at every point of every kind of step; CI runs a slice of them
#   make check-matrix          the executor's tests on servers 13 to 18, from npm;  MAJORS='13 18' picks some
#   make docs            write man/migrate-rules.5 and docs/rules.md from rules/, man/migrate.yaml.5, docs/migrate.schema.json and a
#                        page for each command, man/migrate-up.1 and so on, from the program's tables
#   make verify-matrix   every form's examples on live servers 13 to 18, from npm
#   make check-corpus CORPUS=folder    lint each repository in it, and check what must hold of any input
#   make check-schemas CORPUS=folder   take public projects up, by migrate and otherwise, and compare the schemas;  T='name …' picks some
#   make lint            layers, banned constructs, format, manual pages
#   make fuzz            libFuzzer targets, FUZZ_SECONDS each
#   make peers           other tools, from npm, for tests of adopt and benchmarks; without them those are skipped
#   make bench           ratios against peers, in one run, as one table;  make bench-readme: that table into the README
#   make bench-lex CORPUS=folder    the lexer alone
#   make install PREFIX= DESTDIR=    make uninstall    make clean
#   make deb             a Debian package in build/deb, read by lintian;  make check-deb CHROOT=folder: install, try and remove it there
#   make dist            source and program as tarballs, in build/dist;  make check-dist: unpack and try it
#
# V=1 shows the commands. BUILD=dir keeps a second build apart. ROOMS='base sql' builds only these rooms (for work on a lower room).

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all

VERSION := 0.1.0
PREFIX ?= /usr/local
DESTDIR ?=
SAN ?=
V ?=
Q := $(if $(V),,@)
say = $(if $(V),,@echo '  $(1) $(2)')
CC := $(if $(filter default,$(origin CC)),gcc,$(CC))
IS_CLANG := $(findstring clang,$(CC))
BUILD ?= build/$(notdir $(lastword $(CC)))$(if $(SAN),-san)
# Bottom up: a room imports only rooms named before it (tools/layers checks it).
ROOMS ?= base sql migration catalog rules db plan exec aws report cmd

# -std=c17 with POSIX; _DEFAULT_SOURCE for d_type, getrandom and the like.
CPPFLAGS += -D_DEFAULT_SOURCE -D_POSIX_C_SOURCE=200809L -Isrc -I$(BUILD)/gen -include src/base/prelude.h \
            -DMIGRATE_VERSION='"$(VERSION)"'
# Empty where a package is built: a newer compiler may warn of more.
WERROR ?= -Werror
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wcast-qual -Wformat=2 -Wundef -Wvla \
        -Wwrite-strings -Wpointer-arith -Wstrict-prototypes -Wmissing-prototypes -Wredundant-decls \
        -Wimplicit-fallthrough -Wdouble-promotion -fno-common $(WERROR)
WARN += $(if $(IS_CLANG),-Wmissing-variable-declarations -Wcomma,\
        -Wduplicated-cond -Wduplicated-branches -Wlogical-op -Wformat-signedness)
# Checked on the program by tests/cli/hardening.bats.
MACHINE := $(shell uname -m)
HARDEN := $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3) -fstack-protector-strong -fstack-clash-protection -fPIE \
          $(if $(filter x86_64,$(MACHINE)),-fcf-protection) $(if $(filter aarch64,$(MACHINE)),-mbranch-protection=standard)
OPT ?= $(if $(SAN),-O1,-O2)
# The rooms that read, judge and replay are worth more: 6 % of what lint costs.
HOT := $(foreach room,base sql catalog rules,$(BUILD)/src/$(room)/%.o)
HOT_OPT := $(if $(SAN),$(OPT),-O3)
$(HOT): OPT := $(HOT_OPT)
comma := ,
SANFLAGS := $(if $(FUZZER),-fsanitize=fuzzer-no-link) $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
CFLAGS_ALL = -std=c17 -g $(OPT) $(HARDEN) $(SANFLAGS) $(WARN) $(CFLAGS)
LDFLAGS_ALL = -pie -Wl,-z,relro,-z,now,-z,noexecstack $(SANFLAGS) $(LDFLAGS)
# libpq is not here: src/db/libpq.c binds it when the first connection is opened (its comment says why).
LIBS := -lpcre2-8 -lyaml -ljansson -lcrypto
CPPFLAGS += -I$(shell pg_config --includedir 2>/dev/null || echo /usr/include/postgresql)

SRC := $(foreach room,$(ROOMS),$(wildcard src/$(room)/*.c))
OBJ := $(SRC:%.c=$(BUILD)/%.o)
LIB := $(BUILD)/libmigrate.a
HAS_RULES := $(filter rules,$(ROOMS))
GEN_OBJ := $(if $(HAS_RULES),$(BUILD)/gen/rulebook_data.o)

all: migrate
migrate: $(BUILD)/migrate
	@ln -sf $< $@

$(BUILD)/migrate: $(BUILD)/src/main.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

# The same with fault points (src/exec/fault.h), for tests only: the executor compiled once more, the rest from the library.
FAULT_OBJ := $(patsubst src/exec/%.c,$(BUILD)/faults/exec/%.o,$(wildcard src/exec/*.c))
$(BUILD)/faults/exec/%.o: src/exec/%.c $(BUILD)/compiled-with
	@mkdir -p $(@D)
	$(call say,CC,$< with fault points)
	$(Q)$(CC) $(CPPFLAGS) -DFAULTS $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
$(BUILD)/migrate-faults: $(BUILD)/src/main.o $(FAULT_OBJ) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

# The same with what Debian has as an archive linked in, for the release: it needs the C library alone. libpq, libcurl
# and libexpat are still loaded when they are wanted; tools/dist says why.
STATIC_OBJ := $(BUILD)/static/base/sqlite.o
$(BUILD)/static/%.o: src/%.c $(BUILD)/compiled-with
	@mkdir -p $(@D)
	$(call say,CC,$< linked in)
	$(Q)$(CC) $(CPPFLAGS) -DLINKED_IN $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
$(BUILD)/migrate-static: $(BUILD)/src/main.o $(STATIC_OBJ) $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -Wl,--exclude-libs,ALL -o $@ $^ -Wl,-Bstatic $(LIBS) -lsqlite3 -Wl,-Bdynamic -lm

# What is built with is a file, too, which changes when that does: objects of other flags are not linked together, nor is a library of files
# that are gone. Expanded here, because the recipe would see the OPT of whoever wants it first.
COMPILED_WITH := $(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(HOT_OPT)
MADE_OF := $(OBJ) $(GEN_OBJ)
keep = @mkdir -p $(@D); printf '%s\n' '$(subst ','\'',$(1))' | cmp -s - $@ || printf '%s\n' '$(subst ','\'',$(1))' >$@
$(BUILD)/compiled-with: FORCE
	$(call keep,$(COMPILED_WITH))
$(BUILD)/made-of: FORCE
	$(call keep,$(MADE_OF))
FORCE: ;

$(LIB): $(OBJ) $(GEN_OBJ) $(BUILD)/made-of
	@rm -f $@
	$(call say,AR,$@)
	$(Q)ar rcs $@ $(OBJ) $(GEN_OBJ)

$(BUILD)/%.o: %.c $(BUILD)/compiled-with
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<

# The built-in rulebook: rules/**/*.yaml, checked and translated to C tables at build time.
RULE_FILES := $(sort $(wildcard rules/forms/*.yaml rules/hazards/*/*.yaml))
RULEGEN_OBJ := $(filter-out $(BUILD)/src/rules/builtin.o,$(patsubst %.c,$(BUILD)/%.o,$(wildcard src/base/*.c src/sql/*.c src/migration/*.c src/catalog/*.c src/rules/*.c)))
$(BUILD)/rulegen: $(BUILD)/tools/rulegen.o $(RULEGEN_OBJ)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
$(BUILD)/gen/rulebook_data.c: $(BUILD)/rulegen $(RULE_FILES)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)$(BUILD)/rulegen $(RULE_FILES) >$@
$(BUILD)/gen/rulebook_data.o: $(BUILD)/gen/rulebook_data.c $(BUILD)/compiled-with
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) -O1 -c -o $@ $<

# What `migrate completion` prints: completions/ as lines of C.
COMPLETIONS := completions/migrate.bash completions/_migrate completions/migrate.fish
$(BUILD)/gen/completion_scripts.h: $(COMPLETIONS)
	@mkdir -p $(@D)
	$(call say,GEN,$@)
	$(Q)for shell in bash:migrate.bash zsh:_migrate fish:migrate.fish; do \
	    echo "static const char *const script_$${shell%%:*}[] = {"; \
	    sed 's/[\\"]/\\&/g; s/.*/"&\\n",/' completions/$${shell#*:}; \
	    echo "};"; \
	done >$@
$(BUILD)/src/cmd/completion.o: $(BUILD)/gen/completion_scripts.h

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)

# ---- tests --------------------------------------------------------------------------------------------------------
T ?=
UNIT_SRC := $(foreach room,$(ROOMS),$(wildcard tests/unit/$(room)/t_*.c))
UNIT := $(UNIT_SRC:%.c=$(BUILD)/%)
$(BUILD)/tests/unit/%: $(BUILD)/tests/unit/%.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) -lcmocka $(if $(findstring oracle,$@),-lpg_query)
# Only objects: a program that counts as intermediate would not be made for a second BUILD while ./migrate is new.
.SECONDARY: $(UNIT:%=%.o)

PICK = $(if $(T),$(foreach f,$(1),$(if $(findstring $(T),$(f)),$(f))),$(1))
JOBS := $(shell nproc 2>/dev/null || echo 2)
# Tests wait for servers and locks more than they compute.
PROVE := prove -j $(shell expr $(JOBS) \* 3) --timer --exec 'tests/lib/run-test'
export MIGRATE_BIN := $(CURDIR)/$(BUILD)/migrate
export MIGRATE_FAULTS_BIN := $(CURDIR)/$(BUILD)/migrate-faults
export SAN
export FAULT_PROXY := $(CURDIR)/$(BUILD)/tests/fault/proxy
$(FAULT_PROXY): tests/fault/proxy.c
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS_ALL) $(SANFLAGS) -o $@ $<

unit: $(UNIT)
	$(PROVE) $(call PICK,$(UNIT))
cli: migrate
	$(PROVE) $(call PICK,$(sort $(wildcard tests/cli/*.bats)))
pg: migrate $(BUILD)/migrate-faults
	$(PROVE) $(call PICK,$(sort $(wildcard tests/pg/*.bats)))
faults: migrate $(BUILD)/migrate-faults $(FAULT_PROXY)
	FAULT_ALL=1 $(PROVE) $(call PICK,$(sort $(wildcard tests/fault/*.bats)))
	$(if $(T),,tests/fault/matrix)

setup:
	@tools/setup
check: setup
	@$(MAKE) --no-print-directory -j $(JOBS) built
	@$(MAKE) --no-print-directory test lint
built: migrate $(BUILD)/migrate-faults $(if $(SAN),,$(BUILD)/migrate-static) $(FAULT_PROXY) $(UNIT)
# SLICE=1/4 takes all unit tests and every fourth of the other files: for a second pass that has little time.
SLICE ?=
BATS := $(sort $(wildcard tests/cli/*.bats tests/pg/*.bats tests/fault/*.bats))
SLICED = $(if $(SLICE),$(shell printf '%s\n' $(BATS) | awk -v s=$(SLICE) 'BEGIN { split(s, x, "/") } NR % x[2] == x[1] % x[2]'),$(BATS))
test: migrate $(BUILD)/migrate-faults $(FAULT_PROXY) $(UNIT)
	$(PROVE) $(call PICK,$(UNIT) $(SLICED))
peers:
	@tools/peers
demo: setup
	@$(MAKE) --no-print-directory -j $(JOBS) migrate
	@tools/demo

# ---- fuzzing and benchmarks ---------------------------------------------------------------------------------------
# Always clang with the sanitizers, in a build of its own that holds the whole program with libFuzzer's instrumentation. New inputs stay in
# build/fuzz/corpus-NAME; crashes in build/fuzz. FUZZ_JOBS of them run at once; T=pattern picks targets.
FUZZ_SECONDS ?= 60
FUZZ_JOBS ?= 1
FUZZ := $(call PICK,$(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c)))
# Files of the tree that make good seeds besides those in tests/fuzz/seeds.
SEEDS_judge := tests/cases/rules tests/cases/sql
SEEDS_layouts := tests/cases/migration
SEEDS_sql := tests/cases/sql
SEEDS_yaml := $(wildcard rules/hazards/*/.)
fuzz:
	@$(MAKE) --no-print-directory -j $(JOBS) CC='$(if $(IS_CLANG),$(CC),clang)' SAN=1 FUZZER=1 BUILD=build/fuzz all $(FUZZ:%=build/fuzz/fuzz_%)
	@$(MAKE) --no-print-directory -j $(FUZZ_JOBS) -O $(FUZZ:%=fuzz-%)
fuzz-%:
	@mkdir -p build/fuzz/corpus-$*
	build/fuzz/fuzz_$* -max_total_time=$(FUZZ_SECONDS) -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
	    -artifact_prefix=build/fuzz/$*- build/fuzz/corpus-$* tests/fuzz/seeds/$* $(SEEDS_$*)
# Objects that count as intermediate would be deleted.
.SECONDARY: $(FUZZ:%=$(BUILD)/tests/fuzz/fuzz_%.o)
$(BUILD)/fuzz_%: $(BUILD)/tests/fuzz/fuzz_%.o $(LIB)
	$(call say,LINK,$@)
	$(Q)$(CC) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $^ $(LIBS)

# make bench-lex CORPUS=folder: the lexer against PostgreSQL's own scanner.
CORPUS ?= tests
bench-lex: $(BUILD)/tests/bench/lex
	$< $(CORPUS)
$(BUILD)/tests/bench/lex: $(BUILD)/tests/bench/lex.o $(LIB)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS) -lpg_query
# make bench-lint CORPUS=folder: reading, judging and replaying migrations, in CPU time.
bench-lint: $(BUILD)/tests/bench/lint
	$< $(CORPUS)
$(BUILD)/tests/bench/lint: $(BUILD)/tests/bench/lint.o $(LIB)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)
# make bench-program CORPUS=folder [SQUAWK=path]: the program itself, in CPU time and memory, on the corpus and on what has no bound.
bench-program: migrate $(BUILD)/tests/bench/cost
	@SQUAWK=$(SQUAWK) tests/bench/lint_program $(BUILD)/tests/bench/cost "$(if $(filter file,$(origin CORPUS)),,$(CORPUS))"
$(BUILD)/tests/bench/cost: $(BUILD)/tests/bench/cost.o $(LIB)
	$(CC) $(LDFLAGS_ALL) -o $@ $^ $(LIBS)

# make bench-up: many small migrations, and nothing to do, against psql on a server of its own.
bench-up: migrate
	@tests/bench/up
# make bench-switch [TOOLS='dbmate sqitch']: adopt, status and up in a project of 800 migrations of another tool (make peers), of which 790 are applied.
bench-switch: migrate
	@tests/bench/switch
# make bench-backfill [ROWS=1000000] [ROUNDS=2] [LEGS='full hot'] [JSON=file]: a backfill against one UPDATE, a procedure, a loop, pgroll.
bench-backfill: migrate
	@tests/bench/backfill "$(or $(ROWS),1000000)" "$(or $(ROUNDS),2)"
# make kill-backfill [ROWS=1000000] [KILLS=200] [KEYS='bigint composite uuid']: n = n + 1 under random kills; then every n is 1. (The tests do a slice of it.)
kill-backfill: migrate
	@tests/fault/backfill_kill "$(or $(ROWS),1000000)" "$(or $(KILLS),200)"
	@tests/fault/backfill_kill "$(or $(ROWS),1000000)" "$(or $(KILLS),200)" 2
# make shadow-matrix [T=pattern] [MAJORS='13 18']: 57 pairs of types, by a shadow column and by a plain ALTER TYPE on a copy. (The tests do a few.)
# With MAJORS also the tests of shadow changes that need no other programs of a server than it has there; one version that fails stops no other.
shadow-matrix: migrate $(BUILD)/migrate-faults
	@if [ -z "$(MAJORS)" ]; then tests/pg/shadow_matrix $(if $(T),'$(T)'); fi
	@failed=; for v in $(MAJORS); do echo "PostgreSQL $$v"; PG_BIN=$$(tests/truth/matrix --bin $$v) || exit 1; export PG_BIN; \
	    tests/pg/shadow_matrix $(if $(T),'$(T)') || failed="$$failed $$v"; \
	    prove --exec tests/lib/run-test $(SHADOW_TESTS) || failed="$$failed $$v"; done; \
	    [ -z "$$failed" ] || { echo "failed on PostgreSQL$$failed" >&2; exit 1; }
SHADOW_TESTS := $(patsubst %,tests/pg/shadow_%.bats,dependants partitions generated)
# make bench-stall [ROWS=5000000] [JSON=file]: what an application under load feels of migrate, psql -1 and dbmate.
bench-stall: migrate
	@tests/bench/stall $(or $(ROWS),5000000)
# make bench [CORPUS=folder] [QUICK=1] [ONLY=startup,lint,up,switch,backfill,stall]: all of it against other tools (make peers), as one table, and as
# build/bench.json. make bench-readme: that table into the README. PGROLL=path (also for bench-backfill): a pgroll to compare with.
QUICK ?=
ONLY ?=
bench: migrate $(BUILD)/tests/bench/cost
	@tests/bench/all $(if $(QUICK),--quick) $(if $(ONLY),--only $(ONLY)) $(if $(filter file,$(origin CORPUS)),,--corpus "$(CORPUS)") \
	    $(BUILD)/tests/bench/cost
bench-readme:
	@tests/bench/all --readme

# make verify-matrix: every form's examples on live servers 13 to 18; MAJORS='13 18' picks some.
verify-matrix: migrate
	@tests/truth/matrix $(MAJORS)

# make check-matrix: the executor's tests on servers 13 to 18.
check-matrix: migrate
	@tests/pg/matrix $(MAJORS)

# make check-corpus CORPUS=folder: its sub-folders are the repositories; see tests/bench/corpus.
HAS_PARSER := $(wildcard /usr/include/pg_query.h)
check-corpus: migrate $(if $(HAS_PARSER),$(BUILD)/tests/bench/parses)
	@tests/bench/corpus "$(if $(filter file,$(origin CORPUS)),,$(CORPUS))" $(if $(HAS_PARSER),$(BUILD)/tests/bench/parses)
$(BUILD)/tests/bench/parses: $(BUILD)/tests/bench/parses.o
	$(CC) $(LDFLAGS_ALL) -o $@ $^ -lpg_query

# make check-schemas CORPUS=folder [T='name …']: the repositories that tests/bench/schemas lists, on a throw-away server.
check-schemas: migrate
	@if [ -d "$(if $(filter file,$(origin CORPUS)),,$(CORPUS))" ]; then \
	    $(BUILD)/migrate ephemeral -- tests/bench/schemas $(CORPUS) $(or $(PEERS),build/peers)/node_modules/.bin $(T); \
	else echo "no corpus: make check-schemas CORPUS=folder, with the repositories in its sub-folders"; fi

lint: layers
layers:
	@tools/layers
format:
	clang-format -i $(shell git ls-files 'src/*.[ch]' 'tools/*.c')

# ---- documents ----------------------------------------------------------------------------------------------------
docs: migrate
	$(BUILD)/migrate rules doc --format man >$(BUILD)/migrate-rules.5
	$(BUILD)/migrate rules doc --format markdown >$(BUILD)/rules.md
	$(BUILD)/migrate help config --format man >$(BUILD)/migrate.yaml.5
	$(BUILD)/migrate help config --format schema >$(BUILD)/migrate.schema.json
	@rm -rf $(BUILD)/man1 && mkdir $(BUILD)/man1
	for c in $$($(BUILD)/migrate completion answer -- '' | cut -f 1); do \
	    $(BUILD)/migrate help $$c --format man >$(BUILD)/man1/migrate-$$c.1 || exit; done
	rm -f man/migrate-*.1 && cp $(BUILD)/man1/*.1 man/
	@mkdir -p docs
	cp $(BUILD)/migrate-rules.5 man/migrate-rules.5
	cp $(BUILD)/rules.md docs/rules.md
	cp $(BUILD)/migrate.yaml.5 man/migrate.yaml.5
	cp $(BUILD)/migrate.schema.json docs/migrate.schema.json

# ---- install ------------------------------------------------------------------------------------------------------
# Every page in man/, in the section that its name ends with; the shells' completions where they look by themselves (zsh: ZSHDIR in
# fpath); README, docs/ and the guide to rules. FROM=>TO, TO below DESTDIR and PREFIX: install and uninstall read the same list.
ZSHDIR ?= share/zsh/site-functions
DOCDIR := share/doc/migrate
MAN := $(sort $(wildcard man/*.[1-9]))
INSTALLED := $(foreach page,$(MAN),$(page)=>share/man/man$(subst .,,$(suffix $(page)))/$(notdir $(page))) \
    completions/migrate.bash=>share/bash-completion/completions/migrate \
    completions/_migrate=>$(ZSHDIR)/_migrate \
    completions/migrate.fish=>share/fish/vendor_completions.d/migrate.fish \
    README.md=>$(DOCDIR)/README.md rules/README.md=>$(DOCDIR)/rules/README.md \
    $(foreach page,$(shell find docs -type f | sort),$(page)=>$(DOCDIR)/$(page)) \
    $(foreach file,$(shell find migrations-example -type f | sort),$(file)=>$(DOCDIR)/$(file))
from = $(firstword $(subst =>, ,$(1)))
to = $(DESTDIR)$(PREFIX)/$(lastword $(subst =>, ,$(1)))
install: migrate
	install -d $(DESTDIR)$(PREFIX)/bin $(sort $(foreach i,$(INSTALLED),$(dir $(call to,$(i)))))
	install -m 755 $(BUILD)/migrate $(DESTDIR)$(PREFIX)/bin/migrate
	$(foreach i,$(INSTALLED),install -m 644 $(call from,$(i)) $(call to,$(i)) &&) :
# Folders of our own go too; those that are shared stay.
uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/migrate $(foreach i,$(INSTALLED),$(call to,$(i)))
	@find $(DESTDIR)$(PREFIX)/$(DOCDIR) -depth -type d -empty -delete 2>/dev/null || :
# A package for the Debian this is, into build/deb; check-deb tries it in a copy of a debootstrapped one.
deb:
	@CC= tools/deb $(VERSION)
check-deb:
	@tests/package/deb build/deb/migrate_$(VERSION)_*.deb "$(CHROOT)"
# Source and program as tarballs, into build/dist.
dist:
	@CC="$(CC)" tools/dist $(VERSION)
check-dist:
	@tests/package/dist build/dist/migrate-$(VERSION)-linux-$(MACHINE).tar.gz
clean:
	rm -rf build migrate

.PHONY: check-schemas deb check-deb dist check-dist peers migrate built bench bench-readme bench-switch bench-backfill kill-backfill shadow-matrix bench-up fuzz bench-lex bench-lint bench-program all setup check test unit cli pg faults demo lint layers format docs check-corpus verify-matrix install uninstall clean
