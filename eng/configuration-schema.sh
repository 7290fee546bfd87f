#!/usr/bin/env bash
# Writes src/StreamFlow.Hosting/ConfigurationSchema.json, by which editors complete appsettings.json, anew from the options types.
#
#   eng/configuration-schema.sh      after a change of the options; eng/options-page.sh then writes the page about them
set -euo pipefail

case ${1:-} in
  '') ;;
  -h | --help) sed -n '2,4s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "configuration-schema.sh: unknown argument '$1'; see eng/configuration-schema.sh --help" >&2; exit 2 ;;
esac
cd "$(dirname "$0")/.."
STREAMFLOW_WRITE_SCHEMA=1 dotnet test tests/StreamFlow.Hosting.Tests -c Release -nologo -v q --filter "FullyQualifiedName~ConfigurationSchemaTests"
git --no-pager diff --stat -- src/StreamFlow.Hosting/ConfigurationSchema.json
