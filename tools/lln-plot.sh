#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-plot: draws the tables of the other tools. The awk programs beside the
# gnuplot scripts arrange a table into blocks of numbers and settings, and
# gnuplot draws them. Nothing is computed here.

# options: name, letter, name of the value, and help text of each option. A line
# that begins with a blank continues the text.
options() {
    sed -e :a -e '$!N; s/\n  */ /; ta' -e 'P; D' << 'END'
output|o|FILE|write the picture to FILE; its ending chooses the format:
 .png, .svg, .pdf or .tex (standard output: svg, or text on a terminal)
map||COLUMN|draw a map of layers and heads of this column
x||COLUMN|column, or parameter of kernels, of the horizontal axis (chosen
 from the columns)
y||LIST|columns to draw, a panel each (chosen from the columns)
by||COLUMN|column that colours show; "column": all columns of --y in one
 panel (kernel, method or layer)
log||AXES|logarithmic axes: x, y, xy or none (chosen from the columns)
size||SIZE|width, or width and height, such as 3.25in, 8x6cm or
 900x500px (900px; 6.5in for .pdf and .tex)
font-size||POINTS|size of the letters, from 7 (chosen from the width)
title||TEXT|title of the picture (what is drawn)
no-title|||leave out the title
theme||NAME|light or dark (light)
help|h||print this help and stop
version|V||print the version and stop
END
}

fail() {
    printf 'lln-plot: %s\n' "$*" >&2
    exit 1
}

# reason: why the last command failed, from what it printed.
reason() {
    tail -n 1 "$scratch/message" | sed 's/.*: //'
}

usage() {
    printf 'lln-plot: %s\nTry '\''lln-plot --help'\''\n' "$*" >&2
    exit 2
}

# say TEXT: prints it, or fails.
say() {
    message=$(printf '%s\n' "$1" | cat 2>&1 >&3) ||
        fail "standard output: ${message##*: }"
} 3>&1

print_help() {
    cat << 'END'
Usage: lln-plot [OPTION]... [TABLE]
draw a table of the other tools, or maps of lln-attend --blocks

Without TABLE, or if it is -, standard input is read. Defaults are in
parentheses.

Options:
END
    options | awk -F '|' '
        {
            used = sprintf("  %s--%s%s", $2 ? "-" $2 ", " : "    ", $1,
                           $3 ? " " $3 : "")
            if (length(used) > 28) { print used; used = "" }
            count = split($4, word, " ")
            line = sprintf("%-30s%s", used, word[1])
            for (i = 2; i <= count; i++) {
                if (length(line " " word[i]) > 79) {
                    print line
                    line = sprintf("%30s%s", "", word[i])
                } else line = line " " word[i]
            }
            print line
        }'
    printf '\nFor details: man lln-plot, man lln-tools\n'
}

print_version() {
    cat << 'END'
lln-plot (lln-tools) @VERSION@
Copyright (C) @YEAR@ The lln-tools authors
License GPLv3+: GNU GPL version 3 or later <https://gnu.org/licenses/gpl.html>.
This is free software: you are free to change and redistribute it.
There is NO WARRANTY, to the extent permitted by law.
END
}

# take NAME VALUE: stores an option, once.
take() {
    case " $given " in
    *" $1 "*) usage "--$1 was given more than once" ;;
    esac
    given="$given $1"
    case $1 in
    help)
        say "$(print_help)"
        exit 0
        ;;
    version)
        say "$(print_version)"
        exit 0
        ;;
    output) output=$2 ;;
    map) LLN_MAP=$2 ;;
    x) LLN_X=$2 ;;
    y) LLN_Y=$2 ;;
    by) LLN_BY=$2 ;;
    log) LLN_LOG=$2 ;;
    size) size=$2 ;;
    font-size) font=$2 ;;
    title) LLN_TITLE=$2 ;;
    no-title) titled=0 ;;
    theme) theme=$2 ;;
    esac
}

# find NAME: the option with this name, or whose name begins with it alone.
find_option() {
    case $1 in
    *[!a-z-]* | '') usage "unknown option '--$1'" ;;
    esac
    row=$(options | grep "^$1|" || options | grep "^$1")
    case $row in
    '') usage "unknown option '--$1'" ;;
    *'
'*) usage "option '--$1' is ambiguous" ;;
    esac
    option=${row%%|*}
    argument=${row#*|*|}
    argument=${argument%%|*}
}

parse() {
    while [ $# -gt 0 ]; do
        word=$1
        shift
        case $word in
        --)
            break
            ;;
        --*=*)
            find_option "$(name=${word%%=*} && printf %s "${name#--}")"
            [ "$argument" ] || usage "option '--$option' takes no value"
            take "$option" "${word#*=}"
            ;;
        --?*)
            find_option "${word#--}"
            if [ "$argument" ]; then
                [ $# -gt 0 ] || usage "option '--$option' needs a value"
                take "$option" "$1"
                shift
            else
                take "$option"
            fi
            ;;
        -h) take help ;;
        -V) take version ;;
        -o)
            [ $# -gt 0 ] || usage "option '-o' needs a value"
            take output "$1"
            shift
            ;;
        -o*) take output "${word#-o}" ;;
        -?*) usage "unknown option '$word'" ;;
        *) operand "$word" ;;
        esac
    done
    for word; do
        operand "$word"
    done
}

operand() {
    [ -z "${input+given}" ] ||
        usage "one table at a time: '$input' and '$1' were given"
    input=$1
}

check_options() {
    for other in x y by; do
        case "$LLN_MAP $given " in
        [!\ ]*" $other "*) usage "--map cannot be used with --$other" ;;
        esac
    done
    case $theme in
    light | dark) ;;
    *) usage "--theme: '$theme': expected light or dark" ;;
    esac
    case $LLN_LOG in
    '' | x | y | xy | yx | none) ;;
    *) usage "--log: '$LLN_LOG': expected x, y, xy or none" ;;
    esac
    case $output in
    '') [ -t 1 ] && terminal=dumb || terminal=svg ;;
    *.png) terminal=png ;;
    *.svg) terminal=svg ;;
    *.pdf) terminal=pdf ;;
    *.tex) terminal=tex ;;
    *) usage "--output: '$output': expected a name that ends in .png, .svg," \
        ".pdf or .tex" ;;
    esac
    measures=$(awk -v size="$size" -v font="$font" -v terminal="$terminal" \
        -f "$plots/size.awk") || usage "$measures"
    read -r page_width page_height font scale << END
$measures
END
}

check_gnuplot() {
    command -v gnuplot > /dev/null ||
        fail "no gnuplot; install it:" \
            "apt-get install gnuplot-nox fonts-dejavu-core"
    case $terminal in
    dumb | tex) return ;;
    esac
    # Without a font gnuplot draws pictures without text, and prints no
    # warning.
    ! command -v fc-list > /dev/null || fc-list :charset=41 2> /dev/null |
        grep -q . ||
        fail "no fonts; install some: apt-get install fonts-dejavu-core"
}

# The gnuplot scripts are in ../share/lln-tools/plots, wherever the tools are.
find_plots() {
    place=$0
    case $place in
    */*) ;;
    *) place=$(command -v -- "$0") ;;
    esac
    place=$(readlink -f -- "$place") && place=${place%/*}
    plots=${place%/*}/share/lln-tools/plots
    [ -f "$plots/style.gp" ] ||
        fail "$plots: no gnuplot scripts there; install lln-tools again"
}

# read_table: the table as lines of cells, in $scratch/table.
read_table() {
    if [ "$input" = - ]; then
        input='standard input'
        [ ! -t 0 ] || usage "no table: name a file, or pipe a table to lln-plot"
        cat > "$scratch/input" 2> "$scratch/message" ||
            fail "$input: $(reason)"
    else
        [ ! -d "$input" ] || fail "$input: is a folder"
        cat -- "$input" > "$scratch/input" 2> "$scratch/message" ||
            fail "$input: $(reason)"
    fi
    sh "$plots/maps.sh" "$scratch/input" > "$scratch/table"
    case $? in
    0)
        kind=blocks axes=$LLN_LOG style=
        return
        ;;
    3) ;; # a text
    *) fail "$input: $(cat "$scratch/table")" ;;
    esac
    # Bytes that are no UTF-8 are left out.
    iconv -c -f UTF-8 -t UTF-8 "$scratch/input" 2> /dev/null |
        LC_ALL=C awk -f "$plots/read.awk" > "$scratch/table" ||
        fail "$input: $(tail -n 1 "$scratch/table")"
}

# recognise: the kind of picture, and what it shows. If there is none, LLN_X is
# the reason.
recognise() {
    choice=$(LC_ALL=C awk -f "$plots/table.awk" -f "$plots/recognise.awk" \
        "$plots/labels.tsv" "$scratch/table") || exit 1
    {
        read -r kind
        read -r LLN_X
        read -r LLN_Y
        read -r LLN_BY
        read -r axes
        read -r style
    } << END
$choice
END
    [ "$kind" != none ] || fail "$input: ${LLN_X:-"not a table of measured\
 values; expected one of lln-entropy, lln-stats, lln-spectral, lln-match or\
 lln-attend, or a .npy or .safetensors file of lln-attend --blocks"}"
}

# choose_picture: reads the table, and sets the kind of picture, what it shows,
# and which axes are logarithmic.
choose_picture() {
    kind=
    read_table
    [ "$kind" ] || recognise
    # A terminal cannot show marks on a map over alpha and beta: it is drawn as
    # one of layers and heads.
    if [ "$terminal-$kind" = dumb-landscape ]; then
        kind=map
        case $given in *" y"*) ;; *) LLN_Y=entropy_gap_nats ;; esac
    fi
    case $axes in *x*) log_x=1 ;; *) log_x=0 ;; esac
    case $axes in *y*) log_y=1 ;; *) log_y=0 ;; esac
}

# begin_settings: what all scripts need, for style.gp.
begin_settings() {
    case $theme in
    light) colours="ink='#000000' muted='#444444' faint='#E4E4E4'
        background='#FFFFFF'" ;;
    dark) colours="ink='#E8E8E8' muted='#A0A0A0' faint='#3A3A3A'
        background='#16181C'" ;;
    esac
    picture=picture
    [ $terminal != tex ] || picture=picture.tex
    {
        printf "terminal = '%s'\noutput = '%s'\n" "$terminal" "$picture"
        echo "$colours" | tr ' ' '\n' | sed '/^$/d; s/=/ = /'
        printf 'scale = %s\n' "$scale"
        if [ $terminal = dumb ]; then
            measure_terminal
            printf "dumb_width = %d\ndumb_height = %d\n" "$columns" "$lines"
            printf "dumb_colours = '%s'\n" "$ansi"
        fi
    } > "$scratch/settings"
}

# measure_terminal: columns, lines and colours of the terminal.
measure_terminal() {
    columns=${COLUMNS:-$(stty size < /dev/tty 2> /dev/null | cut -d ' ' -f 2)}
    lines=${LINES:-$(stty size < /dev/tty 2> /dev/null | cut -d ' ' -f 1)}
    [ "${columns:-0}" -ge 40 ] || columns=79
    [ "${lines:-0}" -ge 10 ] || lines=24
    [ "$lines" -le 30 ] || lines=30
    lines=$((lines - 1)) columns=$((columns - 1))
    ansi=ansi256
    [ -z "${NO_COLOR-}" ] && [ "${TERM-}" != dumb ] || ansi=mono
}

# arrange: writes settings and data with the awk program of the kind.
arrange() {
    text_only=
    [ $terminal != dumb ] || text_only=1
    LLN_INPUT=$scratch/input LC_ALL=C awk -v settings="$scratch/settings" \
        -v data="$scratch/data" -v sorted="$scratch/sorted" \
        -v notes="$scratch/notes" -v tex="$([ $terminal = tex ] && echo 1)" \
        -v page_width="$page_width" -v page_height="$page_height" \
        -v font="$font" -v titled="$titled" -v style="$style" \
        -v log_x="$log_x" -v log_y="$log_y" -v text_only="$text_only" \
        -f "$plots/table.awk" -f "$plots/layout.awk" -f "$plots/$kind.awk" \
        "$plots/labels.tsv" "$scratch/table" || exit 1
}

# draw: draws the picture to $scratch/picture.
draw() {
    case $terminal-$kind in
    dumb-map | dumb-blocks) draw_cells ;;
    *) run_gnuplot ;;
    esac
}

# run_gnuplot: draws with the script of the kind.
run_gnuplot() {
    (
        # The path of the scripts may contain any character.
        cd "$scratch" || exit 1
        ln -s "$plots" plots
        LC_ALL=C.UTF-8 gnuplot -e "plots = 'plots'" -c "plots/$kind.gp" \
            settings data
    ) 2> "$scratch/message" ||
        fail "gnuplot failed: $(grep -v '^ *$' "$scratch/message" | tail -n 1)"
    [ "$terminal" = dumb ] || return 0
    # Form feeds would clear some terminals.
    tr -d '\f' < "$scratch/picture" | sed 's/  *$//' > "$scratch/text" &&
        mv "$scratch/text" "$scratch/picture" || exit 1
}

# draw_cells: a map as text.
draw_cells() {
    LC_ALL=C awk -v columns="$columns" \
        -v mono="$([ "$ansi" = mono ] && echo 1)" -f "$plots/cells.awk" \
        "$scratch/data" > "$scratch/picture" || exit 1
}

# exit_by SIGNAL: ends as the signal does, so that loops of shells end too.
exit_by() {
    [ -z "$scratch" ] || rm -rf "$scratch"
    trap - "$1" EXIT
    kill -s "$1" $$
}

# put FILE TARGET: a finished file to its place, whole or not at all. Devices
# and pipes are written to.
put() {
    if [ -e "$2" ] && [ ! -f "$2" ]; then
        cat "$1" > "$2"
    else
        cp -- "$1" "$2.$$" && mv -f -- "$2.$$" "$2"
    fi 2> "$scratch/message" || {
        rm -f -- "$2.$$"
        fail "$2: $(reason)"
    }
}

# deliver: the finished picture.
deliver() {
    if [ "$terminal" = tex ]; then
        # The text names the file of the lines.
        base=${output##*/}
        base=$(printf %s "${base%.tex}" | sed 's/[&|\\]/\\&/g')
        sed "s|includegraphics\(.*\){picture}|includegraphics\1{$base}|
            s|^ *.begingroup$|&\\\\fontsize{$font}{$(echo "$font" |
            awk '{ print 1.2 * $1 }')}\\\\selectfont|" \
            "$scratch/picture.tex" > "$scratch/text" || exit 1
        put "$scratch/picture.pdf" "${output%.tex}.pdf"
        put "$scratch/text" "$output"
    elif [ "$output" ]; then
        put "$scratch/picture" "$output"
    else
        cat "$scratch/picture" 2> "$scratch/message" ||
            fail "standard output: $(reason)"
    fi
}

# print_notes: what the picture leaves out.
print_notes() {
    [ ! -s "$scratch/notes" ] || sed 's/^/lln-plot: /' "$scratch/notes" >&2
}

# make_scratch: a folder that is removed in the end, also after a signal.
make_scratch() {
    trap '[ -z "$scratch" ] || rm -rf "$scratch"' EXIT
    for signal in HUP INT TERM; do
        # shellcheck disable=SC2064 # the signal of this round
        trap "exit_by $signal" $signal
    done
    scratch=$(mktemp -d 2> /dev/null) ||
        fail "no temporary folder in ${TMPDIR:-/tmp}; set TMPDIR to another" \
            "place"
}

given='' output='' size='' font='' titled=1 theme=light terminal='' scratch=
LLN_MAP='' LLN_X='' LLN_Y='' LLN_BY='' LLN_LOG='' LLN_TITLE=
export LLN_MAP LLN_X LLN_Y LLN_BY LLN_LOG LLN_TITLE
find_plots
if [ "${1-}" = --complete ] && [ "${2-}" = -- ] && [ $# -gt 2 ]; then
    shift 2
    # shellcheck source=plots/complete.sh
    . "$plots/complete.sh"
    offer "$@"
    exit 0
fi
# A closed standard output would become the next file that a program opens.
# Writing to this one fails in the same way.
(exec 9>&1) 2> /dev/null || exec 1< /dev/null
parse "$@"
: "${input=-}"
check_options
check_gnuplot
make_scratch
choose_picture
begin_settings
arrange
draw
deliver
print_notes
