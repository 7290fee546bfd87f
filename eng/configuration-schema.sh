#!/usr/bin/env bash
# Writes src/StreamFlow.Hosting/ConfigurationSchema.json, by which editors complete appsettings.json, anew from the options types.
set -euo pipefail
cd "$(dirname "$0")/.."
STREAMFLOW_WRITE_SCHEMA=1 dotnet test tests/StreamFlow.Hosting.Tests -c Release -nologo -v q --filter "FullyQualifiedName~ConfigurationSchemaTests"
git --no-pager diff --stat -- src/StreamFlow.Hosting/ConfigurationSchema.json
