# Sourced by the scripts beside it: the virtual environment in .venv/, and what the machine must have.
#
# Everything here is quick and needs no network when it was done before. It says what it installs before it does,
# and notes it in .venv/setup/, so that `how_to_remove` can tell how to undo it.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
venv=$root/.venv
notes=$venv/setup

# On Debian a user's PATH lacks the directories where servers and mkfs programs are.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"
export PIP_DISABLE_PIP_VERSION_CHECK=1

# To standard error: standard output belongs to what the script is for.
say() { printf '%s\n' "$*" >&2; }

fail() {
    say "$*"
    exit 1
}

# shellcheck source=script/lib/packages.sh
source "$root/script/lib/packages.sh"
# shellcheck source=script/lib/mariadb.sh
source "$root/script/lib/mariadb.sh"
# shellcheck source=script/lib/mysql.sh
source "$root/script/lib/mysql.sh"

# -- Python ------------------------------------------------------------------------------------------------------------

is_python311() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

# Prints a Python that is new enough; Debian and Ubuntu leave `ensurepip` out of it unless python3-venv is installed.
find_python() {
    local name
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        if is_python311 "$name" && "$name" -c 'import venv, ensurepip' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    return 1
}

ensure_python() {
    find_python >/dev/null && return
    can_install || fail "dbs needs Python 3.11 or newer with its venv module. On Debian: apt install python3-venv"
    install_packages python3 python3-venv
    find_python >/dev/null || fail "The Python of this system is older than 3.11. Install Python 3.11 or newer."
}

# The environment is whole when its pip runs; one that was cut short, or moved from another directory, is made anew.
ensure_environment() {
    if [[ $(cat "$notes/place" 2>/dev/null) == "$venv" ]] && "$venv/bin/python" -m pip --version >/dev/null 2>&1; then
        return
    fi
    ensure_python
    say "Making the virtual environment in .venv/."
    rm -rf "${venv:?}"/{bin,lib,lib64,include,share,pyvenv.cfg}
    rm -f "$notes/requirements" "$notes/project"
    "$(find_python)" -m venv "$venv"
    mkdir -p "$notes"
    printf '%s\n' "$venv" >"$notes/place"
}

fingerprint() { sha256sum "$root/$1" | cut -d ' ' -f 1; }

noted() { [[ $(cat "$notes/$1" 2>/dev/null) == "$2" ]]; }

# Argument: a lock file. The lock file for developers holds the other one, so nothing is taken away from it.
ensure_venv() {
    ensure_environment
    if ! noted requirements "$(fingerprint "$1")" && ! noted requirements "$(fingerprint requirements-dev.lock)"; then
        say "Installing the Python packages of $1 into .venv/; pip checks the hash of each."
        rm -f "$notes/requirements"
        "$venv/bin/python" -m pip install --quiet --require-hashes -r "$root/$1"
        fingerprint "$1" >"$notes/requirements"
    fi
    if ! noted project "$(fingerprint pyproject.toml)"; then
        say "Installing dbs itself into .venv/, as a link to this directory."
        rm -f "$notes/project"
        "$venv/bin/python" -m pip install --quiet --no-deps --editable "$root"
        fingerprint pyproject.toml >"$notes/project"
    fi
}

# -- the machine -------------------------------------------------------------------------------------------------------

# Root's database servers run as an account that can do nothing else.
ensure_server_user() {
    if [[ $(id -u) -ne 0 ]] || getent passwd dbs >/dev/null; then return; fi
    say "Creating the system account dbs: database servers run as it, never as root."
    useradd --system --no-create-home --shell /usr/sbin/nologin dbs
    mkdir -p "$notes" && touch "$notes/user"
}

# The files of pull requests are read by git itself; who cloned this repository has it, who unpacked an archive may not.
ensure_git() {
    command -v git >/dev/null && return
    can_install || fail "dbs needs git. On Debian: apt install git"
    install_packages git
}

# What only projects with a command of their own need: the sandbox, and an account for what runs in it. Who is not root
# uses subordinate ids instead, which newuidmap hands out; `dbs doctor` says what is missing.
ensure_sandbox() {
    local missing=()
    command -v bwrap >/dev/null || missing+=(bubblewrap)
    [[ $(id -u) -eq 0 ]] || command -v newuidmap >/dev/null || missing+=(uidmap)
    if ((${#missing[@]})); then
        if can_install; then
            install_packages "${missing[@]}"
        else
            say "Without ${missing[*]}, commands of projects cannot be run, and tests of that are skipped."
        fi
    fi
    if [[ $(id -u) -ne 0 ]] || getent passwd dbs-runner >/dev/null; then return; fi
    say "Creating the system account dbs-runner: commands of projects run as it, shut in."
    useradd --system --no-create-home --shell /usr/sbin/nologin dbs-runner
    mkdir -p "$notes" && touch "$notes/runner"
}

# What only the tests and the benchmarks need: file systems on loop devices. Without them those tests are skipped.
ensure_file_systems() {
    if command -v mkfs.btrfs >/dev/null && command -v mkfs.xfs >/dev/null; then return; fi
    if can_install; then
        install_packages btrfs-progs xfsprogs
    else
        say "Without btrfs-progs and xfsprogs, the tests on these file systems are skipped."
    fi
}

# What only the tests need: the programs with which the documents say that people fetch dumps and restore from CI, and
# the client with which git goes to other hosts; newuidmap, to try as root how the sandbox is for others.
ensure_test_programs() {
    local missing=()
    command -v make >/dev/null || missing+=(make)
    command -v curl >/dev/null || missing+=(curl)
    command -v zstd >/dev/null || missing+=(zstd)
    command -v ssh >/dev/null || missing+=(openssh-client)
    command -v newuidmap >/dev/null || missing+=(uidmap)
    if ((${#missing[@]} == 0)); then return; fi
    if can_install; then
        install_packages "${missing[@]}"
    else
        say "Without ${missing[*]}, the tests of what the documents say to type are skipped."
    fi
}

# What only the tests of the playground's page need: a browser. Without it those tests are skipped.
ensure_chromium() {
    if command -v chromium >/dev/null || command -v google-chrome >/dev/null; then return; fi
    if can_install && apt-cache show chromium >/dev/null 2>&1; then
        install_packages chromium
    else
        say "Without chromium, the tests of pages in a browser are skipped."
    fi
}

# One line for each thing that set-up put outside of this directory, and one for what is inside.
how_to_remove() {
    local sudo=sudo private
    [[ $(id -u) -ne 0 ]] || sudo=
    private=$(private_mariadb)
    say "To remove what was set up again:"
    [[ ! -s $notes/packages ]] || say "  $sudo apt-get remove --purge $(sort -u "$notes/packages" | tr '\n' ' ')"
    [[ ! -e $notes/user ]] || say "  $sudo userdel dbs"
    [[ ! -e $notes/runner ]] || say "  $sudo userdel dbs-runner"
    [[ ! -e $private ]] || say "  rm -rf $private"
    private=$(private_mysql)
    [[ ! -e $private ]] || say "  rm -rf $private"
    say "  rm -rf $venv"
}
