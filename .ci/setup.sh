#!/bin/sh
# Makes what a checkout needs to run, and does nothing where it stands already:
#   setup.sh            .venv (requirements/dev.lock), the project itself (editable), the system libraries Qt needs
#   setup.sh consumers  .venv-consumers (requirements/consumers.lock): the trainers' own loaders, kept apart from the product
#   setup.sh peers      .venv-peers (requirements/peers.lock): other tools' video readers, for the benchmarks alone
#   setup.sh lock       recompiles requirements/*.lock from requirements/*.in
# $PYTHON names the interpreter for a fresh environment; otherwise the newest Python >= 3.11 found on PATH is used.
set -eu
cd -P "$(dirname "$0")/.."
# The tests start hundreds of interpreters: without kept bytecode each would compile a thousand files anew.
unset PYTHONHOME PYTHONPATH PYTHONDONTWRITEBYTECODE
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

# Shared object and the Debian package that has it. Without these `import PySide6.QtWidgets` fails.
QT_NEEDS="
libGL.so.1 libgl1
libEGL.so.1 libegl1
libxkbcommon.so.0 libxkbcommon0
libfontconfig.so.1 libfontconfig1
libglib-2.0.so.0 libglib2.0-0
libdbus-1.so.3 libdbus-1-3"
# Without these a window opens only on the offscreen platform (tests, screenshots, the command line are unharmed).
WINDOW_NEEDS="
libxcb-cursor.so.0 libxcb-cursor0
libxcb-icccm.so.4 libxcb-icccm4
libxcb-keysyms.so.1 libxcb-keysyms1
libxkbcommon-x11.so.0 libxkbcommon-x11-0
libxcb-shape.so.0 libxcb-shape0
Xvfb xvfb
xauth xauth"

say() { printf '%s\n' "$1" >&2; }
fail() { say "setup: $1"; exit 1; }

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
can_make_venvs() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }

find_python() {  # prints an interpreter; one that can make environments is preferred to a newer one that cannot
    second=
    for name in ${PYTHON:-python3.13 python3.12 python3.11 python3}; do
        is_new_enough "$name" || continue
        can_make_venvs "$name" && { echo "$name"; return; }
        second=${second:-$name}
    done
    echo "$second"
}

as_root() {  # the prefix that makes a command run as root, "no" where the user may not
    if [ "$(id -u)" = 0 ]; then echo "env"
    elif sudo -n true >/dev/null 2>&1; then echo "sudo -n"
    else echo "no"; fi
}

install_packages() {  # 0 when apt installed them; 1 where there is no apt, no right, or no success
    command -v apt-get >/dev/null 2>&1 || return 1
    root=$(as_root)
    [ "$root" != no ] || return 1
    say "setup: installing system packages: $*"
    $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" </dev/null >/dev/null 2>&1 ||
        { $root apt-get update -q </dev/null >/dev/null 2>&1 &&
          $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" </dev/null >/dev/null; }
}

missing_packages() {  # $1 = a list as above; asks the loader and PATH, never the package manager
    echo "$1" | .venv/bin/python -c '
import ctypes, shutil, sys

def there(thing):
    if not thing.startswith("lib"):
        return shutil.which(thing)
    try:
        return ctypes.CDLL(thing)
    except OSError:
        return None

rows = (line.split() for line in sys.stdin if line.strip())
print(*(package for thing, package in rows if not there(thing)))'
}

system_libraries() {
    [ "$(uname -s)" = Linux ] || return 0
    missing=$(missing_packages "$QT_NEEDS$WINDOW_NEEDS")
    [ -n "$missing" ] || return 0
    # shellcheck disable=SC2086
    install_packages $missing || true
    missing=$(missing_packages "$QT_NEEDS$WINDOW_NEEDS")
    [ -z "$missing" ] || say "setup: Qt lacks system libraries; install them with: sudo apt-get install $missing"
    [ -z "$(missing_packages "$QT_NEEDS")" ] || exit 1
}

make_venv() {  # $1 = folder; keeps one that works, makes one that does not
    is_new_enough "$1/bin/python" && "$1/bin/python" -m pip --version >/dev/null 2>&1 &&
        grep -qF "$(pwd -P)/$1" "$1/bin/activate" && return
    python=$(find_python)
    [ -n "$python" ] || fail "Python 3.11 or newer is needed and was not found; install it, or name it: make setup PYTHON=/path/to/python3"
    if ! can_make_venvs "$python"; then
        package=python$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')-venv
        install_packages "$package" || install_packages python3-venv || true
        can_make_venvs "$python" || fail "this Python cannot make environments; install what it lacks with: sudo apt-get install $package"
    fi
    "$python" -m venv --clear "$1"
}

stamp_of() {  # one line that changes when anything an environment was made from changes
    "$1/bin/python" - "$@" <<'PY'
import hashlib, pathlib, sys
digest = hashlib.sha256(f"{sys.version} {pathlib.Path.cwd()}".encode())
for name in sys.argv[2:]:
    digest.update(pathlib.Path(name).read_bytes())
print(digest.hexdigest())
PY
}

fill_venv() {  # $1 = folder, $2 = lock, $3 = also a file the stamp hangs on
    make_venv "$1"
    stamp=$(stamp_of "$@")
    [ "$(cat "$1/safelight.stamp" 2>/dev/null)" = "$stamp" ] && return
    rm -f "$1/safelight.stamp"
    say "setup: installing $2 into $1 (the first time: some minutes, up to 1 GB)"
    "$1/bin/python" -m pip install -qq --require-hashes -r "$2" || fail "the packages of $2 did not install; see the lines above, then run it again"
    # Built from here with the locked backend: no download, no isolated build environment.
    [ "$1" != .venv ] || "$1/bin/python" -m pip install -qq --no-build-isolation --no-deps -e . || fail "the project itself did not install"
    echo "$stamp" >"$1/safelight.stamp"
}

recompile() {
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    "$(find_python)" -m venv "$work/venv"
    "$work/venv/bin/python" -m pip install -qq uv
    for name in runtime dev consumers peers; do
        # Run inside requirements/ so that `-r runtime.in` resolves; no index, path or command line ends up in the lock.
        (cd requirements && "$work/venv/bin/uv" pip compile -q --generate-hashes --universal --python-version 3.11 --upgrade \
            --no-emit-index-url --no-emit-find-links --no-annotate --no-header "$name.in" -o "$name.lock")
    done
}

case ${1:-setup} in
    setup) fill_venv .venv requirements/dev.lock pyproject.toml; system_libraries ;;
    consumers) fill_venv .venv-consumers requirements/consumers.lock ;;
    peers) fill_venv .venv-peers requirements/peers.lock ;;
    lock) recompile ;;
    *) fail "unknown task $1" ;;
esac
