# The Makefile: what is built with other flags, or of other files, is built anew; what is not stays.
load lib.bash

setup() {
    common_setup
    build=$PWD/build
    object=$build/src/base/str.o
    export CC=${CC:-gcc}
    make_it() { env -u MAKEFLAGS -u MAKELEVEL -u MAKEOVERRIDES make -s -C "$BATS_TEST_DIRNAME/../.." BUILD="$build" OPT=-O0 GEN_OBJ= "$@"; }
    made() { stat -c %y "$1"; }
}

@test "other flags compile anew, the same ones do not" {
    make_it "$object"
    local before
    before=$(made "$object")
    make_it "$object"
    [ "$(made "$object")" = "$before" ]
    make_it CFLAGS="-DOTHER='\"x y\"'" "$object"
    [ "$(made "$object")" != "$before" ]
}

@test "a library of fewer files is made anew, the same one is not" {
    local library=$build/libmigrate.a before
    make_it OBJ="$object $build/src/base/path.o" "$library"
    before=$(made "$library")
    make_it OBJ="$object $build/src/base/path.o" "$library"
    [ "$(made "$library")" = "$before" ]
    make_it OBJ="$object" "$library"
    [ "$(ar t "$library")" = str.o ]
}
