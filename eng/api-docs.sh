#!/usr/bin/env bash
# Makes the API reference, a page for every public type of every package, from the comments in the sources: HTML, with a search.
#
#   eng/api-docs.sh [FOLDER]      (default: artifacts/api)
#
# It fails where a public type has no page or a reference between pages leads nowhere. docfx is restored from .config/dotnet-tools.json.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly work=$root/artifacts/api-work
readonly log=$root/artifacts/api-docs.log

case ${1:-} in
  -h | --help) sed -n '2,6s/^# \{0,1\}//p' "$0"; exit 0 ;;
  -*) echo "api-docs.sh: unknown option '$1'; see eng/api-docs.sh --help" >&2; exit 2 ;;
esac
site=${1:-$root/artifacts/api}

main() {
  "$root/eng/bootstrap.sh"
  rm -rf "$work"
  mkdir -p "$work/assemblies" "$site"
  site=$(cd "$site" && pwd)
  cd "$root"
  # Everything that the packages need lies beside the tests of the pages, so that docfx finds whatever a signature names.
  run dotnet build tests/StreamFlow.Docs.Tests -c Release -v q --nologo -nodeReuse:false
  collect
  run dotnet tool restore
  run dotnet docfx metadata eng/api-docs/docfx.json
  run dotnet docfx build eng/api-docs/docfx.json --output "$site" --warningsAsErrors
  check
}

# run COMMAND...: silent unless it fails.
run() {
  "$@" >"$log" 2>&1 || { grep -E 'error|warning' "$log" | sort -u | head -n 30 >&2; echo "api-docs.sh: '$*' failed; all of its output is in $log" >&2; exit 1; }
}

collect() {
  cp tests/StreamFlow.Docs.Tests/bin/Release/net10.0/{*.dll,StreamFlow*.xml} "$work/assemblies/"
  rm -f "$work"/assemblies/StreamFlow.Docs.Tests.*
}

# Names of the types that are declared public, as the pages of docfx are called: Outer.Inner, Name-2.
public_types() {
  cat src/*/PublicAPI.{Shipped,Unshipped}.txt | grep -v -e '->' -e '^#' -e '^ *$' | sed -E 's/^\[[A-Z0-9]+\]//; s/^([a-z]+ )*//' |
    while read -r type; do
      if [[ $type == *'<'* ]]; then
        local parameters=${type#*<}
        parameters=${parameters%%>*}
        local commas=${parameters//[^,]/}
        type=${type%%<*}-$((${#commas} + 1))${type#*>}
      fi
      echo "$type"
    done | LC_ALL=C sort -u
}

check() {
  local type missing=() broken types
  mapfile -t types < <(public_types)
  for type in "${types[@]}"; do
    [[ -f $(page "$type") ]] || missing+=("$type")
  done
  # A type's own name and type parameters are no links; a name with its namespace is one that docfx did not find.
  broken=$(grep -rhoE '<(span class="xref">|xref href=")StreamFlow\.[^<"]*' "$site" --include='*.html' | sort -u || true)
  if ((${#types[@]} < 100)); then echo "api-docs.sh: only ${#types[@]} public types were found" >&2; exit 1; fi
  if ((${#missing[@]})); then printf 'api-docs.sh: no page for %s\n' "${missing[@]}" >&2; exit 1; fi
  if [[ -n $broken ]]; then printf 'api-docs.sh: leads nowhere: %s\n' "$broken" >&2; exit 1; fi
  echo "${#types[@]} public types have their pages; begin at $site/index.html"
}

page() { find "$site" -name "$1.html" -print -quit; }

main
