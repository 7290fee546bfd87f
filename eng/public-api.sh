#!/usr/bin/env bash
# Writes down the public API of the projects in src, which every build compares with the code: src/*/PublicAPI.Unshipped.txt.
# Run it after a change of the API that is meant, and look at the difference. A release moves the lines to Shipped.
#
#   eng/public-api.sh
set -euo pipefail

case ${1:-} in
  '') ;;
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "public-api.sh: unknown argument '$1'; see eng/public-api.sh --help" >&2; exit 2 ;;
esac

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly log=$root/artifacts/public-api.log

mkdir -p "${log%/*}"
for project in "$root"/src/*/*.csproj; do
  folder=$(dirname "$project")
  [[ -f $folder/PublicAPI.Shipped.txt ]] || echo '#nullable enable' >"$folder/PublicAPI.Shipped.txt"
  echo '#nullable enable' >"$folder/PublicAPI.Unshipped.txt"
done

# With nothing written down, the build names all there is.
if ! dotnet build "$root/StreamFlow.Packages.slnf" -c Release --nologo -nodeReuse:false -p:TreatWarningsAsErrors=false >"$log" 2>&1; then
  grep -E 'error [A-Z]+[0-9]+' "$log" | sort -u | head -n 20 >&2
  echo "public-api.sh: the sources do not build; git restore src/*/PublicAPI.*.txt brings the lists back" >&2
  exit 1
fi
for project in "$root"/src/*/*.csproj; do
  sed -n "s|.*warning RS0016: Symbol '\(.*\)' is not part of the declared public API.*\[$project\]\$|\1|p" "$log" |
    LC_ALL=C sort -u >>"$(dirname "$project")/PublicAPI.Unshipped.txt"
done
