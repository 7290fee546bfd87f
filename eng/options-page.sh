#!/usr/bin/env bash
# Writes docs/reference/options.md, every setting with its default, anew from the options types.
#
#   eng/options-page.sh      after a change of the options, and after eng/configuration-schema.sh
set -euo pipefail

case ${1:-} in
  '') ;;
  -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "options-page.sh: unknown argument '$1'; see eng/options-page.sh --help" >&2; exit 2 ;;
esac

cd "$(dirname "$0")/.."
touch docs/reference/options.md
STREAMFLOW_WRITE_OPTIONS=1 dotnet test tests/StreamFlow.Docs.Tests -c Release -nologo -v q --filter "FullyQualifiedName~OptionsPageTests.Page"
git --no-pager diff --stat -- docs/reference/options.md
