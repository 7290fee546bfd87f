#!/usr/bin/env bash
# Makes this machine able to build and run StreamFlow: checks the .NET SDK and provides the two native libraries.
# Silent and quick when there is nothing to do; safe to run from anywhere, as often as you like, also twice at once.
#
#   eng/bootstrap.sh [--test-tools]     --test-tools: also the foreign Kafka clients some tests compare with
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly root
readonly work=$root/artifacts/bootstrap
readonly log=$work/bootstrap.log
readonly feed=$root/artifacts/feed

readonly rdkafka_id=librdkafka.redist
readonly rdkafka_version=2.15.1
# Confluent ships librdkafka's sources inside this npm package; the digest makes sure that what is compiled is what
# was reviewed. Raise the recipe when the way of building changes: packages of an older recipe are built anew.
readonly rdkafka_sources=@confluentinc/kafka-javascript@1.10.1
readonly rdkafka_sources_sha512=\
29578f5019f6d44a8254ff667f1cc4b8cdd26091c7105ed7fa2882d9ee374108\
034b211a92c2279821a8a13df0e6af9c340764482acaef58f42027eaa12a992f
readonly rdkafka_recipe=streamflow-recipe-1

# Newest first; src/StreamFlow.RocksDb/Interop/NativeLibraryResolver.cs looks for the same names.
readonly rocksdb_sonames='librocksdb\.so\.(11|10|9|8|7\.([89]|1[0-9]))'
readonly rocksdb_package=librocksdb7.8
readonly test_tools=(kcat python3-confluent-kafka python3-kafka)

main() {
  local with_test_tools=false
  case "${1:-}" in
    '') ;;
    --test-tools) with_test_tools=true ;;
    *) die "unknown argument '$1'." "Usage: eng/bootstrap.sh [--test-tools]" ;;
  esac
  require_sdk
  if ! ready "$with_test_tools"; then
    take_lock
    provide_rdkafka
    provide_rocksdb
    if "$with_test_tools"; then provide_test_tools; fi
  fi
}

say() { printf 'bootstrap: %s\n' "$*" >&2; }

# die WHAT [REMEDY...]: says what is missing and, on lines of their own, what mends it.
die() {
  say "$1"
  shift
  local line
  for line in "$@"; do printf '           %s\n' "$line" >&2; done
  exit 1
}

ready() {
  rdkafka_ready && rocksdb_ready && { ! "$1" || [[ -z $(missing_packages "${test_tools[@]}") ]]; }
}

# Children get the lock's descriptor closed: a build server that outlives us would keep it.
take_lock() {
  if ! mkdir -p "$work" 2>/dev/null || ! touch "$log" 2>/dev/null; then
    die "cannot write to $work." "Make the checkout writable for $(id -un), or run as its owner."
  fi
  exec 9>"$work/lock"
  if ! flock -n 9; then
    say 'another bootstrap is running here, waiting for it'
    flock 9
  fi
  : >"$log"
}

# step WHAT COMMAND...: runs a command with its output in the log, and shows the end of it when the command fails.
step() {
  local what=$1
  shift
  if ! "$@" >>"$log" 2>&1 9>&-; then
    tail -n 15 "$log" >&2
    die "$what failed; the lines above end its log, all of it is in $log."
  fi
}

# --- .NET SDK ----------------------------------------------------------------------------------------------------

require_sdk() {
  command -v dotnet >/dev/null ||
    die "the .NET SDK 10.0 is missing: no 'dotnet' on the PATH." \
      "Install it, e.g.:  sudo apt-get install dotnet-sdk-10.0" \
      "or, if it is installed already, add its folder to the PATH."
  # Run at the root so that global.json decides.
  (cd "$root" && dotnet --version >/dev/null 2>&1) ||
    die "no installed .NET SDK satisfies global.json (10.0.1xx or newer); installed: $(installed_sdks)." \
      "Install it, e.g.:  sudo apt-get install dotnet-sdk-10.0"
}

installed_sdks() {
  local sdks
  sdks=$(cd / && dotnet --list-sdks 2>/dev/null | cut -d' ' -f1 | paste -sd' ') || true
  echo "${sdks:-none}"
}

# --- Debian packages ---------------------------------------------------------------------------------------------

missing_packages() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
  done
}

# as_root COMMAND...: prints nothing and fails where we may not become root.
as_root() {
  if ((EUID == 0)); then "$@"; else sudo -n "$@"; fi
}

can_install() {
  command -v apt-get >/dev/null && { ((EUID == 0)) || sudo -n true 2>/dev/null; }
}

install_packages() {
  local why=$1
  shift
  local missing
  mapfile -t missing < <(missing_packages "$@")
  ((${#missing[@]})) || return 0
  can_install ||
    die "missing Debian packages ($why): ${missing[*]}, and $(id -un) may not install them." \
      "Run:  sudo apt-get update && sudo apt-get install -y ${missing[*]}" \
      "(on a system without apt-get: the same libraries from its own package manager), then run this again."
  say "installing ${missing[*]} ($why)"
  apt_install "${missing[@]}" >>"$log" 2>&1 && return
  # A fresh machine has no package lists yet, an old one has stale ones.
  step 'apt-get update' as_root apt-get -o DPkg::Lock::Timeout=300 update
  step "apt-get install ${missing[*]}" apt_install "${missing[@]}"
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "$@" 9>&-
}

# --- librdkafka --------------------------------------------------------------------------------------------------

rid() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo linux-x64 ;;
    Linux-aarch64) echo linux-arm64 ;;
    *) echo unsupported ;;
  esac
}

cached_package() { echo "${NUGET_PACKAGES:-${HOME:-/root}/.nuget/packages}/$rdkafka_id/$rdkafka_version"; }

# NuGet's cache serves a restore before any feed is asked, whoever put the package there.
rdkafka_ready() {
  cached_ready || { built_ready && [[ ! -e $(cached_package) ]]; }
}

cached_ready() {
  local package nuspec
  package=$(cached_package)
  nuspec=$package/$rdkafka_id.nuspec
  [[ -f $package/.nupkg.metadata && -f $package/runtimes/$(rid)/native/librdkafka.so ]] || return 1
  ! grep -q 'streamflow-recipe-' "$nuspec" || grep -q ">$rdkafka_recipe<" "$nuspec"
}

built_package() { echo "$feed/$rdkafka_id.$rdkafka_version.nupkg"; }

built_ready() { [[ -f $(built_package) && -f $feed/.$rdkafka_recipe ]]; }

provide_rdkafka() {
  if rdkafka_ready; then return; fi
  # Whatever the cache holds is unusable: incomplete, for another platform or of an older recipe.
  rm -rf "$(cached_package)"
  if built_ready || feed_has_rdkafka; then return; fi
  [[ $(rid) != unsupported ]] ||
    die "the configured NuGet feed has no $rdkafka_id $rdkafka_version, and it is built from source on Linux only." \
      "Add a feed that has it to your NuGet configuration:  dotnet nuget add source <url>"
  build_rdkafka
}

# A restore of nothing but this package answers for whatever feeds the user configured, and caches it if they have it.
feed_has_rdkafka() {
  local probe=$work/probe
  mkdir -p "$probe"
  cat >"$probe/probe.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="$rdkafka_id" Version="[$rdkafka_version]" /></ItemGroup>
</Project>
XML
  if restore_alone "$probe" >"$probe/log" 2>&1 && cached_ready; then return 0; fi
  cat "$probe/log" >>"$log"
  if grep -qE 'NU110[123]' "$probe/log"; then return 1; fi
  grep -E 'error' "$probe/log" | sort -u | head -3 >&2
  die "the configured NuGet feeds cannot be asked for $rdkafka_id (see above)." \
    "Check the network and the sources:  dotnet nuget list source"
}

# The build policy above the folder is switched off: it would add the local feed and central versions.
restore_alone() {
  dotnet restore "$1" -nodeReuse:false -p:ImportDirectoryBuildProps=false -p:ImportDirectoryPackagesProps=false 9>&-
}

build_rdkafka() {
  say "the configured NuGet feed lacks $rdkafka_id $rdkafka_version: building it from Confluent's sources (a minute)"
  local tools=(gcc make libc6-dev zlib1g-dev libssl-dev libzstd-dev liblz4-dev)
  command -v npm >/dev/null || tools+=(npm)
  install_packages 'to build librdkafka' "${tools[@]}"

  local build=$work/librdkafka
  rm -rf "$build"
  mkdir -p "$build"
  fetch_rdkafka_sources "$build"
  step 'configuring librdkafka' in_folder "$build/src" ./configure --disable-gssapi --disable-curl
  step 'compiling librdkafka' make -C "$build/src/src" -j"$(nproc)" librdkafka.so.1
  step 'stripping librdkafka' strip --strip-unneeded -o "$build/librdkafka.so" "$build/src/src/librdkafka.so.1"
  pack_rdkafka "$build"
  rm -rf "$build"
  say "built $(built_package)"
}

fetch_rdkafka_sources() {
  local build=$1 archive digest
  step "fetching $rdkafka_sources with npm" \
    in_folder "$build" npm pack --ignore-scripts --loglevel=error --fetch-timeout=60000 "$rdkafka_sources"
  archive=$(echo "$build"/*.tgz)
  digest=$(sha512sum "$archive" | cut -d' ' -f1)
  [[ $digest == "$rdkafka_sources_sha512" ]] ||
    die "$rdkafka_sources is not the reviewed one: its SHA-512 is $digest, expected $rdkafka_sources_sha512." \
      "Do not use it. Find out where npm got it from:  npm config get registry"
  mkdir -p "$build/src"
  step 'unpacking librdkafka' tar -xzf "$archive" -C "$build/src" --strip-components=3 package/deps/librdkafka
}

in_folder() { (cd "$1" && shift && "$@"); }

# Same id, version and layout as Confluent's own package, so that nothing that uses it can tell.
pack_rdkafka() {
  local build=$1
  mkdir -p "$build/pack" "$feed"
  cat >"$build/pack/librdkafka.nuspec" <<XML
<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://schemas.microsoft.com/packaging/2013/05/nuspec.xsd">
  <metadata>
    <id>$rdkafka_id</id>
    <version>$rdkafka_version</version>
    <authors>Magnus Edenhill, Confluent Inc.</authors>
    <description>librdkafka built on this machine from the sources in $rdkafka_sources.</description>
    <license type="expression">BSD-2-Clause</license>
    <tags>$rdkafka_recipe</tags>
  </metadata>
  <files>
    <file src="$build/librdkafka.so" target="runtimes/$(rid)/native/librdkafka.so" />
    <file src="$build/src/LICENSES.txt" target="LICENSES.txt" />
  </files>
</package>
XML
  cat >"$build/pack/pack.csproj" <<XML
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup>
    <TargetFramework>net10.0</TargetFramework>
    <NuspecFile>librdkafka.nuspec</NuspecFile>
    <NoBuild>true</NoBuild>
    <IncludeBuildOutput>false</IncludeBuildOutput>
  </PropertyGroup>
</Project>
XML
  step 'preparing the package' restore_alone "$build/pack"
  step 'packing librdkafka' dotnet pack "$build/pack" --no-restore --no-build -nodeReuse:false -o "$build/out" \
    -p:ImportDirectoryBuildProps=false -p:ImportDirectoryPackagesProps=false
  # Moved into place last and in one piece: a feed must never show half a package.
  rm -f "$feed"/.streamflow-recipe-*
  mv "$build/out/$rdkafka_id.$rdkafka_version.nupkg" "$(built_package)"
  : >"$feed/.$rdkafka_recipe"
}

# --- RocksDB -----------------------------------------------------------------------------------------------------

rocksdb_ready() {
  [[ -f ${STREAMFLOW_ROCKSDB_LIBRARY:-} ]] && return
  # ldconfig sits in /sbin, which is not on every user's PATH.
  local libraries
  libraries=$(PATH=$PATH:/usr/sbin:/sbin ldconfig -p 2>/dev/null) || return 1
  [[ $libraries =~ $rocksdb_sonames ]]
}

provide_rocksdb() {
  if rocksdb_ready; then return; fi
  install_packages 'RocksDB, for state stores' "$rocksdb_package"
  rocksdb_ready ||
    die "$rocksdb_package is installed, but ldconfig does not know a librocksdb." "Run:  sudo ldconfig"
}

# --- Clients some tests compare with -----------------------------------------------------------------------------

# Tests that need a client that is not there are skipped and say so: no reason to stop.
provide_test_tools() {
  local missing
  mapfile -t missing < <(missing_packages "${test_tools[@]}")
  if ((${#missing[@]})) && ! can_install; then
    say "tests that compare with ${missing[*]} will be skipped; to run them: sudo apt-get install -y ${missing[*]}"
    return
  fi
  install_packages 'for tests' "${test_tools[@]}"
}

main "$@"
