# What the compiler and the linker are asked to guard is guarded in the program that they made.
load lib.bash

setup() {
    common_setup
    [ -z "$SAN" ] || skip "with sanitizers"
    command -v readelf >/dev/null || skip "no readelf"
}

@test "position independent, all relocations read-only, no executable stack" {
    readelf -hW "$MIGRATE_BIN" | grep -q 'Type: *DYN'
    readelf -dW "$MIGRATE_BIN" | grep -q 'FLAGS_1.*NOW.*PIE'
    readelf -lW "$MIGRATE_BIN" | grep -q GNU_RELRO
    readelf -lW "$MIGRATE_BIN" | grep GNU_STACK | grep -qE ' RW +0x'
    # no segment is writable and executable, no text is relocated, no folder is searched for libraries
    ! readelf -lW "$MIGRATE_BIN" | grep -E 'LOAD.* RWE '
    ! readelf -dW "$MIGRATE_BIN" | grep -E 'TEXTREL|RPATH|RUNPATH'
}

@test "stack protector and checked library functions" {
    readelf --dyn-syms -W "$MIGRATE_BIN" >symbols
    grep -q __stack_chk_fail symbols
    [ "$(grep -c '_chk@' symbols)" -ge 5 ]
    # what has no checked form is not called
    ! grep -E ' (gets|strcpy|strcat|sprintf|vsprintf|tmpnam|mktemp)@' symbols
}

@test "branches land on marks, large frames are probed" {
    [ "$(uname -m)" = x86_64 ] || skip "of x86-64"
    command -v objdump >/dev/null || skip "no objdump"
    objdump -d --no-show-raw-insn --disassemble=main "$MIGRATE_BIN" | sed -n '/<main>:/{n;p}' | grep -q endbr64
}
