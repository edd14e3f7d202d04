#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
# What the tools offer to shells that complete their command lines
# (tools/complete.h), and the files of tools/completion/.
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets status, output, stderr
load helper

SHELLS=$BATS_TEST_DIRNAME/../tools/completion

# offered TOOL WORD...: the candidates for the last word, sorted.
offered() {
    "$1" --complete -- "${@:2}" | grep -v '^:' | cut -f 1 | sort
}

# offers LIST TOOL WORD...: the candidates are those of the list.
offers() {
    equal "${*:2}" "$(offered "${@:2}")" "$(sort <<< "${1// /$'\n'}")"
}

# after START < LIST: the lines of the list after START.
after() {
    awk -v start="$1" '{ print start $0 }'
}

# methods TOOL: the names of the list at the end of --help.
methods() {
    "$1" --help | sed '1,/^Methods:/d' | sed -n 's/^  \([a-z-][a-z-]*\) .*/\1/p'
}

@test "every option in --help of every tool" {
    for tool in "$LLN_BIN"/lln-*; do
        wanted=$("$tool" --help |
            sed -nE 's/^ {2,6}(-.,? )?(--[a-z0-9-]+).*/\2/p' | sort)
        [ "$(wc -l <<< "$wanted")" -gt 9 ]
        equal "$tool" "$(offered "$tool" -- | grep -v =)" "$wanted"
        equal "$tool" "$(offered "$tool" - | grep -v =)" "$wanted"
    done
    equal text "$(lln-match --complete -- --no-hea)" \
        $'--no-header\tleave out the row of column names'
}

@test "an option that was given is offered again only if it may be repeated" {
    offers '--tau' lln-entropy --tau 1 --ta
    offers '' lln-entropy --seed 1 --see
    offers '' lln-entropy --see=1 --see
    offers '--quiet --query-scale' lln-entropy -n5 --qu
    offers '--query-scale' lln-entropy -qn 5 --qu
    offers '--query-scale' lln-entropy --query-scale ssmax -q --qu
    offers '--causal --causal=none --causal=top' lln-entropy --causa
    offers '' lln-entropy -- --tau # operands follow
}

@test "every kernel and its parameters" {
    lln-entropy --list-kernels > list
    kernels=$(grep '^[a-z]' list)
    [ "$(wc -l <<< "$kernels")" -gt 20 ]
    for start in '' 'softmax:scale=1,lln:alpha=2,'; do
        offers "$(after "$start" <<< "$kernels")" lln-entropy --kernel \
            "$start"
    done
    offers "$(grep -v '^softmax$' <<< "$kernels" | after softmax,)" \
        lln-stats --kernel softmax,
    offers "$(after --compare= <<< "$kernels")" lln-attend --compare=
    for kernel in $kernels; do
        # a name in a field of 10 characters
        parameters=$(sed "0,/^$kernel\$/d; /^\$/,\$d" list | cut -c 5-15 |
            sed -nE 's/^([a-z0-9_-]+) +$/\1/p')
        offers "$(sed "/./s/.*/$kernel:&=/" <<< "$parameters")" lln-entropy \
            --kernel "$kernel:"
    done
    offers 'lln:alpha=1:beta=' lln-entropy --kernel lln:alpha=1:b
    offers '' lln-entropy --kernel lln:alpha=1:alp
    offers "$(lln-train --help | sed '1,/^Kernels:/d' |
        sed -n 's/^  \([a-z+][a-z+]*\) .*/\1/p')" lln-train --kernel ''
    offers 'lln:factor= lln:alpha= lln:beta= lln:match=' lln-train --kernel lln:
    offers 'softmax,lln:match=paper softmax,lln:match=exact' lln-train \
        --kernel softmax,lln:match=
    offers 'window:reach=' lln-train --kernel window:
    offers 'lln+diag:match=paper' lln-entropy --kernel lln+diag:match=pap
}

@test "every method" {
    found=$(methods lln-match)
    [ "$(wc -l <<< "$found")" = 9 ]
    offers "$found all" lln-match --method ''
    offers "$(grep -v '^gap$' <<< "$found" | after --method=gap,)" \
        lln-match --method=gap,
    offers "$(after lln:match= <<< "$found")" lln-attend --kernel \
        lln:match=
    offers "$(methods lln-spectral)" lln-spectral --method ''
    [ "$(methods lln-spectral | wc -l)" = 6 ]
}

# table GROUPS TOOL OPTION...: the columns that are offered are those that the
# table of the command has, and the groups are those named.
table() {
    local found names
    found=$(offered "${@:2}" --columns '')
    names=$("${@:2}" --columns all --format csv -n 8 -d 2 2> said |
        head -1 | tr , '\n' | sort)
    [ "$(wc -l <<< "$names")" -gt 3 ] || cat said
    equal "${*:2}" "$found" "$(sort <<< "$names${1:+ $1}" | tr ' ' '\n' | sort)"
    names=$("${@:2}" -n 8 -d 2 --fail-below x=1 2>&1 |
        sed -n 's/.* expected one of //p' | sed 's/, /\n/g')
    offers "$(sed 's/^/--fail-below=/; s/$/=/' <<< "$names")" "${@:2}" \
        --fail-below=
}

@test "columns that depend on other options" {
    local of_k20='k20 k20_median k20_max k20_share'
    offers "$of_k20 ${of_k20// /_se }_se" lln-entropy --coverage 0.2 \
        --columns k20
    local sides=' _a _b _delta'
    # the file that is compared may follow
    for file in '' a.npz; do
        offers "ks_distance${sides// / ks_distance}" lln-stats --against b.npz \
            ${file:+"$file"} --columns ks_d
    done
    offers '' lln-entropy --columns st
    touch step_3.npz
    offers 'step' lln-entropy "step_{step}.npz" --columns st
    offers 'key' lln-entropy --list step_3.npz --columns k
    offers 'entropy*,gini,id' lln-entropy --columns 'entropy*,gini,i'
}

@test "every column and group of every table" {
    rows='sink norm shape where patterns grid coverage'
    table "id default all $rows jackknife" lln-entropy
    table "id default all $rows jackknife" lln-entropy --coverage 0.2,0.7
    table "id default all $rows jackknife" lln-entropy --grid 2x4 --each
    table "id default all $rows" lln-entropy --per-row
    table "id default all $rows" lln-entropy --by-position 2
    table "id default all $rows" lln-entropy --at-lengths 4,8
    table 'id default all' lln-entropy --diagnose
    table 'id default all' lln-entropy --diagnose --each
    table 'id default all' lln-entropy --distribution 3
    table 'id default all' lln-entropy --summary
    table 'id default all fenton jackknife' lln-stats
    table 'id default all fenton jackknife bootstrap' lln-stats --bootstrap 2
    table 'id default all' lln-stats --histogram 4
    table 'id default all' lln-stats --qq 4
    table 'id default all' lln-stats --normality
    table 'id default all' lln-stats --normality --per-feature
    table 'id default all spectrum joint moments sensitivity' lln-match
    table 'id default all spectrum range' lln-match --map --map-a 1 --map-b 1
    table 'id default all rank' lln-spectral
    table 'id default all' lln-spectral --eigenvalues 2
    table 'id default all' lln-spectral --singular 2
    table 'id default all' lln-attend --compare softmax
}

@test "values of a fixed list" {
    offers 'all layer kv-head head' lln-entropy --aggregate ''
    offers 'csv tsv json ndjson table markdown' lln-entropy --format ''
    offers 'left right' lln-entropy --padding ''
    offers 'images recall' lln-train --task ''
    offers 'qkv head-qkv' lln-entropy --fused ''
    offers '--causal=top --causal=none' lln-entropy --causal=
    offers 'heads layers' lln-attend --pairs ''
    offers 'mean max' lln-attend --pool ''
    offers 'entropy skewness' lln-match --second ''
    offers 'nd hnd nhd lhnd bhnd bnhd lbhnd blhnd' lln-entropy --layout ''
    offers 'nm hnm lnm bnm bhnm lhnm lbhnm blhnm' lln-entropy \
        --attention=p.npy --layout ''
    offers 'none rms l2 layer' lln-entropy --qk-norm ''
    offers '0-3@rms' lln-entropy --qk-norm 0-3@r
    offers 'l2:plus-one:eps= l2:plus-one:across-heads l2:plus-one:after-rope' \
        lln-entropy --qk-norm l2:plus-one:
    offers '--rope=3@none --rope=3@half --rope=3@pairs' lln-entropy --rope=3@
    offers 'half:at=first half:at=last' lln-entropy --rope half:at=
    offers 'none full toeplitz alibi t5' lln-stats --bias ''
    offers 't5:buckets= t5:distance= t5:decoder' lln-stats --bias t5:
    offers 'none llama4 ministral ssmax' lln-stats --query-scale ''
    offers 'llama4:floor=3:scale=' lln-stats --query-scale llama4:floor=3:
    offers '' lln-stats --rope none:
    offers '' lln-stats --rope quarter:
    offers 'restart' lln-stats --positions re
}

# messages LIST TOOL OPTION...: the message about a wrong value of the last
# option has this list.
messages() {
    run "${@:2}" nonsense
    equal "${*:2}" "$(sed -n 's/, found .*//; s/.*expected //p' \
        <<< "$output")" "$1"
}

@test "values of a fixed list are those in messages" {
    messages 'all, layer, kv-head or head' lln-entropy --aggregate
    messages 'left or right' lln-entropy "$DATA/encoder.safetensors" \
        --padding
    messages 'csv, tsv, json, ndjson, table or markdown' lln-entropy --format
    messages 'heads or layers' lln-attend --pairs
    messages 'mean or max' lln-attend --blocks 2 --pool
    messages 'entropy or skewness' lln-match --second
}

@test "values of lln-plot, and the columns of its table" {
    printf '%s\n' source,tau,entropy_nats gaussian,1,2 > table.csv
    offers 'light dark' lln-plot --theme ''
    offers '--log=x --log=xy' lln-plot --log=x
    offers 'source tau entropy_nats' lln-plot table.csv --x ''
    offers 'source tau entropy_nats column' lln-plot table.csv --by ''
    offers 'tau,entropy_nats' lln-plot --theme dark table.csv --y tau,e
    offers '' lln-plot --x ''
    offers '' lln-plot table.csv --size ''
    offers '--theme' lln-plot -o a.png --th
    offers '' lln-plot -o a.png --out
    equal file "$(lln-plot --complete -- --theme dark '')" ':files '
    equal file "$(lln-plot --complete -- -o '')" ':files '
    equal file "$(lln-plot --complete -- --output=a)" ':files --output='
}

@test "names of arrays in the files of the line" {
    file=$DATA/encoder.safetensors
    keys=$(lln-entropy --list "$file" --columns key --no-header)
    [ "$(wc -l <<< "$keys")" -gt 5 ]
    patterns=$(sort -u <<< "${keys//[0-9]/"{layer}"}")
    grep -qFx 'layers.{layer}.q' <<< "$patterns"
    both=$keys$'\n'$patterns
    offers "$both" lln-entropy "$file" --key-q ''
    offers "$both" lln-entropy --q "$file" --k other.npz --key-q ''
    offers "$(after --key-k= <<< "$both")" lln-match --key-q q "$file" --key-k=
    offers "$both" lln-attend "$file" --key-v ''
    offers "$both" lln-stats --attention="$file" --key-attention ''
    for start in --mask= --arrays=theta=1:x,gate= --q= ''; do
        offers "$(after "$start$file:" <<< "$keys")" lln-entropy "$start$file:"
    done
    equal text "$(lln-entropy --complete -- "$file" --key-q layers.0.q)" \
        "layers.0.q"$'\t'"F16 (2, 256, 64)"
    # the first file that fits a pattern
    cp "$file" step_3.safetensors
    offers "$both" lln-entropy "step_{step}.safetensors" --key-q ''
}

# arrays_of FILE NAME...: writes a .safetensors file with arrays of one number.
arrays_of() {
    local file=$1 header='' at=0 name
    shift
    for name in "$@"; do
        header="$header${header:+,}\"$name\":{\"dtype\":\"F32\",\"shape\":[1,1]"
        header="$header,\"data_offsets\":[$at,$((at += 4))]}"
    done
    head -c "$at" /dev/zero | safetensors "$file" "{$header}"
}

@test "unusual names of arrays" {
    arrays_of a m2.l.0.q m2.l.1.q m2.l.1.head.7 attn1 attn2 'two words' ':k' \
        'tab\tinside' 'line\ninside'
    run --separate-stderr lln-entropy --list a --columns key
    equal status "$status$stderr" 0
    run --separate-stderr lln-entropy --complete -- a --key-q ''
    equal answer "$output" $'m2.l.{layer}.q\t2 arrays
m2.l.0.q\tF32 (1, 1)
m2.l.1.q\tF32 (1, 1)
m2.l.1.head.7\tF32 (1, 1)
attn1\tF32 (1, 1)
attn2\tF32 (1, 1)
two words\tF32 (1, 1)'
    offers 'a::k' lln-entropy a::
    equal quoted "$(in_bash 'lln-entropy a --key-q tw' \
        lln-entropy a --key-q tw)" 'two\ words'
    equal quoted "$(in_bash "lln-entropy a --key-q 'tw" \
        lln-entropy a --key-q "'tw")" 'two words'
    equal braces "$(in_bash 'lln-entropy a --key-q m2.l.{' \
        lln-entropy a --key-q 'm2.l.{')" 'm2.l.\{layer\}.q'
}

# silent WORD...: the answer is empty.
silent() {
    run --separate-stderr timeout 10 lln-entropy --complete -- "$@"
    equal "$*" "$status$output$stderr" 0
}

@test "files that cannot be read give no names of arrays" {
    silent absent.npz --key-q ''
    silent . --key-q ''
    printf damaged > damaged.npz
    silent damaged.npz --key-q ''
    mkfifo pipe
    silent pipe --key-q ''
    silent - --key-q ''
    silent --mask=damaged.npz:
}

@test "names of files" {
    equal operand "$(lln-entropy --complete -- '')" ':files '
    equal operand "$(lln-entropy --complete -- -- -x)" ':files '
    equal operand "$(lln-entropy --complete -- --jackknife '')" ':files '
    equal option "$(lln-entropy --complete -- --mask='a b/c')" \
        ':files --mask='
    equal option "$(lln-attend --complete -- -o a)" ':files '
    equal option "$(lln-attend --complete -- --arrays gate=g.npy,theta=)" \
        ':files gate=g.npy,theta='
    equal option "$(lln-attend --complete -- --positions '')" \
        $':files \nrestart'
}

# answers TOOL WORD...: an answer of whatever kind, without a message, that does
# not read standard input.
answers() {
    run --separate-stderr bash -c '"$@" 0<&4; cat <&4' - "$1" --complete -- \
        "${@:2}" 4<<< unread
    equal "$* status" "$status$stderr" 0
    equal "$*" "${output: -6}" unread
}

@test "no question has a message, reads standard input or writes a file" {
    touch kept
    files_before=$(ls -A)
    run --separate-stderr lln-entropy --complete
    equal none "$status$output$stderr" 0
    for tool in "$LLN_BIN"/lln-*; do
        for line in --nonsense= '--nonsense x' -Z =; do
            # shellcheck disable=SC2086
            answers "$tool" $line
        done
    done
    for line in '--config -' - --help '-o kept' --output=new '--params -' \
        '--tau 0' --list-kernels --resume --version --show-config \
        '--per-row --per-row' '--list -' --nonsense; do
        # shellcheck disable=SC2086
        answers lln-entropy $line --columns ''
        [ ${#output} -gt 40 ] # some columns
    done
    answers lln-attend --write-heads new.npz --columns ''
    answers lln-attend --columns ''
    equal array "$output" unread # no table
    equal files "$(ls -A)" "$files_before"
    equal kept "$(< kept)" ''
    run --separate-stderr lln-entropy --columns # no question
    equal status "$status" 2
}

# in_bash LINE WORD...: the answers of bash for the words of the line, as bash
# divides it.
in_bash() {
    bash --norc -c '. "$1/lln.bash"
        COMP_LINE=$2 COMP_POINT=${#2} COMP_WORDS=("${@:3}")
        COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
        _lln_tools "$3" && printf "%s\n" "${COMPREPLY[@]}"' - "$SHELLS" "$@" |
        sort
}

@test "bash" {
    equal name "$(in_bash 'lln-match --meth' lln-match --meth)" --method
    equal value "$(in_bash 'lln-match --method=pa' lln-match --method = pa)" \
        paper
    equal value "$(in_bash 'lln-stats --aggregate=' lln-stats --aggregate =)" \
        "$(printf '%s\n' all head kv-head layer)"
    equal kernel "$(in_bash 'lln-stats --kernel softmax,lln:match=me' \
        lln-stats --kernel softmax,lln : match = me)" measured
    equal layers "$(in_bash 'lln-stats --rope 3@ha' \
        lln-stats --rope 3 @ ha)" half
    mkdir 'a folder'
    : > 'a folder/x.npy'
    equal file "$(in_bash 'lln-stats a' lln-stats a)" 'a folder'
    equal file "$(in_bash 'lln-stats --mask=a\ folder/' \
        lln-stats --mask = 'a\ folder/')" 'a folder/x.npy'
    equal file "$(in_bash "lln-stats --mask='a fold" \
        lln-stats --mask = "'a fold")" 'a folder'
    HOME=$PWD
    equal home "$(in_bash 'lln-stats --format table  ~/a' \
        lln-stats --format table \~/a)" "$PWD/a folder"
    equal unknown "$(in_bash 'lln-none --x' lln-none --x)" ''
}

# typed LINE SHELL...: the words of the line that an interactive shell makes of
# it when Tab is pressed: <WORD>...
typed() {
    local tab=$'\t' start=$'\001' end=$'\005'
    "$PTY" -t "$1$tab${start}printf '<%s>' $end;echo
exit
" "${@:2}" 2>&1 | tr -d '\r' | sed -n 's/\x1b\[[0-9;?]*[a-zA-Z]//g; /^</p'
}

@test "bash on a terminal" {
    for rc in '' /usr/share/bash-completion/bash_completion; do
        [ -z "$rc" ] || [ -f "$rc" ] || continue
        printf '%s\n' "${rc:+. $rc}" ". '$SHELLS/lln.bash'" PS1= \
            'unset HISTFILE' > rc
        both() {
            equal "$1" "$(typed "$1" bash --rcfile rc -i)" "$2"
        }
        both 'lln-match --method=meas' '<lln-match><--method=measured>'
        both 'lln-match --agg' '<lln-match><--aggregate>'
        both 'lln-match --kernel lln:al' '<lln-match><--kernel><lln:alpha=>'
        both 'lln-stats --columns qq' '<lln-stats><--columns><qq_correlation>'
    done
}

@test "zsh on a terminal" {
    command -v zsh > /dev/null || skip 'zsh is not installed'
    # shellcheck disable=SC2016
    printf '%s\n' "fpath=('$SHELLS' \$fpath)" PS1= \
        'autoload -Uz compinit; compinit -u -D' > .zshrc
    export ZDOTDIR=$PWD
    mkdir 'a folder'
    in_zsh() {
        equal "$1" "$(typed "$1" zsh -i)" "$2"
    }
    in_zsh 'lln-match --method=meas' '<lln-match><--method=measured>'
    in_zsh 'lln-match --agg' '<lln-match><--aggregate>'
    in_zsh 'lln-stats --kernel lln:al' '<lln-stats><--kernel><lln:alpha=>'
    in_zsh 'lln-stats --columns qq' '<lln-stats><--columns><qq_correlation>'
    # zsh removes the slash when the line goes on
    in_zsh 'lln-stats --mask=a' '<lln-stats><--mask=a folder>'
}

@test "fish" {
    command -v fish > /dev/null || skip 'fish is not installed'
    HOME=$PWD
    mkdir 'a folder'
    in_fish() {
        fish -N -c "source '$SHELLS/lln.fish'; complete -C '$1'" | cut -f 1
    }
    equal value "$(in_fish 'lln-match --method=meas')" --method=measured
    equal name "$(in_fish 'lln-match --agg')" --aggregate
    equal kernel "$(in_fish 'lln-stats --kernel lln:al')" lln:alpha=
    equal columns "$(in_fish 'lln-stats --columns qq_correlation_')" \
        qq_correlation_se
    equal file "$(in_fish 'lln-stats --mask=a')" '--mask=a folder/'
    equal text "$(in_fish 'lln-stats ' | head -n 1)" 'a folder/'
}
