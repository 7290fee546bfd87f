#!/usr/bin/env bash
# Makes all packages, and the template of 'dotnet new streamflow', into a folder that any project can use as a feed.
#
#   eng/pack.sh [FOLDER]      (default: artifacts/packages)
#
# The version is the last tag 'v1.2.3' and the number of commits since. NuGet keeps a version that it has seen: after a change
# that is not committed the version is the same, and 'dotnet nuget locals global-packages --clear' makes it look again.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly log=$root/artifacts/pack.log

case ${1:-} in
  -h | --help) sed -n '2,7s/^# \{0,1\}//p' "$0"; exit 0 ;;
  -*) echo "pack.sh: unknown option '$1'; see eng/pack.sh --help" >&2; exit 2 ;;
esac

"$root/eng/bootstrap.sh"
feed=${1:-$root/artifacts/packages}
mkdir -p "$feed" "${log%/*}"
feed=$(cd "$feed" && pwd)

# A feed with last week's packages in it would serve those as well.
rm -f -- "$feed"/StreamFlow*.nupkg "$feed"/StreamFlow*.snupkg

# -nodeReuse:false: leave no build server behind.
if ! dotnet pack "$root/StreamFlow.Packages.slnf" -c Release -v q --nologo -nodeReuse:false -o "$feed" >"$log" 2>&1; then
  grep -E '(error|warning) [A-Z]+[0-9]+' "$log" | sort -u | head -n 50 >&2 || tail -n 50 "$log" >&2
  echo "pack.sh: packing failed; all of its output is in $log" >&2
  exit 1
fi

template=$(echo "$feed"/StreamFlow.Templates.*.nupkg)
version=${template##*/StreamFlow.Templates.}
version=${version%.nupkg}
cat <<END
Packages of version $version are in $feed. To use them:

  dotnet nuget add source $feed --name streamflow      # once
  dotnet new install $template
  dotnet new streamflow -o MyWorker                     # a worker with its tests
  dotnet add package StreamFlow.Hosting --version $version    # or in a project that you have
END
