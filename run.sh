#!/usr/bin/env bash
# Finds the SDK, builds what has changed and runs a sample.
#
#   ./run.sh [OPTION...]          the main job: windowed order counts on the embedded broker
#   ./run.sh SAMPLE [OPTION...]   another sample; its name in any case, with or without hyphens
#   ./run.sh --help               the samples, and the options of the main job
#   ./run.sh SAMPLE --help        the options of a sample
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly root
readonly main_job=OrderCounts

# The samples are the programs below samples/.
samples() { (cd "$root/samples" && grep -l '<OutputType>Exe</OutputType>' -- */*.csproj | cut -d/ -f1); }

# One line a sample: its name and what its project says of it.
list() {
  local name
  while read -r name; do
    printf '  %-18s %s\n' "$name" "$(sed -n 's|.*<Description>\(.*\)</Description>.*|\1|p' "$root/samples/$name/$name.csproj")"
  done < <(samples)
}

plain() { tr '[:upper:]' '[:lower:]' <<<"$1" | tr -d '_-'; }

# find_sample WORD: the sample that is meant.
find_sample() {
  local wanted name
  wanted=$(plain "$1")
  while read -r name; do
    if [[ $(plain "$name") == "$wanted" ]]; then echo "$name"; return; fi
  done < <(samples)
  printf "run.sh: there is no sample '%s'; there are\n%s\n" "$1" "$(list)" >&2
  exit 2
}

# inputs NAME: what its build depends on, path and content of every file it reads.
inputs() {
  (
    cd "$root"
    find src "samples/$1" samples/Common eng Directory.*.props global.json nuget.config \
      \( -name bin -o -name obj \) -prune -o -type f -exec cksum {} + | sort | cksum
  )
}

# build NAME
build() {
  local before app=$root/samples/$1/bin/Release/net10.0/$1.dll stamp=$root/artifacts/run/$1.stamp log=$root/artifacts/run/$1.log
  before=$(inputs "$1")
  if [[ -f $app && -f $stamp && $(<"$stamp") == "$before" ]]; then return; fi
  echo "run.sh: building $1 (first start or changed sources)" >&2
  mkdir -p "${stamp%/*}"
  # -nodeReuse:false: leave no build server behind.
  if ! dotnet build "$root/samples/$1" -c Release -v q --nologo -nodeReuse:false >"$log" 2>&1; then
    grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u | head -n 50 >&2 || tail -n 50 "$log" >&2
    echo "run.sh: the build failed; all of its output is in $log" >&2
    exit 1
  fi
  echo "$before" >"$stamp"
}

name=$main_job
case ${1:-} in
  -h | --help) printf 'Samples, for ./run.sh SAMPLE [OPTION...]:\n%s\n\nWithout a name, %s:\n\n' "$(list)" "$main_job" ;;
  '' | -*) ;;
  *) name=$(find_sample "$1"); shift ;;
esac
"$root/eng/bootstrap.sh"
build "$name"
exec dotnet "$root/samples/$name/bin/Release/net10.0/$name.dll" "$@"
