#!/usr/bin/env bash
# Provides the foreign Kafka clients that some tests compare with, a browser and Prometheus, from Debian's packages. Silent when
# they are there. Where they cannot be installed it says so and succeeds: those tests are skipped then, and say so too.
#
#   eng/test-tools.sh
set -euo pipefail

case ${1:-} in
  '') ;;
  -h | --help) sed -n '2,5s/^# \{0,1\}//p' "$0"; exit 0 ;;
  *) echo "test-tools.sh: unknown argument '$1'; see eng/test-tools.sh --help" >&2; exit 2 ;;
esac

readonly packages=(kcat python3-confluent-kafka python3-kafka chromium fonts-inter fonts-dejavu-core)

say() { printf 'test tools: %s\n' "$*" >&2; }

missing_packages() {
  local package
  for package in "${packages[@]}"; do
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

apt() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" 2>&1
}

# Prometheus is unpacked, not installed: its package would start a service. The tests look for it in the same place.
provide_prometheus() {
  local folder=${XDG_CACHE_HOME:-$HOME/.cache}/streamflow work
  [[ -z ${PROMETHEUS:-} && ! -x $folder/prometheus ]] || return 0
  ! command -v prometheus >/dev/null || return 0
  if ! command -v apt-get >/dev/null || ! command -v dpkg-deb >/dev/null; then
    say 'tests that ask Prometheus will be skipped; to run them, name the program in PROMETHEUS'
    return 0
  fi
  say 'fetching prometheus (19 MB)'
  work=$(mktemp -d)
  if { (cd "$work" && apt-get download prometheus >/dev/null 2>&1) ||
    { can_install && apt update >/dev/null && (cd "$work" && apt-get download prometheus >/dev/null 2>&1); }; } &&
    dpkg-deb --fsys-tarfile "$work"/prometheus_*.deb | tar -xO ./usr/bin/prometheus >"$work/prometheus"; then
    mkdir -p "$folder"
    chmod +x "$work/prometheus"
    mv "$work/prometheus" "$folder/prometheus"
  else
    say 'tests that ask Prometheus will be skipped: its package could not be fetched'
  fi
  rm -rf "$work"
}

provide_prometheus
missing=$(missing_packages | paste -sd' ' -)
[[ -n $missing ]] || exit 0
if ! can_install; then
  say "tests that need $missing will be skipped; to run them: sudo apt-get install -y $missing"
  exit 0
fi
say "installing $missing"
# A fresh machine has no package lists yet, an old one has stale ones.
# shellcheck disable=SC2086 # one word each
if ! apt install -y --no-install-recommends $missing >/dev/null; then
  apt update >/dev/null || true
  apt install -y --no-install-recommends $missing | tail -n 5 >&2 ||
    say "tests that need $missing will be skipped: they cannot be installed, see above"
fi
