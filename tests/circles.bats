#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# tests/circles on small trees that the tests make.

setup() {
    circles=$BATS_TEST_DIRNAME/circles
    cd "$BATS_TEST_TMPDIR" || return
    mkdir -p src/core src/kernel/dense src/kernel/table tools
    add src/core/low
    add src/kernel/door low
    add src/kernel/dense/wing door
    add src/kernel/table/table wing
    add tools/tool table
}

# add FILE [NAME]...: makes FILE.c and its object, a function that calls the
# functions NAME.
add() {
    local name=${1##*/} callee
    {
        for callee in "${@:2}"; do echo "void $callee(void);"; done
        echo "void $name(void);"
        echo "void $name(void) {"
        for callee in "${@:2}"; do echo "    $callee();"; done
        echo "}"
    } > "$1.c"
    mkdir -p "build/${1%/*}"
    "${CC:-cc}" -c -o "build/$1.o" "$1.c"
}

@test "no circle among files, none among folders" {
    run "$circles" build
    [ "$status" -eq 0 ]
    [ "$output" = "" ]
    run "$circles" build --folders
    [ "$status" -eq 0 ]
    [ "$output" = "" ]
}

@test "files of a circle and the symbols that tie them are printed" {
    add src/core/low tool
    run "$circles" build
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "circle: src/core/low, src/kernel/dense/wing, src/kernel/door, src/kernel/table/table, tools/tool" ]
    [ "${lines[1]}" = "    src/core/low uses tools/tool: tool" ]
    [ "${#lines[@]}" -eq 6 ]
}

@test "folders can form a circle without a circle of files" {
    add src/core/other door
    run "$circles" build
    [ "$status" -eq 0 ]
    run "$circles" build --folders
    [ "$status" -eq 1 ]
    [ "${lines[0]}" = "circle: src/core, src/kernel" ]
    [ "${lines[1]}" = "    src/core uses src/kernel: door" ]
}

@test "objects without a source are ignored, sources without an object fail" {
    add src/core/low tool
    add src/core/new
    rm src/core/low.c
    run "$circles" build
    [ "$status" -eq 0 ]
    rm build/src/core/new.o
    run "$circles" build
    [ "$status" -eq 2 ]
    [[ "$output" == *"files without an object file under build; run make" ]]
}
