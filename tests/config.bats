# SPDX-License-Identifier: GPL-3.0-or-later
#
# --config and --show-config. tests/data/configs/expected.tsv was made by a
# reader of such files in Python, and compared with what transformers computes
# (tests/test_config.c).
# shellcheck disable=SC2154 # bats sets output, stderr
load helper

configs=$DATA/configs

# show CONFIG OPTION...: --show-config without the identity columns.
show() {
    lln-entropy --config "$configs/$1.json" --show-config "${@:2}"
}

@test "each layer of 24 configurations" {
    columns=layer,heads,key_heads,head_dim,rope,theta,dims,scaling,norm
    columns+=,query_scale,scale,softcap,bias,causal,window,chunk,sink,clip
    tail -n +2 "$configs/expected.tsv" | cut -f1 | uniq > names
    equal configs "$(wc -l < names)" 24
    while read -r name; do
        show "$name" --format tsv --columns "$columns" --no-header |
            sed "s/^/$name\t/"
    done < names | awk -F'\t' -v OFS='\t' '
        {
            if ($6 != "none") $6 = $6 ":theta=" $7 ":dims=" $8
            if ($9 != "none") $6 = $6 ":scaling=" $9
            line = $1
            for (i = 2; i <= NF; i++)
                if (i < 7 || i > 9)
                    line = line OFS \
                        ((i > 9 && $i == "none") || $i == "nan" ? "-" : $i)
            print line
        }' > shown
    diff shown <(tail -n +2 "$configs/expected.tsv")
}

@test "where values are from, in each format" {
    columns=layer,rope,rope_from,theta,theta_from,norm_from,window
    prints "layer,rope,rope_from,theta,theta_from,norm_from,window
0,half,class default,10000,file,option,5
1,pairs,option,10000,option,file,5
2,half,class default,1000000,file,file,none
3,half,class default,10000,file,file,5" \
        lln-entropy --config "$configs/gemma3_old.json" --show-config \
        --columns "$columns" --rope 1@pairs --qk-norm 0@none --format csv
    show bert --format json --columns layer,rope,theta,causal,chunk -o x.json
    equal json "$(head -n 2 x.json | tr -d '[\n')" \
        '{"layer":0,"rope":"none","theta":null,"causal":0,"chunk":null},'
    for format in table markdown ndjson; do
        show bert --format $format | grep -q 'class default'
    done
    for tool in attend match spectral stats; do
        lln-$tool --show-config --config "$configs/bert.json" --no-header |
            wc -l
    done | sort -u > rows
    equal rows "$(< rows)" 4
}
