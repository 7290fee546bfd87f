#!/usr/bin/env bash
# Finds the .NET SDK that global.json asks for, or says what is missing and how to get it. Silent when all is well.
# There is nothing else to set up: native libraries come with NuGet's packages.
#
#   eng/bootstrap.sh
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root

# die WHAT REMEDY...: says what is missing and, on lines of their own, what mends it.
die() {
  printf 'bootstrap: %s\n' "$1" >&2
  shift
  printf '           %s\n' "$@" >&2
  exit 1
}

installed_sdks() {
  local sdks
  sdks=$(cd / && dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ' -) || true
  echo "${sdks:-none}"
}

if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  sed -n '2,5s/^# \{0,1\}//p' "$0"
  exit 0
fi
(($# == 0)) || die "unknown argument '$1'." "Usage: eng/bootstrap.sh"
command -v dotnet >/dev/null ||
  die "the .NET SDK 10.0 is missing: no 'dotnet' on the PATH." \
    "Install it, e.g.:  sudo apt-get install dotnet-sdk-10.0" \
    "(other systems: https://dotnet.microsoft.com/download)" \
    "or, if it is installed already, add its folder to the PATH."
# Run at the root so that global.json decides.
(cd "$root" && dotnet --version >/dev/null 2>&1) ||
  die "no installed .NET SDK satisfies global.json (10.0.1xx or newer); installed: $(installed_sdks)." \
    "Install it, e.g.:  sudo apt-get install dotnet-sdk-10.0"
