#!/usr/bin/env bash
# Builds everything once in Release and runs the test projects, quick ones first, two at a time.
#
#   ./test.sh [--filter EXPRESSION] [quick | PROJECT...]
#
#   quick        what needs no other process: for while one works
#   PROJECT      part of a test project's name, e.g. 'Broker' (default: all)
#   EXPRESSION   as for 'dotnet test --filter'
#
# The last line is 'N passed, N failed' or 'N passed, N failed, N skipped'. A build that fails, a project that crashes,
# hangs or runs no test counts as one failure. The exit code is 0 only if nothing failed and something ran.
# Before it come the totals of the comparisons with Kafka Streams (recorded runs, random programs) that were among them.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
readonly root
readonly results=$root/artifacts/test-results
# A single test that takes longer is taken for hung; its project is stopped and the test's name is reported.
readonly hang_timeout=${TEST_HANG_TIMEOUT:-12min}
# The whole of one project; the hang timeout above does not see a test host that hangs outside of tests.
readonly project_timeout=${TEST_PROJECT_TIMEOUT:-30m}
# Most tests wait most of the time. Two projects at a time keep two cores busy without making anybody wait for them.
readonly at_once=${TEST_PROJECTS_AT_ONCE:-2}
readonly quick=(StreamFlow.Tests StreamFlow.Docs.Tests StreamFlow.Testing.Tests StreamFlow.Hosting.Tests StreamFlow.RocksDb.Tests)
# Kills brokers and workers and waits for them with a deadline: it has the machine to itself, at the end.
readonly alone=StreamFlow.IntegrationTests

filter=''
wanted=()
passed=0
failed=0
skipped=0
failures=()
declare -A running=() began=()

# Most processes here live for seconds: what they run is compiled, not measured.
export DOTNET_TieredPGO=0

main() {
  ((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1] >= 501)) ||
    { echo "test.sh: needs bash 5.1 or newer; this is $BASH_VERSION" >&2; exit 2; }
  parse_arguments "$@"
  trap stop INT TERM
  "$root/eng/bootstrap.sh" || { fail 'bootstrap'; finish; }
  "$root/eng/test-tools.sh"
  mapfile -t projects < <(select_projects)
  ((${#projects[@]})) || { fail "no test project matches: ${wanted[*]}"; finish; }
  rm -rf "$results"
  mkdir -p "$results"
  build || { fail 'build'; finish; }
  run_all
  show_comparisons
  finish
}

parse_arguments() {
  while (($#)); do
    case $1 in
      --filter) filter=${2:?--filter needs an expression, e.g. --filter FullyQualifiedName~Commit}; shift ;;
      -h | --help) sed -n '2,12s/^# \{0,1\}//p' "$0"; exit 0 ;;
      -*) echo "test.sh: unknown option '$1'; see ./test.sh --help" >&2; exit 2 ;;
      *) wanted+=("$1") ;;
    esac
    shift
  done
}

select_projects() {
  local name part
  while read -r name; do
    ((${#wanted[@]})) || { echo "$name"; continue; }
    for part in "${wanted[@]}"; do
      if [[ $name == *"$part"* || ($part == quick && " ${quick[*]} " == *" $name "*) ]]; then echo "$name"; break; fi
    done
  done < <(in_order)
}

# Some projects are no tests but programs that tests start, or that are run on purpose only; they say so themselves.
in_order() {
  printf '%s\n' "${quick[@]}"
  local file name
  for file in "$root"/tests/*/*.csproj; do
    name=$(basename "$file" .csproj)
    [[ " ${quick[*]} $alone " == *" $name "* ]] || grep -q '<IsTestProject>false' "$file" || echo "$name"
  done
  echo "$alone"
}

build() {
  local target=$root/StreamFlow.sln
  ((${#wanted[@]})) || { build_one "$target"; return; }
  local project
  for project in "${projects[@]}"; do
    build_one "$root/tests/$project" || return
  done
}

# -nodeReuse:false: leave no build server behind.
build_one() {
  local log=$results/build.log
  echo "building $(basename "$1")"
  if ! dotnet build "$1" -c Release -v q --nologo -nodeReuse:false >"$log" 2>&1; then
    grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u | head -n 50 || tail -n 50 "$log"
    return 1
  fi
}

# Starts the next project when one is done, and prints nothing of a project before.
run_all() {
  local waiting=("${projects[@]}") name pid code
  while ((${#waiting[@]} + ${#running[@]})); do
    while ((${#waiting[@]} && ${#running[@]} < at_once)); do
      [[ ${waiting[0]} != "$alone" ]] || ((${#running[@]} == 0)) || break
      start "${waiting[0]}"
      waiting=("${waiting[@]:1}")
    done
    code=0
    wait -n -p pid "${!running[@]}" || code=$?
    name=${running[$pid]}
    unset "running[$pid]"
    count "$name" "$results/$name/results.trx" "$results/$name.log" "$code" "$((SECONDS - began[$name]))"
  done
}

start() {
  local name=$1
  local arguments=(--nologo --results-directory "$results/$name" --logger 'trx;LogFileName=results.trx'
    --logger 'console;verbosity=minimal' --blame
    --blame-hang-timeout "$hang_timeout" --blame-hang-dump-type mini)
  [[ -z $filter ]] || arguments+=(--filter "$filter")
  timeout -k 30s "$project_timeout" \
    dotnet test "$root/tests/$name/bin/Release/net10.0/$name.dll" "${arguments[@]}" >"$results/$name.log" 2>&1 &
  running[$!]=$name
  began[$name]=$SECONDS
}

# count PROJECT TRX LOG EXIT-CODE SECONDS
count() {
  local name=$1 trx=$2 log=$3 code=$4 seconds=$5 total=0 executed=0 ok=0 bad=0 counters
  if [[ -f $trx ]]; then
    counters=$(grep -o '<Counters [^>]*' "$trx" || true)
    total=$(attribute total "$counters") executed=$(attribute executed "$counters")
    ok=$(attribute passed "$counters") bad=$(attribute failed "$counters")
  fi
  printf '%s: %d passed, %d failed, %d skipped (%d s)\n' "$name" "$ok" "$bad" $((total - executed)) "$seconds"
  ((passed += ok, skipped += total - executed, failed += bad)) || true
  if ((bad)); then
    mapfile -t -O "${#failures[@]}" failures < <(failed_names "$trx")
  fi
  if ((code == 124 || code == 137)); then
    fail "$name: stopped after $project_timeout"
  elif grep -q '^Test Run Aborted' "$log"; then
    fail "$name: crashed or hung in: $(sed -n '/^The test running when/{n;p}' "$log")"
  elif ((code != 0 && bad == 0)); then
    fail "$name: the test run ended with exit code $code"
  elif ((total == 0)) && [[ -z $filter ]]; then
    fail "$name: ran no test"
  fi
  if ((total > executed)); then skipped_names "$trx"; fi
  if ((code)); then show_failures "$log"; fi
}

# What tests wrote about how they compare with Kafka Streams, if they ran.
show_comparisons() {
  local file
  for file in "$results"/{conformance,random-programs}.txt; do
    [[ ! -f $file ]] || cat "$file"
  done
}

# The log from the first trouble on, without the frames that are the same in every test.
show_failures() {
  sed -n '/^ *Failed \|rror\|bort\|rash/,$p' "$1" |
    grep -vE '^ +at (Xunit\.Sdk|System\.(Reflection|Runtime|Threading))\.|^ *Skipped ' | head -n 400
}

attribute() {
  [[ $2 =~ \ $1=\"([0-9]+)\" ]] && echo "${BASH_REMATCH[1]}" || echo 0
}

failed_names() {
  grep -o '<UnitTestResult [^>]*outcome="Failed"[^>]*' "$1" | sed 's/.*testName="\([^"]*\)".*/\1/' | plain | sort
}

skipped_names() {
  awk '
    /<UnitTestResult / { name = ""; if (/outcome="NotExecuted"/) { name = $0; gsub(/.*testName="|".*/, "", name) } }
    name != "" && /<Message>/ { gsub(/.*<Message>|<\/Message>.*/, ""); print "  skipped " name ": " $0; name = "" }
  ' "$1" | plain | sort
}

plain() { sed 's/&#xD;//g; s/&quot;/"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\&/g'; }

fail() {
  failures+=("$1")
  ((++failed))
}

# shellcheck disable=SC2317 # called by trap
stop() {
  ((${#running[@]} == 0)) || kill "${!running[@]}" 2>/dev/null || true
  fail 'interrupted'
  finish
}

finish() {
  if ((${#failures[@]})); then
    echo 'Failed:'
    printf '  %s\n' "${failures[@]}"
  fi
  if ((passed + failed == 0)); then fail 'no test ran'; echo 'Failed: no test ran'; fi
  if ((skipped)); then
    echo "$passed passed, $failed failed, $skipped skipped"
  else
    echo "$passed passed, $failed failed"
  fi
  exit $((failed > 0))
}

main "$@"
