#!/usr/bin/env bash
# Lines per product project and files per folder, of this checkout or beside another one:
#
#   eng/shape.sh
#   eng/shape.sh --before ../other-checkout
set -euo pipefail
export LC_ALL=C
cd "$(dirname "$0")/.."

before=
case ${1:-} in
  '') ;;
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  --before) before=${2:?--before takes the folder of another checkout} ;;
  *) echo "usage: eng/shape.sh [--before CHECKOUT]" >&2; exit 2 ;;
esac

sources() { (cd "$1" && find src -name '*.cs' -not -path '*/obj/*' -not -path '*/bin/*' | sort); }

# One line "name<tab>number" per project, then per folder.
lines() { (cd "$1" && sources . | tr '\n' '\0' | xargs -0 wc -l | awk '$2 != "total" { split($2, p, "/"); n[p[2]] += $1; n["all"] += $1 }
  END { for (k in n) print k "\t" n[k] }' | sort); }
files() { sources "$1" | awk '{ sub(/\/[^\/]*$/, ""); sub(/^src\//, ""); n[$0]++ } END { for (k in n) print k "\t" n[k] }' | sort; }

table() {
  local measure=$1 title=$2
  if [[ -z $before ]]; then
    printf '\n| %s | now |\n|---|---:|\n' "$title"
    "$measure" . | awk -F'\t' '{ printf "| %s | %s |\n", $1, $2 }'
  else
    printf '\n| %s | before | now |\n|---|---:|---:|\n' "$title"
    join -t $'\t' -a 1 -a 2 -e - -o 0,1.2,2.2 <("$measure" "$before") <("$measure" .) | awk -F'\t' '{ printf "| %s | %s | %s |\n", $1, $2, $3 }'
  fi
}

table lines "lines of project"
table files "files in folder"
