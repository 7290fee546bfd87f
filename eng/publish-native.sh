#!/usr/bin/env bash
# Publishes streamflow, broker included, as one native file (NativeAOT), by the version of the packages.
#
#   eng/publish-native.sh [FOLDER]      (default: artifacts/native)
#
# It needs a C toolchain that links: clang, or gcc with zlib's headers (Debian: apt-get install clang zlib1g-dev). The file is
# FOLDER/streamflow; it needs neither .NET nor any other file beside it.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly log=$root/artifacts/publish-native.log

case ${1:-} in
  -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
  -*) echo "publish-native.sh: unknown option '$1'; see eng/publish-native.sh --help" >&2; exit 2 ;;
esac

case $(uname -s)-$(uname -m) in
  Linux-x86_64) rid=linux-x64 ;;
  Linux-aarch64) rid=linux-arm64 ;;
  Darwin-arm64) rid=osx-arm64 ;;
  Darwin-x86_64) rid=osx-x64 ;;
  *) echo "publish-native.sh: native programs are not made for $(uname -s) on $(uname -m) here" >&2; exit 2 ;;
esac

# .NET links by clang unless it is told otherwise.
linker=()
if command -v clang >/dev/null; then
  :
elif command -v gcc >/dev/null; then
  linker=(-p:CppCompilerAndLinker=gcc)
else
  echo 'publish-native.sh: there is neither clang nor gcc to link with; on Debian: apt-get install clang zlib1g-dev' >&2
  exit 3
fi
if [[ $rid == linux-* && ! -e /usr/include/zlib.h ]]; then
  echo 'publish-native.sh: there are no headers of zlib; on Debian: apt-get install zlib1g-dev' >&2
  exit 3
fi

"$root/eng/bootstrap.sh"
folder=${1:-$root/artifacts/native}
mkdir -p "$folder" "${log%/*}"
folder=$(cd "$folder" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Its own obj and bin: a build of the managed tool is not disturbed. -nodeReuse:false: leave no build server behind.
if ! dotnet publish "$root/src/StreamFlow.Cli" -c Release -r "$rid" -v q --nologo -nodeReuse:false -p:PublishAot=true -p:PackAsTool=false \
  "${linker[@]}" -p:UseArtifactsOutput=true -p:ArtifactsPath="$work/artifacts" -o "$work/publish" >"$log" 2>&1; then
  grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u | head -n 50 >&2 || tail -n 50 "$log" >&2
  echo "publish-native.sh: publishing failed; all of its output is in $log" >&2
  exit 1
fi
if grep -E 'warning (IL|AOT)?[A-Z]*[0-9]+' "$log" | sort -u >&2; then
  echo "publish-native.sh: what the warnings name may not work in the native program" >&2
  exit 1
fi
cp "$work/publish/StreamFlow.Cli" "$folder/streamflow"
echo "$folder/streamflow"
