#!/usr/bin/env bash
# Writes into docs/reference/commands.md what each command says with --help: the block behind every '<!-- help: COMMAND -->'.
#
#   eng/commands-page.sh            after a change of a command's options
#   eng/commands-page.sh --check    only says what differs; the exit code is 1 then
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
readonly page=docs/reference/commands.md

errors=$(mktemp)
readonly errors
trap 'rm -f "$errors"' EXIT

check=false
case ${1:-} in
  '') ;;
  --check) check=true ;;
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "commands-page.sh: unknown argument '$1'; see eng/commands-page.sh --help" >&2; exit 2 ;;
esac

# help COMMAND: what it says, as it stands on a page: no blank lines at the end, no spaces at the end of lines.
help() {
  local output
  output=$(bash -c "$1" </dev/null 2>"$errors") ||
    { cat "$errors" >&2; echo "commands-page.sh: '$1' failed" >&2; return 1; }
  sed 's/[[:space:]]*$//' <<<"$output"
}

render() {
  local line command=''
  while IFS= read -r line; do
    if [[ $command && $line == '```text' ]]; then
      printf '%s\n' "$line"
      help "$command" || return 1
      while IFS= read -r line && [[ $line != '```' ]]; do :; done
      command=''
    elif [[ $line =~ ^'<!-- help: '(.+)' -->'$ ]]; then
      command=${BASH_REMATCH[1]}
    fi
    printf '%s\n' "$line"
  done <"$page"
}

rendered=$(render) || exit 1
if $check; then
  diff -u "$page" - <<<"$rendered" || { echo "commands-page.sh: $page is not what the commands say; eng/commands-page.sh mends it" >&2; exit 1; }
else
  printf '%s\n' "$rendered" >"$page"
  git --no-pager diff --stat -- "$page"
fi
