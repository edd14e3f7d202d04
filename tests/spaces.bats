#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A tree, a BUILD and a PREFIX in folders with spaces in their names.
# shellcheck disable=SC2034,SC2154 # bats sets output, helper.bash PTY
load helper

tree=$BATS_TEST_DIRNAME/..

# copy_tree FOLDER BUILD: copies the sources, one of them new, and the build.
copy_tree() {
    local built part
    built=$(dirname "$LLN_BIN")
    mkdir -p "$1" "$2"
    for part in Makefile src tools man plots; do
        cp -rp "$tree/$part" "$1"
    done
    for part in bin src tools liblln.a; do
        cp -rp "$built/$part" "$2"
    done
    find "$1" -type f -exec touch -d '1 hour ago' {} +
    find "$2" -type f -exec touch -d '1 minute ago' {} +
    touch "$1/tools/cost.c"
}

@test "make in a tree and a BUILD with spaces" {
    copy_tree "a  tree" "a  tree/it's built here"
    make -C "a  tree" BUILD="it's built here"
    [ "a  tree/it's built here/tools/cost.o" -nt "a  tree/tools/cost.c" ]
    "a  tree/it's built here/bin/lln-attend" --version
    MANPATH="$PWD/a  tree/it's built here/man" man lln-attend > page
    grep -q 'OUTPUT COLUMNS' page
    # Finished files are not made again, and dependencies on headers are known.
    run make -C "a  tree" BUILD="it's built here" -n all
    [[ $output != *'-o build'* ]]
    touch -d '+1 minute' "a  tree/tools/cost.h"
    run make -C "a  tree" BUILD="it's built here" -n all
    [[ $output == *tools/cost.o* ]]
    make -C "a  tree" BUILD="it's built here" clean
    [ ! -e "a  tree/it's built here" ]
}

@test "make install into folders with spaces" {
    copy_tree 'a tree' 'a tree/build'
    make -C 'a tree' BUILD="$PWD/a tree/build" PREFIX='/opt/l l n' \
        DESTDIR="$PWD/to here" install
    equal version "$("to here/opt/l l n/bin/lln-entropy" --version)" \
        "$(lln-entropy --version)"
    man -M "$PWD/to here/opt/l l n/share/man" lln-entropy > page
    grep -q 'OUTPUT COLUMNS' page
    equal version "$(PKG_CONFIG_PATH="$PWD/to here/opt/l l n/lib/pkgconfig" \
        pkg-config --modversion lln)" "$VERSION"
    make -C "$tree" BUILD="$(dirname "$LLN_BIN")" PREFIX=/opt/lln \
        DESTDIR="$PWD/plain" install
    equal files "$(cd 'to here/opt/l l n' && find . | sort)" \
        "$(cd plain/opt/lln && find . | sort)"
    make -C 'a tree' BUILD="$PWD/a tree/build" PREFIX='/opt/l l n' \
        DESTDIR="$PWD/to here" uninstall
    equal files "$(find 'to here' -type f)" ''
}

@test "pictures in a folder with spaces" {
    mkdir 'b b'
    ln -s "$LLN_BIN" 'b b/bin'
    ln -s "$LLN_BIN/../share" 'b b/share'
    export PLOT_TOKENS=48 PLOT_DIM=16 PLOT_TRIALS=2 PLOT_TAU=0.5,1
    cp -r "$tree/plots" 'p l'
    mkdir -p tests/data
    cp "$DATA/encoder.safetensors" "$DATA/training.csv" tests/data
    'p l/run' 'b b'
    [ -s 'b b/plots/fidelity.png' ]
}
