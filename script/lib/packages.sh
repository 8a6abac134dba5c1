# Sourced by setup.sh: system packages by apt, simulated first. No package is ever removed, and none of a database
# server is replaced.
#
# shellcheck disable=SC2154  # setup.sh gives $notes

can_become_root() {
    if [[ $(id -u) -eq 0 ]]; then return; fi
    command -v sudo >/dev/null || return 1
    sudo -n true 2>/dev/null && return
    [[ -t 0 ]] || return 1
    say "Installing system packages needs root; sudo may ask for your password."
    sudo -v
}

as_root() { if [[ $(id -u) -eq 0 ]]; then "$@"; else sudo "$@"; fi; }

# `system_packages=no` forbids it: `script/test --quick` touches nothing outside of this directory.
can_install() { [[ ${system_packages:-yes} == yes ]] && command -v apt-get >/dev/null && can_become_root; }

run_apt() {
    as_root env DEBIAN_FRONTEND=noninteractive NEEDRESTART_MODE=l apt-get --quiet=2 --option DPkg::Lock::Timeout=300 "$@"
}

update_lists() {
    say "Fetching the lists of system packages."
    run_apt update >&2
}

# Lists may be missing (a fresh image) or have no such package any more.
ensure_lists() {
    local name
    for name in "$@"; do
        if ! apt-cache show "$name" >/dev/null 2>&1; then
            update_lists
            return
        fi
    done
}

simulate() { LC_ALL=C apt-get --simulate --no-install-recommends install "$@" 2>&1; }

# Reads a simulation. apt writes `Remv name`, `Inst name (new)` and, when it replaces a version, `Inst name [old] (new)`.
hurts() { grep -E '^Remv |^Inst [^ ]*(mariadb|mysql|percona|galera)[^ ]* \['; }

# Succeeds when apt can install these packages without harm to anything that is there.
is_harmless() {
    local plan
    plan=$(simulate "$@") || return 1
    ! hurts <<<"$plan" >/dev/null
}

install_packages() {
    local plan new
    ensure_lists "$@"
    plan=$(simulate "$@") || fail "apt cannot install $*: $(grep -m 1 '^E:' <<<"$plan")"
    if hurts <<<"$plan" >/dev/null; then
        fail "Installing $* would remove or replace $(hurts <<<"$plan" | cut -d ' ' -f 2 | tr '\n' ' ')and dbs does not do that."
    fi
    new=$(sed -nE 's/^Inst ([^ ]+) \(.*/\1/p' <<<"$plan")
    say "Installing the system packages: $(tr '\n' ' ' <<<"$new")"
    # Noted before it happens: a set-up that is cut short still knows what to remove.
    mkdir -p "$notes"
    printf '%s\n' "$new" >>"$notes/packages"
    try_install "$@" && return
    update_lists
    try_install "$@" || fail "apt could not install $*; see the lines above."
}

# apt's long list of steps is only shown when they fail.
try_install() {
    local answer
    answer=$(run_apt install --yes --no-remove --no-install-recommends "$@" 2>&1) && return
    say "$answer"
    return 1
}
