#!/usr/bin/env bash
# Finds the SDK, builds what has changed and runs the main job: windowed order counts on the embedded broker.
# Arguments go to the job:  ./run.sh --help
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly root
readonly project=$root/samples/OrderCounts
readonly app=$project/bin/Release/net10.0/OrderCounts.dll
readonly stamp=$root/artifacts/run.stamp
readonly log=$root/artifacts/run-build.log

# What a build depends on: path and content of every file it reads.
inputs() {
  (
    cd "$root"
    find src samples/OrderCounts eng Directory.*.props global.json nuget.config \
      \( -name bin -o -name obj \) -prune -o -type f -exec cksum {} + | sort | cksum
  )
}

build() {
  local before
  before=$(inputs)
  if [[ -f $app && -f $stamp && $(<"$stamp") == "$before" ]]; then return; fi
  echo "run.sh: building (first start or changed sources)" >&2
  mkdir -p "${stamp%/*}"
  # -nodeReuse:false: leave no build server behind.
  if ! dotnet build "$project" -c Release -v q --nologo -nodeReuse:false >"$log" 2>&1; then
    grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u | head -n 50 >&2 || tail -n 50 "$log" >&2
    echo "run.sh: the build failed; all of its output is in $log" >&2
    exit 1
  fi
  echo "$before" >"$stamp"
}

"$root/eng/bootstrap.sh"
build
exec dotnet "$app" "$@"
