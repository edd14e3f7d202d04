#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# make install, uninstall and dist, and the pages from the tree.
# shellcheck disable=SC2154 # variables that helper.bash sets
load helper

tree=$BATS_TEST_DIRNAME/..

# make_in_tree ARGUMENT...: make in the tree, with the build of these tests.
make_in_tree() {
    make -C "$tree" BUILD="$(dirname "$LLN_BIN")" "$@"
}

# files FOLDER: files and links in it, sorted.
files() {
    find "$1" \( -type f -o -type l \) -printf '%P\n' | LC_ALL=C sort
}

# tools: the names of the commands, sorted.
tools() {
    find "$tree/tools" -name 'lln-*.c' -o -name 'lln-*.sh' |
        sed 's,.*/,,; s/\.[a-z]*$//' | sort
}

# expected: the files of an installation, by kind.
expected() {
    local tool
    tools | sed 's,^,bin/,'
    find "$tree"/man/*.[1-9] -printf '%f\n' | sed 's,.*\(.\),share/man/man\1/&,'
    find "$tree/plots" -name '*.*' ! -name '*.png' ! -name 'bench-*' \
        -printf 'share/lln-tools/plots/%f\n'
    for tool in lln.bash $(tools); do
        echo "share/bash-completion/completions/$tool"
    done
    for tool in lln $(tools); do
        echo "share/fish/vendor_completions.d/$tool.fish"
    done
    echo share/zsh/site-functions/_lln
    echo include/lln/lln.h
    sed -n 's,^#include "\(.*\)",include/lln/\1,p' "$tree/src/lln.h"
    printf 'lib/%s\n' liblln.a liblln.so liblln.so.0 "liblln.so.$VERSION" \
        pkgconfig/lln.pc
}

@test "make install puts files of every kind under DESTDIR and PREFIX" {
    (umask 077 && make_in_tree install DESTDIR="$PWD/root" PREFIX=/opt/lln)
    equal files "$(files root)" "$(expected | sed 's,^,opt/lln/,' |
        LC_ALL=C sort)"
    equal modes "$(find root -mindepth 1 ! -type l -printf '%y %m %P\n' |
        sed 's,opt/lln/,,' | awk '{
            mode = $1 == "d" || $3 ~ /^bin\// ? 755 : 644
            if ($2 != mode) print
        }')" ''
    equal 'broken links' "$(find root -xtype l)" ''
}

@test "what is installed runs from another folder" {
    make_in_tree install DESTDIR="$PWD/root" PREFIX=/opt/lln
    mv root/opt/lln moved
    PATH=$PWD/moved/bin:${PATH#*:}
    for tool in moved/bin/*; do
        equal "$tool" "$("${tool##*/}" --version | head -n 1)" \
            "${tool##*/} (lln-tools) $VERSION"
    done
    man -M "$PWD/moved/share/man" lln-entropy | grep -q entropy_nats
    lln-entropy -n 64 -d 8 --tau 0.5,1 > table
    prints '' lln-plot table -o picture.svg
    grep -q '</svg>' picture.svg
    lln-attend -n 16 -d 4 --trials 1 --kernel lln --blocks 4 -o map.npy
    lln-plot map.npy -o map.svg
    grep -q '<image' map.svg
    lln-entropy --layout hnd "$DATA/encoder.safetensors" > heads
    COLUMNS=80 LINES=24 "$PTY" lln-plot --map entropy_nats heads > screen
    grep -q entropy screen
    for tool in moved/bin/*; do
        bash -c '. "$1" && complete -p "$2"' bash \
            "moved/share/bash-completion/completions/${tool##*/}" "${tool##*/}"
    done
    export PKG_CONFIG_PATH=$PWD/moved/lib/pkgconfig
    equal version "$(pkg-config --modversion lln)" "$VERSION"
    [[ $(pkg-config --cflags lln) == "-I$PWD/moved/lib/"* ]]
    [ -f "$(pkg-config --variable=includedir lln)/lln/lln.h" ]
    [ -f "$(pkg-config --variable=libdir lln)/liblln.so" ]
}

@test "folders of an installation can be chosen one by one" {
    set -- PREFIX=/usr bindir=/usr/games libdir=/usr/lib/any \
        includedir=/usr/any/include mandir=/any/man zshdir=/any/zsh
    make_in_tree install DESTDIR="$PWD/root" "$@"
    [ -x root/usr/games/lln-entropy ]
    [ -f root/any/man/man1/lln-entropy.1 ]
    [ -f root/any/zsh/_lln ]
    [ -f "$(PKG_CONFIG_PATH=root/usr/lib/any/pkgconfig pkg-config \
        --variable=includedir lln)/lln/lln.h" ]
    make_in_tree uninstall DESTDIR="$PWD/root" "$@"
    equal files "$(files root)" ''
}

@test "make install compiles nothing, whatever CFLAGS and PREFIX are" {
    make_in_tree all
    touch before
    make_in_tree install DESTDIR="$PWD/root" PREFIX=/opt/lln CFLAGS=-O1
    equal written "$(find "$(dirname "$LLN_BIN")/" -type f -newer before)" ''
}

@test "make uninstall removes the files of make install, and no others" {
    make_in_tree install DESTDIR="$PWD/root" PREFIX=/opt/lln
    touch root/opt/lln/share/man/man1/other.1 root/opt/lln/lib/liblln.so.1
    make_in_tree uninstall DESTDIR="$PWD/root" PREFIX=/opt/lln
    equal files "$(files root)" "opt/lln/lib/liblln.so.1
opt/lln/share/man/man1/other.1"
    [ ! -e root/opt/lln/share/lln-tools ]
    [ ! -e root/opt/lln/include/lln ]
    make_in_tree install DESTDIR="$PWD/two" PREFIX=/opt/lln
    mkdir two/opt/lln/share/lln-tools/mine
    touch two/opt/lln/share/lln-tools/mine/style.gp
    make_in_tree uninstall DESTDIR="$PWD/two" PREFIX=/opt/lln
    equal files "$(files two)" opt/lln/share/lln-tools/mine/style.gp
    # Nothing is left to remove.
    make_in_tree uninstall DESTDIR="$PWD/two" PREFIX=/opt/lln
}

# LLN_DIST=1 also builds and installs what is in the archive.
@test "make dist: all files of the commit, the same bytes, and no need of git" {
    local commit
    commit=$(git -C "$tree" ls-tree -r --name-only HEAD) || skip 'no git here'
    make -C "$tree" dist BUILD="$PWD/one"
    make -C "$tree" dist BUILD="$PWD/two"
    cmp {one,two}/"lln-tools-$VERSION.tar.gz"
    tar xf "one/lln-tools-$VERSION.tar.gz"
    equal files "$(files "lln-tools-$VERSION")" "$(LC_ALL=C sort <<< "$commit")"
    export GIT_DIR=/dev/null
    make -C "lln-tools-$VERSION" -n install > commands
    ! grep -w git commands || return 1
    grep -q 'tools/lln-entropy\.c' commands
    [ -n "$LLN_DIST" ] || return 0
    make -C "lln-tools-$VERSION" -j2 install DESTDIR="$PWD/root" PREFIX=/opt/lln
    equal version "$(root/opt/lln/bin/lln-entropy --version)" \
        "$(lln-entropy --version)"
}

@test "the Debian packages have this version, and tools in their description" {
    equal version "$(sed -n '1s/.*(\(.*\)).*/\1/p' "$tree/debian/changelog")" \
        "$VERSION"
    equal tools "$(sed -n 's/^  \* \(lln-[a-z]*\): .*/\1/p' \
        "$tree/debian/control" | sort)" \
        "$(tools)"
}

@test "every tool has a page, which man finds in the tree" {
    MANPATH=$(dirname "$LLN_BIN")/man man lln-kernels | grep -q performer
    for tool in "$LLN_BIN"/lln-*; do
        tool=$(basename "$tool")
        MANPATH=$(dirname "$LLN_BIN")/man man "$tool" > page
        grep -q "$tool" page
        [[ $tool == lln-plot ]] || grep -q 'OUTPUT COLUMNS' page
    done
}

# described PAGE: what apropos finds: the name and the description of a page.
described() {
    awk '
        /^\.Sh / { inside = $2 == "NAME" }
        inside && $1 == ".Nm" { name = $2 }
        inside && $1 == ".Nd" { sub(/^\.Nd /, ""); print name " - " $0 }' "$1"
}

@test "man finds every page, by the name that its NAME line begins with" {
    local pages
    pages=$(dirname "$LLN_BIN")/man
    for page in "$pages"/man?/*; do
        local file=${page##*/} section=${page##*.}
        [[ $(described "$page") == "${file%.*} - "?* ]]
        equal "$file" "$(man -M "$pages" -w "$section" "${file%.*}")" "$page"
        man -M "$pages" "$section" "${file%.*}" | grep -q "^ *${file%.*} "
    done
}
