#!/usr/bin/env bash
# What a machine with one GPU and no network is needed for, within a time limit.
#
#     benchmarks/gpu.sh SECONDS OUT [STUDY.yaml...]        on the machine with the GPU
#     benchmarks/gpu.sh --tiny SECONDS OUT [STUDY.yaml...] all parts on the CPU, at tiny size
#
# Before, where there is a network:
#
#     need='accelerate datasets filelock huggingface_hub jaxtyping jinja2 joblib matplotlib platformdirs pyarrow
#       pydantic rich safetensors scikit-learn scipy torchmetrics transformers typer beartype hypothesis psutil
#       pytest pytest-timeout'
#     pip download -d wheels --python-version 3.12 --only-binary=:all: --no-deps $need  # and what those need
#     steadytune bundle studies/h1_dose.yaml studies/main.yaml --data-root DATA --half --out bundle
#
# There, with this repository, wheels/ and bundle/ copied (Python 3.11 and torch 2.9, or newer):
#
#     pip install --no-index --find-links wheels --upgrade $need
#     benchmarks/gpu.sh 840 out bundle/h1_dose.yaml bundle/main.yaml
#
# The sources are used as they lie here; nothing of steadytune is installed. In OUT: summary.txt, the
# output of each part, the rows of the tables as JSON, and the records of the studies, packed.
#
# Settings, as variables: DEVICE (cuda), WORKERS (8: runs at a time on the card), MODELS (a random
# minilm-shape, bert-base and bert-large: whose steps are timed; a folder with a model too).
set -u
tiny=
if [ "${1-}" = --tiny ]; then tiny=1; shift; fi
if [ $# -lt 2 ]; then sed -n '2,5p' "$0" >&2; exit 2; fi
limit=$1 out=$2
shift 2
root=$(cd "$(dirname "$0")/.." && pwd)
mkdir -p "$out"
out=$(cd "$out" && pwd)
export PYTHONPATH="$root/src:$root/benchmarks${PYTHONPATH:+:$PYTHONPATH}" HF_HUB_OFFLINE=1 PIP_NO_INDEX=1
export CUBLAS_WORKSPACE_CONFIG=:4096:8 TOKENIZERS_PARALLELISM=false COLUMNS=120
device=${DEVICE:-cuda} workers=${WORKERS:-8} tests=Contract
read -ra costs <<< "${MODELS:-minilm-shape bert-base bert-large}"
modes=(--model bert-large) pairs=9 methods=()
if [ -n "$tiny" ]; then
  device=cpu workers=${WORKERS:-2} tests='TestContract and it_changes_training' costs=(tiny) pairs=1
  methods=(--methods lnsr,l2sp,nso)
  modes=(--model tiny --steps 2 --compiler aot_eager --modes 'fp32;tf32;bf16;fp32, compiled')
fi
export STEADYTUNE_TEST_DEVICE=$device
: > "$out/summary.txt"

# part NAME SHARE COMMAND...: run it, for at most SHARE percent of the time limit and what is left.
part() {
  local name=$1 most=$((limit * $2 / 100)) left=$((limit - SECONDS)) start=$SECONDS status
  shift 2
  if [ "$left" -lt "$most" ]; then most=$left; fi
  if [ "$most" -lt 1 ]; then
    status='no time left'
  else
    timeout --signal=INT --kill-after=15 "$most" "$@" > "$out/$name.txt" 2>&1 < /dev/null
    case $? in 0) status=done ;; 124 | 137) status='stopped at its limit' ;; *) status=FAILED ;; esac
  fi
  printf '%-28s %-22s %5d s\n' "$name" "$status" $((SECONDS - start)) | tee -a "$out/summary.txt"
}

cd "$root" || exit 1
part tests 30 python -m pytest -p no:cacheprovider tests/methods -k "$tests" -m "not exhaustive"
part lnsr-by-hand 10 python -m pytest -p no:cacheprovider \
  tests/methods/test_every_family.py -k "whole_passes and ${tiny:+bert and }not exhaustive"
for model in "${costs[@]}"; do
  name=cost-$(basename "$model")
  part "$name" 20 python benchmarks/step_cost.py --model "$model" --device "$device" --pairs "$pairs" \
    "${methods[@]}" --json "$out/$name.json"
done
part modes 20 python benchmarks/modes.py "${modes[@]}" --device "$device" --json "$out/modes.json"
reserve=$((limit / 20))
for study in "$@"; do
  name=study-$(basename "$study" .yaml)
  share=$(((limit - SECONDS - reserve) * 100 / limit))
  part "$name" "$((share > 0 ? share : 0))" \
    python -m steadytune compare "$study" --out "$out/runs/$name" --workers "$workers"
  if [ -d "$out/runs/$name" ]; then
    python -m steadytune pack "$out/runs/$name" "$out/$name" >> "$out/$name.txt" 2>&1
  fi
done
for file in "$out"/tests.txt "$out"/lnsr-by-hand.txt; do tail -n 1 "$file"; done >> "$out/summary.txt"
cat "$out"/cost-*.txt "$out"/modes.txt >> "$out/summary.txt" 2> /dev/null
cat "$out/summary.txt"
! grep -q FAILED "$out/summary.txt"
