# Sourced by the other scripts: makes .venv with the project in it, installing what is missing.
#
#   need PACKAGE...   Debian packages that must be there (installed where we may, else one line says so)
#   make_venv         .venv with the project and its development tools, remade when pyproject.toml changes

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

say() { printf '\033[1m==>\033[0m %s\n' "$*" >&2; }
die() { printf '%s\n' "$*" >&2; exit 1; }

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; else sudo -n "$@"; fi
}

need() {
  command -v dpkg-query >/dev/null || return 0 # not Debian: whoever calls checks for the programs themselves
  local missing=() package
  for package in "$@"; do
    dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
  done
  [ ${#missing[@]} = 0 ] && return 0
  if [ "$(id -u)" != 0 ] && ! sudo -n true 2>/dev/null; then
    die "Missing packages; install them with: sudo apt-get install ${missing[*]}"
  fi
  say "installing ${missing[*]}"
  as_root apt-get update -qq || say "the package lists could not be renewed; going on with those at hand"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
    if "$candidate" -c 'import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

make_venv() {
  local python stamp=.venv/.made-from
  if ! python=$(find_python); then
    need python3 python3-venv
    python=$(find_python) || die "Python 3.11 or newer with its venv module is needed: install it and run this again."
  fi
  if [ "$(uname)" = Linux ]; then
    # pynput's evdev is built from source on Linux
    command -v cc >/dev/null || need gcc libc6-dev
    "$python" -c 'import os, sysconfig; raise SystemExit(not os.path.exists(sysconfig.get_path("include") + "/Python.h"))' || need python3-dev
    [ -e /usr/include/linux/input.h ] || need linux-libc-dev
  fi
  local want
  want=$("$python" -c 'import hashlib, sys; print(sys.version, hashlib.sha256(open("pyproject.toml", "rb").read()).hexdigest())' | tr '\n' ' ')
  if [ "$(cat "$stamp" 2>/dev/null)" != "$want" ]; then
    say "making .venv"
    [ -x .venv/bin/python ] && .venv/bin/python -c '' 2>/dev/null || { rm -rf .venv && "$python" -m venv .venv; }
    .venv/bin/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
    printf '%s' "$want" >"$stamp"
  fi
  # an editable package is compiled at every start where PYTHONDONTWRITEBYTECODE is set
  .venv/bin/python -m compileall -q coasty_desk
}
