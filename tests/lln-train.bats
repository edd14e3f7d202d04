#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-3.0-or-later
#
# lln-train: its table, its files, and what it refuses. The gradients are tested
# in tests/test_*.c.
# shellcheck disable=SC2030,SC2031,SC2154 # bats sets status, output, stderr
load helper

# recall OPTION...: lln-train of a tiny model that recalls values.
recall() {
    lln-train --task recall -n 8 --pairs 2 --vocabulary 8 --test 20 \
        --width 8 --head-count 2 --batch 8 --examples 2 --quiet "$@"
}

# values: the columns that the same command always prints.
values='id,epoch,*_loss,accuracy,sigma*,alpha,beta,ratio,entropy*,lambda2'

# value_of COLUMN: that of kernel `name` and layer `layer` at the last step.
value_of() {
    awk -F, -v wanted="$1" -v layer="$layer" -v name="$name" '
        NR == 1 { for (i = 1; i <= NF; i++) at[$i] = i }
        $at["layer"] == layer && $at["kernel"] == name { x = $at[wanted] }
        END { print x }' table
}

# idx FILE SIZE... < NUMBERS: writes an IDX file of bytes.
idx() {
    local file=$1 size
    shift
    {
        printf '%b' "\\0\\0\\010\\0$(printf %o $#)"
        for size; do
            printf '%b' "\\0\\0\\0$(printf %o $((size / 256)))\\0$(
                printf %o $((size % 256)))"
        done
        # shellcheck disable=SC2046 # words
        printf '%b' "$(printf '\\0%o' $(cat))"
    } > "$file"
}

# pictures COUNT: writes images of 4 x 4 pixels to images, and their labels to
# labels: 0 for a bright left half, 1 for a bright right half.
pictures() {
    awk -v count="$1" 'BEGIN {
        for (i = 0; i < count; i++)
            for (p = 0; p < 16; p++) {
                bright = (p % 4 < 2) == (i % 2 == 0)
                print (bright ? 200 : 20) + (i * 7 + p * 5) % 31
            }
    }' | idx images "$1" 4 4
    seq "$1" | awk '{ print ($1 + 1) % 2 }' | idx labels "$1"
}

# on_pictures OPTION...: lln-train of a tiny model on the images.
on_pictures() {
    lln-train --images images --labels labels --patch 2 --classes 2 --width 8 \
        --depth 1 --head-count 2 --batch 10 --rate 0.01 --quiet "$@"
}

@test "images are classified, and the table shows how" {
    pictures 50
    run --separate-stderr on_pictures --test 10 --epochs 20
    equal status "$status$stderr" 0
    equal header "${lines[0]}" \
        "source,step,layer,head,kernel,n,d,causal,samples,tau,seed,epoch,train_loss,test_loss,accuracy,seconds,sigma_q,sigma_k,alpha,beta,ratio,entropy_nats,lambda2,share_undefined"
    equal steps "$(cut -d, -f1-9,11,12 <<< "$output" | tail -n +2)" \
        'images,0,nan,nan,softmax,4,4,0,1,1,0
images,20,nan,nan,softmax,4,4,0,1,1,5
images,40,nan,nan,softmax,4,4,0,1,1,10
images,60,nan,nan,softmax,4,4,0,1,1,15
images,80,nan,nan,softmax,4,4,0,1,1,20
images,0,nan,nan,lln,4,4,0,1,1,0
images,20,nan,nan,lln,4,4,0,1,1,5
images,40,nan,nan,lln,4,4,0,1,1,10
images,60,nan,nan,lln,4,4,0,1,1,15
images,80,nan,nan,lln,4,4,0,1,1,20'
    equal accuracy "$(column accuracy <<< "$output" | sed -n '5p; 10p' |
        tr '\n' ' ')" '1 1 '
    column train_loss <<< "$output" > losses
    awk 'NR == 1 { if ($1 != "nan") exit 1 }
        NR > 2 && NR < 6 { if (!($1 < last)) exit 1 }
        { last = $1 }' losses
}

@test "the same bytes whatever the threads" {
    for threads in 1 2; do
        recall --steps 4 --kernel softmax,lln,lln+diag:ratio=learned \
            --columns "$values" --threads "$threads" --seeds 1,2 \
            --dump "h$threads-{kernel}-{seed}.npz" > "table$threads"
    done
    [ "$(wc -l < table1)" = 16 ]
    cmp table1 table2
    for name in softmax-1 lln-2 lln+diag-ratio=learned-1; do
        cmp "h1-$name.npz" "h2-$name.npz"
    done
}

@test "training does not depend on how many heads are measured" {
    for examples in 1 600; do
        lln-train --task recall -n 8 --pairs 2 --vocabulary 8 --test 600 \
            --steps 8 --width 8 --head-count 2 --batch 100 --kernel softmax \
            --columns '*_loss' --examples "$examples" --quiet \
            > "table$examples"
    done
    cmp table1 table600
}

@test "values of the heads are those of the other tools" {
    recall --steps 6 --kernel softmax --dump heads.safetensors > table
    local options='--layout bhnd --causal --kernel softmax --quiet'
    # shellcheck disable=SC2086 # words
    {
        lln-entropy $options heads.safetensors > entropy
        lln-stats $options heads.safetensors > stats
        lln-spectral $options heads.safetensors > spectral
    }
    equal heads "$(wc -l < entropy)" 9 # 2 examples, 2 layers, 2 heads
    for pair in entropy_nats:entropy tau:entropy sigma_q:stats sigma_k:stats \
        lambda2:spectral; do
        echo "$(column "${pair%:*}" < table | tail -n 1)" \
            "$(column "${pair%:*}" < "${pair#*:}" |
                awk '{ sum += $1 } END { print sum / NR }')"
    done | near 1e-5
}

@test "values of lln and uniform are those of the same alpha and beta" {
    recall --steps 6 --rate 0.1 --kernel lln,uniform --every 6 --each \
        --dump '{kernel}.npz' > table
    for layer in 0 1; do
        for name in lln uniform; do
            kernel=lln:alpha=0:beta=0
            [ $name = uniform ] ||
                kernel=lln:alpha=$(value_of alpha):beta=$(value_of beta)
            echo "$(value_of entropy_nats) $(
                lln-entropy --layout bhnd --causal --layers $layer --quiet \
                    --kernel "$kernel" $name.npz | column entropy_nats |
                    awk '{ sum += $1 } END { print sum / NR }')"
        done
    done | near 1e-5
}

@test "heads without entropy are left out of the mean and counted" {
    pictures 30
    on_pictures --kernel relu --steps 2 --seeds 4 --examples 3 \
        --dump relu.npz > table
    lln-entropy --layout bhnd --kernel relu --quiet relu.npz > heads
    column entropy_nats < heads | awk '
        $1 == "nan" { missing++; next }
        { sum += $1; count++ }
        END {
            if (!missing || !count) exit 1
            print sum / count, missing / NR
        }' > expected
    for at in 1 2; do
        echo "$(column "$(cut -d ' ' -f $at <<< 'entropy_nats share_undefined')" \
            < table | tail -n 1) $(cut -d ' ' -f $at expected)"
    done | near 1e-5
}

@test "weights are stored and read" {
    recall --steps 4 --kernel lln --save weights.npz --columns "$values" > table
    recall --steps 0 --kernel lln --load weights.npz --columns "$values" > again
    # without the step and the loss of training
    equal values "$(tail -n 1 again | cut -d, -f 3-12,14-)" \
        "$(tail -n 1 table | cut -d, -f 3-12,14-)"
    recall --steps 0 --load weights.npz --columns kernel,test_loss > others
    equal kernels "$(column kernel < others | tr '\n' ' ')" 'softmax lln '
    [ "$(column test_loss < others | uniq | wc -l)" = 2 ]
    cp weights.npz copy.npz
    local overwrites="the output would overwrite this input; use another name"
    for option in --save --dump -o; do
        run recall --load ./copy.npz --kernel lln "$option" copy.npz
        equal "$option" "$status $output" "1 lln-train: copy.npz: $overwrites"
    done
    cmp weights.npz copy.npz
    rm copy.npz
    mv weights.npz ..
    for wrong in 'width: 8 in the file, but the options say 16' \
        'layers: 2 in the file, but the options say 3'; do
        case $wrong in
        width*) set -- 16 2 ;;
        *) set -- 8 3 ;;
        esac
        rm -f table again others
        refuses 1 "../weights.npz: $wrong" lln-train --task recall -n 8 \
            --pairs 2 --vocabulary 8 --head-count 2 --width "$1" --mlp 16 \
            --depth "$2" --load ../weights.npz
    done
}

@test "training continues with new batches after --load" {
    # the rate is too small to change the weights
    recall --steps 6 --every 3 --kernel softmax --rate 1e-30 > table
    recall --steps 3 --every 3 --kernel softmax --rate 1e-30 --save w.npz > half
    recall --steps 3 --every 3 --kernel softmax --rate 1e-30 --load w.npz > rest
    equal first "$(column train_loss < half | tail -n 1)" \
        "$(column train_loss < table | sed -n 2p)"
    equal second "$(column train_loss < rest | tail -n 1)" \
        "$(column train_loss < table | tail -n 1)"
}

@test "weights keep their result with pixels standardised in another way" {
    pictures 50
    on_pictures --kernel lln --train 10 --test 10 --save w.npz > table
    on_pictures --kernel lln --train 5 --test 10 --load w.npz --steps 0 > again
    equal accuracy "$(column accuracy < again)" \
        "$(column accuracy < table | tail -n 1)"
    echo "$(column test_loss < again)" \
        "$(column test_loss < table | tail -n 1)" | near 1e-5
}

@test "the ratio of lln+diag is a column" {
    recall --steps 2 --rate 1 --each --columns id,seed,ratio --kernel \
        lln,lln+diag:ratio=0.25,lln+diag:ratio=learned > table
    equal ratios "$(awk -F, 'NR > 1 && !(/learned/ && $2 > 0) {
        print $5, $12 }' table | uniq)" 'lln nan
lln+diag:ratio=0.25 0.25
lln+diag:ratio=learned 0.5'
    awk -F, '/learned/ && $2 == 2 && !($12 != 0.5 && $12 > 0 && $12 < 1) {
        exit 1 }' table
}

@test "seeds: means and standard errors; --each: seeds and layers" {
    recall --steps 4 --every 4 --kernel lln --seeds 1,2,3 > means
    recall --steps 4 --every 4 --kernel lln --seeds 1,2,3 --each > each
    equal rows "$(wc -l < means),$(wc -l < each)" 3,13
    equal rows "$(for name in layer seed; do
        column "$name" < each | head -n 6
    done | tr '\n' ' ')" '0 1 0 1 0 1 1 1 2 2 3 3 '
    equal last "$(head -n 1 means | tr , '\n' | tail -n 1)" lambda2_se
    for name in tau test_loss alpha lambda2; do
        column "$name" < each | tail -n 6 | awk '
            { model[int((NR - 1) / 2)] += $1 / 2 }
            END {
                for (i = 0; i < 3; i++) mean += model[i] / 3
                for (i = 0; i < 3; i++) square += (model[i] - mean) ^ 2
                print mean, sqrt(square / 6)
            }' > expected
        echo "$(column "$name" < means | tail -n 1)" \
            "$(cut -d ' ' -f 1 expected)"
        echo "$(column "${name}_se" < means | tail -n 1)" \
            "$(cut -d ' ' -f 2 expected)"
    done | near 1e-4
}

@test "bounds hold for the last row of each model" {
    recall --steps 8 --every 2 --kernel softmax --rate 0.1 > table
    # above the loss of the last row, but below that of the first
    local bound
    bound=$(column test_loss < table | awk 'NR == 1 { first = $1 }
        { last = $1 } END { if (last < first) print (first + last) / 2 }')
    recall --steps 8 --every 2 --kernel softmax --rate 0.1 \
        --fail-above "test_loss=$bound,train_loss=100" > again
    run --separate-stderr recall --steps 2 --every 1 --kernel softmax,lln \
        --seeds 3,4 --each --fail-below accuracy=2 --precision 1
    equal status "$status" 3
    [[ $stderr == "lln-train: recall: step 2, layer 0, kernel softmax, tau "*', seed 3: accuracy is '*'; expected at least 2' ]]
}

@test "columns that do not distinguish the rows" {
    run --separate-stderr recall --steps 0 --columns accuracy
    equal stderr "$stderr" 'lln-train: --columns: these columns do not distinguish all rows; add id, or some of its columns'
}

@test "kernels without gradients are refused by name" {
    refuses 2 "--kernel: kernel 'nystrom': has no gradients; expected one of softmax, lln, lln+diag, blockdiag, window, elu, relu, uniform" \
        lln-train --kernel softmax,nystrom
    equal help "$(lln-train --help | sed '1,/^Kernels:/d' |
        sed -n 's/^  \([a-z+][a-z+]*\) .*/\1/p' | tr '\n' ' ')" \
        'softmax lln lln+diag blockdiag window elu relu uniform '
}

# refused STATUS MESSAGE OPTION...: lln-train refuses the images of pictures.
refused() {
    # shellcheck disable=SC2034 # for refuses
    files_before=$(ls -A)
    refuses "$1" "$2" lln-train --images images --labels labels --patch 2 \
        --classes 2 "${@:3}"
}

@test "images that do not fit are refused with one line" {
    pictures 20
    seq 19 | awk '{ print $1 % 2 }' | idx nineteen 19
    seq 20 | awk '{ print $1 % 12 }' | idx twelve 20
    gzip -c images | head -c 40 > cut.gz
    run lln-train --images images --labels nineteen --patch 2
    [[ $status = 1 && $output == 'lln-train: '*19*20* && ${#lines[@]} = 1 ]]
    run lln-train --images images --labels twelve --patch 2 --classes 10
    [[ $status = 1 && $output == 'lln-train: twelve'*'expected'* ]]
    [ "${#lines[@]}" = 1 ]
    run lln-train --images cut.gz --labels labels --patch 2
    [[ $status = 1 && $output == 'lln-train: cut.gz'* && ${#lines[@]} = 1 ]]
    run lln-train --images images --labels labels --patch 3
    [[ $status = 1 && $output == 'lln-train: images'*3* && ${#lines[@]} = 1 ]]
    equal rows "$(lln-train --images images --labels labels --patch 2 \
        --classes 2 --steps 0 --kernel softmax --quiet | wc -l)" 2
    refused 2 "--batch: 64 is more than the 18 training images"
    refused 2 "a width of 30 is not divisible by 4 heads" --width 30 --batch 2
}

@test "options that contradict each other are refused" {
    refuses 2 "--tokens cannot be used with --task images" lln-train -n 8
    refuses 2 "--patch cannot be used with --task recall" lln-train \
        --task recall --patch 2
    refuses 2 "--epochs cannot be used with --steps" lln-train --steps 1 \
        --epochs 1
    refuses 2 "--images needs --labels" lln-train --images x
    refuses 2 "--seeds: 1 is given twice" lln-train --seeds 1,2,01
    refuses 2 "--kernel: 'lln' is given twice" lln-train --kernel lln,elu,lln
    refuses 2 "--kernel: 'lln:factor=0.5' and 'lln:factor=.5' are the same" \
        lln-train --kernel lln:factor=0.5,lln,lln:factor=.5
    refuses 2 "'x.npz': expected only options; name images with --images" \
        lln-train x.npz
    refuses 2 "--save: 'w.npz': the same file for several kernels or seeds; put {kernel} or {seed} into the name" \
        lln-train --task recall --save w.npz
    refuses 2 "--output and --save name the same file: 'w.npz'" \
        lln-train --task recall --kernel lln --save w.npz -o w.npz
    refuses 2 "--dump and --save name the same file: 'w-lln.npz'" \
        lln-train --task recall --kernel lln --dump 'w-{kernel}.npz' \
        --save w-lln.npz
    refuses 2 "--dump and --save name the same file: './w-1.npz'" \
        lln-train --task recall --kernel lln --dump w-1.npz \
        --save './w-{seed}.npz'
    refuses 2 "--dump: 'w.npy': expected a name that ends in .npz or .safetensors" \
        lln-train --task recall --kernel lln --dump w.npy
    refuses 1 "no/w.npz: No such file or directory" \
        lln-train --task recall --kernel lln --dump no/w.npz
}

@test "finished rows are kept if the loss is not finite" {
    run --separate-stderr recall --kernel lln,softmax --rate 1e30 --steps 4 \
        --every 4 -o table.csv
    equal status "$status" 1
    local reason='the loss is not finite; lower --rate'
    equal errors "$(sed -E 's/step [1-4]/step N/; s/[0-9]+ of/N of/' \
        <<< "$stderr")" \
        "lln-train: kernel 'lln', seed 1, step N: $reason
lln-train: kernel 'softmax', seed 1, step N: $reason; $(
            )N of 4 rows are in table.csv.partial"
    [ ! -e table.csv ]
    equal kernels "$(column kernel < table.csv.partial | uniq | tr '\n' ' ')" \
        'lln softmax '
}

@test "a loss on held-out examples that is not finite is an error" {
    run --separate-stderr recall --kernel softmax --rate 1e6 --steps 3 \
        --every 3 --columns step,accuracy --save w.npz --dump h.npz
    equal status "$status" 1
    equal stderr "$stderr" \
        "lln-train: kernel 'softmax', seed 1, step 3: the loss on held-out examples is not finite; lower --rate"
    equal rows "${#lines[@]}" 2
    equal files "$(ls)" ''
}

@test "all rows are kept if the weights or heads cannot be written" {
    for option in save dump; do
        (
            ulimit -f 1
            recall --kernel softmax,lln --steps 1 --format json --columns step \
                --"$option" 'x-{kernel}.npz' > out 2> said || echo "$?"
        ) > status
        equal status "$(cat status)" 1
        equal stderr "$(cat said)" 'lln-train: x-softmax.npz: File too large'
        equal table "$(tr -d '\n ' < out)" '[{"step":0},{"step":1}]'
        equal files "$(find . -name 'x*')" ''
    done
}

@test "a signal ends training and keeps the finished rows" {
    local status=0
    signalled INT 30 lln-train --task recall -n 8 --pairs 2 --vocabulary 8 \
        --steps 1000000 --every 2 --width 8 --head-count 2 --test 10 \
        -o table.csv 2> said || status=$?
    equal status "$status" 130
    grep -q '^lln-train: interrupted: .* written to table.csv.partial$' said
    [ "$(wc -l < table.csv.partial)" -gt 2 ]
    [ ! -e table.csv ]
}

@test "the progress line shows the loss" {
    # shellcheck disable=SC2016 # for the inner shell
    timeout -s INT 60 "$PTY" sh -c '
        lln-train --task recall -n 16 --steps 1000000 --every 1000000 -o t.csv \
            2> /dev/tty & until grep -aq loss screen; do sleep 0.1; done
        kill $!; wait' > screen 2>&1 || true
    grep -aqE ' steps, softmax, loss [0-9.]+, ' screen
}
