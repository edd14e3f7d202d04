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

@test "the page lists the model types" {
    sed -n 's/.*{\.model_type = "\([a-z0-9_]*\)".*/\1/p' \
        "$BATS_TEST_DIRNAME/../src/heads/config_family.c" | sort > known
    [ "$(wc -l < known)" -gt 30 ]
    sed -n '/^Known model types are$/,/^\.S/s/^\.Li \([a-z0-9_]*\).*/\1/p' \
        "$LLN_BIN/../man/man5/lln-formats.5" | sort | diff known -
}

@test "a hint at tokens that see both sides" {
    text='"text_config": {"model_type": "gemma2", "num_hidden_layers": 1,
        "num_attention_heads": 4, "num_key_value_heads": 4, "head_dim": 16}'
    echo "{\"model_type\": \"paligemma\", $text}" > config.json
    run --separate-stderr lln-entropy --config config.json --show-config
    equal stderr "$stderr" 'lln-entropy: config.json: tokens of the image and the prompt see each other in both directions, which a causal mask hides; if the heads have them, give --prefix or --mask'
    run --separate-stderr lln-entropy --config config.json --show-config \
        --prefix 4
    equal stderr "$stderr" ''
    echo "{\"model_type\": \"gemma3\", $text}" > config.json
    run --separate-stderr lln-entropy --config config.json --show-config
    [[ $stderr == *': tokens of an image see each other '* ]]
    echo "{\"model_type\": \"llava\", $text}" > config.json
    run --separate-stderr lln-entropy --config config.json --show-config
    equal stderr "$stderr" ''
}

@test "JSON says what a configuration applied" {
    config '"model_type": "gemma2", "query_pre_attn_scalar": 16'
    said='config.json: gemma2, 4 layers; resulting options: --causal --rope half:theta=10000:dims=16 --softcap 50 --window 0,2@4096'
    options=(-q --config config.json --layout lhnd --kernel softmax)
    printf '00%.0s' {1..128} | npy x.npy '<f2' '(2, 4, 1, 16)'
    lln-entropy "${options[@]}" --q x.npy --k x.npy --format ndjson \
        --aggregate all > rows
    grep -q "\"rule\":null,\"config\":\"$said\"" rows
    run lln-entropy "${options[@]}" --q x.npy --k x.npy --no-header \
        --columns layer,head,config
    equal csv "${lines[0]}" "0,0,\"$said\""
    lln-entropy "${options[@]}" --q x.npy --k x.npy | head -n 1 > header
    run ! grep -q config header
    # without --config
    equal none "$(lln-entropy -q --q x.npy --k x.npy --layout lhnd \
        --kernel softmax --columns layer,head,config --no-header | head -n 1)" \
        0,0,nan
}

@test "rows of a configuration have no bounds" {
    refuses 2 '--fail-below cannot be used with --show-config, which measures nothing' \
        lln-entropy --config "$configs/bert.json" --show-config \
        --fail-below theta=3
}

@test "where values are from, in each format" {
    columns=layer,rope,rope_from,theta,theta_from,norm_from,window
    prints "layer,rope,rope_from,theta,theta_from,norm_from,window
0,half,class default,10000,file,option,5
1,pairs,option,10000,file,file,5
2,half,class default,1000000,file,file,none
3,half,class default,10000,file,file,5" \
        lln-entropy --config "$configs/gemma3_old.json" --show-config \
        --columns "$columns" --rope 1@pairs --qk-norm 0@none --format csv
    prints "layer,rope
0,half
3,half" lln-entropy --config "$configs/gemma3_old.json" --show-config \
        --columns layer,rope --format csv --layers 0,3
    show bert --format json --columns layer,rope,theta,causal,chunk -o x.json
    equal json "$(head -n 2 x.json | tr -d '[\n')" \
        '{"layer":0,"rope":"none","theta":null,"causal":0,"chunk":null},'
    equal decoder "$(show t5_encoder --causal --columns bias,causal | uniq | tail -n +2)" \
        't5:buckets=32:distance=128:decoder,1'
    for format in table markdown ndjson; do
        show bert --format $format | grep -q 'class default'
    done
    for tool in attend match spectral stats; do
        lln-$tool --show-config --config "$configs/bert.json" --no-header |
            wc -l
    done | sort -u > rows
    equal rows "$(< rows)" 4
}

# config KEY... : config.json of a model with 4 heads of 16 features, of which 2
# share a key head; each KEY is a pair of JSON.
config() {
    local pairs
    pairs=$(printf ', %s' "$@")
    echo "{\"num_hidden_layers\": 4, \"num_attention_heads\": 4,
        \"num_key_value_heads\": 2, \"head_dim\": 16, \"hidden_size\": 64$pairs}" \
        > config.json
}

vectors=$DATA/logits
raw=(--layout hnd --q "$vectors/a_q.npy" --k "$vectors/a_k.npy")

# side_by_side FILE HEADS KEYS: the bytes of the heads of a file as features.
side_by_side() {
    tail -c $(($2 * 24 * 16 * 8)) "$1" | npy "$3" '<f8' "(24, $(($2 * 16)))"
}

# entropies OPTION...: what is printed on stderr goes to the file said.
entropies() {
    lln-entropy --kernel softmax --columns layer,head,d,tau,entropy_nats "$@" \
        2> said
}

# numbers FILE.npy | FILE.safetensors: its float64, one a line.
numbers() {
    local header
    case $1 in
    *.npy) header=$(($(od -An -tu2 -j8 -N2 "$1") + 10)) ;;
    *) header=$(($(od -An -tu8 -N8 "$1") + 8)) ;;
    esac
    tail -c +$((header + 1)) "$1" | od -An -v -w8 -tf8 | tr -d ' '
}

# P of a norm over all heads, then rotary embedding (tests/data/README.md).
@test "a configuration does what its options do" {
    config '"model_type": "olmo2", "rms_norm_eps": 1e-6'
    weights="q_norm=$vectors/norm_rms_across.q_norm.npy"
    weights+=",k_norm=$vectors/norm_rms_across.k_norm.npy"
    lln-attend "${raw[@]}" --config config.json --arrays "$weights" --double \
        --write-p --write-heads h.safetensors 2> said
    paste -d' ' <(numbers h.safetensors | tail -n +3073) \
        <(numbers "$vectors/norm_rms_across.P.npy") | near 1e-12 absolute
    equal said "$(grep olmo2 said)" 'lln-attend: config.json: olmo2, 4 layers; resulting options: '\
'--causal --qk-norm rms:eps=1e-06:across-heads --rope half:theta=10000:dims=16'
    # The same as options say it, and a line of --comments.
    entropies "${raw[@]}" --config config.json --arrays "$weights" --comments \
        > table
    entropies "${raw[@]}" --causal --qk-norm rms:across-heads --rope half \
        --arrays "$weights" > expected
    diff <(grep -v '^#' table) expected
    grep -q '^# config: config.json: olmo2, 4 layers; resulting options: --causal ' table
    entropies "${raw[@]}" --config config.json --arrays "$weights" --quiet \
        > /dev/null
    equal said "$(< said)" ''
}

@test "options win over a configuration" {
    config '"model_type": "llama", "rope_theta": 500000'
    entropies "${raw[@]}" --config config.json --rope pairs:theta=20000 > table
    entropies "${raw[@]}" --causal --rope pairs:theta=20000 | diff table -
    entropies "${raw[@]}" --config config.json --rope none > table
    entropies "${raw[@]}" --causal | diff table -
    # For layer 0 alone; heads have a layer by the names of arrays.
    side_by_side "$vectors/a_q.npy" 4 layers.0.q.npy
    side_by_side "$vectors/a_k.npy" 2 layers.0.k.npy
    cp layers.0.q.npy layers.2.q.npy
    cp layers.0.k.npy layers.2.k.npy
    files=(--q 'layers.{layer}.q.npy' --k 'layers.{layer}.k.npy')
    entropies "${files[@]}" --config config.json --rope 0@none > table
    entropies "${files[@]}" --split-heads 4:2 --causal \
        --rope half:theta=500000 --rope 0@none | diff table -
    equal layers "$(column layer < table | uniq | tr '\n' ' ')" '0 2 '
}

@test "the rule of logits by layer" {
    config '"model_type": "gemma2", "sliding_window": 5' \
        '"attn_logit_softcapping": 3, "query_pre_attn_scalar": 24'
    side_by_side "$vectors/a_q.npy" 4 layers.0.q.npy
    side_by_side "$vectors/a_k.npy" 2 layers.0.k.npy
    cp layers.0.q.npy layers.3.q.npy
    cp layers.0.k.npy layers.3.k.npy
    files=(--q 'layers.{layer}.q.npy' --k 'layers.{layer}.k.npy')
    entropies "${files[@]}" --config config.json > table
    grep -q -e ' --softcap 3 --window 0,2@5$' said
    scale=$(awk 'BEGIN { printf "%.17g", 24 ^ -0.5 }')
    entropies "${files[@]}" --split-heads 4:2 --causal --rope half \
        --window 0,2@5 --softcap 3 --scale "$scale" | diff table -
    entropies "${files[@]}" --config config.json --causal=none > table
    equal causal "$(grep -c -e --causal said)" 0
    entropies "${files[@]}" --split-heads 4:2 --rope half --window 0,2@5 \
        --softcap 3 --scale "$scale" | diff table -
    # Every second layer of gpt_oss slides; all have sinks, and YaRN.
    yarn=half:theta=150000:scaling=yarn:factor=32:original=4096:truncate=no
    config '"model_type": "gpt_oss", "sliding_window": 5'
    entropies "${files[@]}" --config config.json --sink none --softcap 3@2 \
        > table
    entropies "${files[@]}" --split-heads 4:2 --causal --rope "$yarn" \
        --window 0,2@5 --softcap 3@2 | diff table -
}

@test "slopes of some heads of a model" {
    config '"model_type": "bloom"'
    sed -i 's/"num_key_value_heads": 2,//' config.json
    # Heads 0 and 1 alone have the slopes that they have among all four.
    tail -c $((4 * 24 * 16 * 8)) "$vectors/a_q.npy" > bytes
    npy all.npy '<f8' '(4, 24, 16)' < bytes
    head -c $((2 * 24 * 16 * 8)) bytes | npy two.npy '<f8' '(2, 24, 16)'
    for name in all two; do
        entropies --layout hnd --q $name.npy --k $name.npy \
            --config config.json > $name
    done
    diff two <(head -n 3 all)
}

@test "heads that a configuration counts" {
    config '"model_type": "llama"'
    side_by_side "$vectors/a_q.npy" 4 q.npy
    side_by_side "$vectors/a_k.npy" 2 k.npy
    entropies --q q.npy --k k.npy --config config.json > table
    entropies --q q.npy --k k.npy --split-heads 4:2 --causal --rope half |
        diff table -
    entropies --q q.npy --k k.npy --layout nD --config config.json |
        diff table -
    # Heads before or after the tokens, unless there are as many of both.
    entropies "${raw[@]:2}" --config config.json > table
    entropies "${raw[@]}" --config config.json | diff table -
    tail -c $((24 * 64 * 8)) "$vectors/a_q.npy" > bytes
    npy q.npy '<f8' '(24, 4, 16)' < bytes
    head -c $((24 * 32 * 8)) bytes | npy k.npy '<f8' '(24, 2, 16)'
    entropies --q q.npy --k k.npy --config config.json > table
    entropies --q q.npy --k k.npy --layout nhd --config config.json |
        diff table -
    npy q.npy '<f8' '(6, 4, 4, 16)' < bytes
    run lln-entropy --q q.npy --k q.npy --config config.json
    [[ $output == *'needs a layout'* ]]
    # An axis of layers, if there are as many; in names of layers, of batches.
    npy q.npy '<f8' '(4, 4, 6, 16)' < bytes
    entropies --q q.npy --k q.npy --config config.json > table
    equal layers "$(column layer < table | uniq | tr '\n' ' ')" '0 1 2 3 '
    cp q.npy layers.2.q.npy
    entropies --q 'layers.{layer}.q.npy' --k 'layers.{layer}.q.npy' \
        --config config.json > table
    equal layers "$(column layer < table | uniq)" 2
    # Queries, keys and values in one array: of GPT-NeoX head after head.
    config '"model_type": "gpt_neox", "num_key_value_heads": null' \
        '"rotary_pct": 1'
    sed -i 's/"num_key_value_heads": 2,//' config.json
    tail -c $((24 * 64 * 8)) "$vectors/a_q.npy" > half
    array='{"dtype":"F64","shape":[24,192],"data_offsets":[0,36864]}'
    cat half half half | safetensors h.safetensors "{\"qkv\":$array}"
    entropies h.safetensors --config config.json > table
    entropies h.safetensors --fused head-qkv --split-heads 4 --causal \
        --rope half | diff table -
    entropies h.safetensors --fused qkv --config config.json > other
    run cmp -s table other
    equal status "$status" 1
}

@test "the divisors of longrope" {
    config '"model_type": "phi3", "max_position_embeddings": 128' \
        '"original_max_position_embeddings": 16' '"rope_scaling": {"type": "su",
        "short_factor": [1, 1, 1, 1, 1, 1, 1, 1],
        "long_factor": [1, 1, 1, 1, 1, 1, 1, 1]}'
    entropies "${raw[@]}" --config config.json > table
    # sqrt(1 + ln(8) / ln(16)), the factor of sines and cosines.
    awk 'BEGIN { printf "%.17g\n", 0.25 * (1 + log(8) / log(16)) }' > scale
    entropies "${raw[@]}" --causal --rope half --scale "$(< scale)" |
        column entropy_nats | paste -d' ' <(column entropy_nats < table) - |
        near 1e-6
    # The rule of a row can be given back: it names the file for them.
    lln-entropy -q "${raw[@]}" --config config.json --heads 0 --columns rule |
        column rule | head -n 1 > first
    grep -q -e ':scaling=longrope:original=16:factor=8 --config config.json$' first
    # shellcheck disable=SC2046 # options and their values
    entropies "${raw[@]}" $(< first) | diff table -
}

@test "keys of latent attention without what all heads share" {
    config '"model_type": "deepseek_v3", "qk_nope_head_dim": 12' \
        '"qk_rope_head_dim": 4'
    tail -c $((2 * 24 * 16 * 8)) "$vectors/a_k.npy" |
        npy ../k.npy '<f8' '(4, 24, 8)'
    # shellcheck disable=SC2034 # for refuses
    files_before=config.json
    refuses 1 "../k.npy: 8 features; expected 16 as in $vectors/a_q.npy; the features of keys that all heads share are given with --arrays k_rope=FILE" \
        lln-entropy --config config.json --layout hnd \
        --q "$vectors/a_q.npy" --k ../k.npy
}

@test "layers without softmax are left out" {
    config '"model_type": "qwen3_next", "partial_rotary_factor": 0.5'
    for layer in 0 3; do
        side_by_side "$vectors/a_q.npy" 4 "layers.$layer.q.npy"
        side_by_side "$vectors/a_k.npy" 2 "layers.$layer.k.npy"
    done
    echo broken > layers.0.k.npy
    norms=(--qk-norm rms)
    entropies --q 'layers.{layer}.q.npy' --k 'layers.{layer}.k.npy' \
        --config config.json "${norms[@]}" > table
    equal layers "$(column layer < table | uniq)" 3
    equal said "$(grep -o '; layers.*' said)" \
        '; layers 0-2 have no softmax and are left out'
    # The same from one file, where layer 0 has no keys.
    q='"shape":[24,64],"dtype":"F64","data_offsets":'
    k='"shape":[24,32],"dtype":"F64","data_offsets":'
    {
        tail -c 12288 "$vectors/a_q.npy"
        tail -c 6144 "$vectors/a_k.npy"
    } > bytes
    one="\"layers.3.q\":{${q}[0,12288]},\"layers.3.k\":{${k}[12288,18432]}"
    safetensors one.safetensors "{$one}" < bytes
    cat bytes <(head -c 12288 bytes) | safetensors two.safetensors \
        "{$one,\"layers.0.q\":{${q}[18432,30720]}}"
    entropies two.safetensors --config config.json "${norms[@]}" |
        diff table -
    for name in one two; do
        lln-attend -q --config config.json "${norms[@]}" \
            --write-heads $name.npz $name.safetensors
    done
    cmp one.npz two.npz
}

@test "what a configuration cannot be used for" {
    config '"model_type": "llama"'
    # shellcheck disable=SC2034 # for refuses
    files_before=config.json
    refuses 2 "--window: '3,x': expected W, or L,R; L and R are whole numbers of at least 0, or -1 for no limit" \
        lln-entropy --config "$configs/llama2.json" --show-config --window 3,x
    refuses 2 "--qk-norm: 'foo': expected rms, l2, layer or none" \
        lln-entropy --config "$configs/llama2.json" --show-config --qk-norm foo
    refuses 2 '--config needs heads from files; use FILE, or --q and --k' \
        lln-entropy --config config.json
    refuses 2 '--show-config needs --config FILE' lln-stats --show-config
    refuses 2 '--rope: layer 7; expected layers 0 to 3, which the configuration'\
' has' lln-entropy --config config.json --rope 2-7@none "${raw[@]}"
    config '"model_type": "llama"' '"head_dim": 32'
    sed -i 's/"head_dim": 16,//' config.json
    refuses 1 "$vectors/a_q.npy: 16 features of a head; config.json has "\
'head_dim 32' lln-entropy --config config.json "${raw[@]}"
    config '"model_type": "llama"'
    refuses 1 "$vectors/a_q.npy: 24 heads of 4 tokens; config.json has 4 "\
'heads; check --layout' lln-entropy --config config.json --layout nhd \
        --q "$vectors/a_q.npy" --k "$vectors/a_q.npy"
    refuses 1 '--layers 7: config.json has layers 0-3' \
        lln-entropy --config config.json --show-config --layers 7
    refuses 2 "--layers '3-1': range '3-1' is empty; write 1-3" \
        lln-entropy --config config.json --show-config --layers 3-1
    config '"model_type": "qwen3"'
    refuses 2 '--config: the weights of the norms of qwen3 are in its '\
'checkpoint; give them with --arrays q_norm=FILE:KEY,k_norm=FILE:KEY, or '\
'normalise without weights with --qk-norm rms:eps=1e-06; if the norms have already been applied, give --qk-norm none' \
        lln-entropy --config config.json "${raw[@]}"
    config '"model_type": "phi", "qk_layernorm": true'
    refuses 2 '--config: the biases of the norms of phi are in its '\
'checkpoint; give them with --arrays q_norm_bias=FILE:KEY,'\
'k_norm_bias=FILE:KEY, or normalise without weights with --qk-norm layer:eps=1e-05; if the norms have already been applied, give --qk-norm none' \
        lln-entropy --config config.json "${raw[@]}" --arrays q_norm=x,k_norm=x
    config '"model_type": "gpt_oss"'
    refuses 2 '--config: the sinks of gpt_oss are in its checkpoint; give them '\
'with --arrays sink=FILE:KEY, or leave them out with --sink none' \
        lln-entropy --config config.json "${raw[@]}"
    config '"model_type": "t5", "d_kv": 16'
    refuses 2 '--config: the biases of t5 are in its checkpoint; give them '\
'with --arrays bias=FILE:KEY, or leave them out with --bias none' \
        lln-entropy --config config.json "${raw[@]}"
    echo '{"model_type": "llama", "num_hidden_layers": 4, "hidden_size": 32,
        "num_attention_heads": 2}' > config.json
    refuses 1 "$vectors/a_q.npy: 4 heads of 24 tokens; config.json has 2 heads; check --layout" \
        lln-entropy --config config.json "${raw[@]}"
    config '"model_type": "gemma2", "query_pre_attn_scalar": 16'
    refuses 2 "kernel 'lln' does not support --softcap, which config.json has; leave it out with --softcap none" \
        lln-match --config config.json "${raw[@]}"
    config '"model_type": "bloom"'
    refuses 2 "kernel 'lln' does not support --bias, which config.json has; leave it out with --bias none" \
        lln-match --config config.json "${raw[@]}"
    config '"model_type": "smollm3"'
    refuses 1 "$vectors/a_q.npy: the layers of config.json differ, but the "\
'layer of these arrays is not known; expected its number in the names of arrays, as in '\
'layers.3.q, or of files, as in q{layer}.npy' \
        lln-entropy --config config.json "${raw[@]}"
    config '"model_type": "mamba"'
    run lln-entropy --config config.json "${raw[@]}"
    equal status "$status" 1
    [[ $output == *"config.json: model_type 'mamba' is unknown; "* ]]
    refuses 1 'none.json: No such file or directory' \
        lln-entropy --config none.json "${raw[@]}"
    config '"model_type": "llama"'
    refuses 1 'config.json: the output would overwrite this input; use another name' \
        lln-entropy --config config.json --rope none -o config.json "${raw[@]}"
}

# 16 features, scale 1/4, weights whose stored values are of w - 1.
@test "logits beyond what a norm allows" {
    config '"model_type": "qwen3"'
    weights="q_norm=$vectors/norm_rms_one_plus.q_norm.npy"
    weights+=",k_norm=$vectors/norm_rms_one_plus.k_norm.npy"
    none=(--qk-norm none --rope none --arrays "$weights")
    entropies "${raw[@]}" --config config.json "${none[@]}" > table
    grep -q 'logits reach 6.01, but the norm that --qk-norm leaves out limits them to 2.13: queries and keys seem to have been saved before it$' said
    # The weights change nothing else.
    entropies "${raw[@]}" --causal | diff table -
    # What comes out of the norm stays below.
    lln-attend -q "${raw[@]}" --qk-norm rms --arrays "$weights" \
        --write-heads final.npz
    entropies --layout hnd --config config.json "${none[@]}" final.npz > table
    run ! grep logits said
    run lln-entropy "${raw[@]}" --arrays "$weights"
    [ "$status" = 2 ]
}
