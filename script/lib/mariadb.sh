# Sourced by setup.sh: the programs of a MariaDB server. dbs starts servers itself, so no service is wanted:
# the packages used here hold programs only and start nothing.
#
# Where apt could not install them without harm (MySQL is installed, say) or where nobody is root, the packages are
# unpacked into a directory of our own, and DBS_MARIADB_BASEDIR tells where that is.

mariadb_packages=(mariadb-server-core mariadb-client-core)
mariadb_programs=(mariadbd mariadb-install-db my_print_defaults)

private_mariadb() {
    if [[ $(id -u) -eq 0 ]]; then
        printf '%s\n' /opt/dbs/mariadb # not below root's home: the account that runs the servers must get there
    else
        printf '%s\n' "${XDG_DATA_HOME:-$HOME/.local/share}/dbs-mariadb"
    fi
}

# Succeeds when all programs are on the PATH. Arguments: directories to look in before it.
has_mariadb() {
    local program
    for program in "${mariadb_programs[@]}"; do
        PATH=$(printf '%s:' "$@")$PATH command -v "$program" >/dev/null || return 1
    done
}

# `ensure_mariadb --with-dump`: mariadb-dump too, which only tests and benchmarks use.
ensure_mariadb() {
    local private
    if [[ ${1:-} == --with-dump ]]; then
        mariadb_packages+=(mariadb-client)
        mariadb_programs+=(mariadb-dump)
    fi
    has_mariadb && return
    private=$(private_mariadb)
    if ! has_mariadb "$private/usr/sbin" "$private/usr/bin"; then
        command -v apt-get >/dev/null || fail "dbs needs MariaDB's programs on the PATH: ${mariadb_programs[*]}."
        if can_install; then
            ensure_lists "${mariadb_packages[@]}"
            if ! another_server && is_harmless "${mariadb_packages[@]}"; then
                install_packages "${mariadb_packages[@]}"
                return
            fi
        fi
        unpack_mariadb "$private"
    fi
    export DBS_MARIADB_BASEDIR=$private/usr
    export PATH="$DBS_MARIADB_BASEDIR/sbin:$DBS_MARIADB_BASEDIR/bin:$PATH"
}

# A database server that is installed in any way is left alone.
another_server() {
    command -v mysqld >/dev/null && return
    dpkg-query --show --showformat '${db:Status-Abbrev}\n' \
        'mysql-server*' 'mysql-community-server*' 'percona-server-server*' 'percona-xtradb-cluster-server*' 2>/dev/null |
        grep -q '^.[^nc]' # neither "not installed" nor "configuration files only"
}

unpack_mariadb() {
    local target=$1 aside=$1.unpacking names deb
    say "MariaDB's packages cannot be installed beside what this machine has (or nobody here is root)."
    say "So a private MariaDB is unpacked into $target; nothing else on this machine changes."
    say "In a dbs.toml of your own, its provider gets the line: basedir = \"$target/usr\""
    rm -rf "$aside"
    mkdir -p "$aside"
    chmod 755 "$(dirname "$aside")" "$aside"
    mapfile -t names < <(missing_packages "$aside/nothing-installed")
    ((${#names[@]})) || fail "apt knows no packages ${mariadb_packages[*]}. Fetch its lists first: apt-get update"
    say "Downloading ${names[*]}."
    download "$aside" "${names[@]}"
    for deb in "$aside"/*.deb; do dpkg-deb --extract "$deb" "$aside"; done
    rm -f "$aside"/*.deb "$aside/nothing-installed"
    lead_home "$aside" "$target"
    rm -rf "$target"
    mv "$aside" "$target"
}

# Lists that are some weeks old name packages that are gone; whoever is root can fetch new ones.
download() {
    local directory=$1 arguments
    shift
    arguments=(--quiet=2 --option APT::Sandbox::User= download "$@")
    (cd "$directory" && apt-get "${arguments[@]}" >&2) && return
    can_install || fail "apt could not download them. Fetch its lists first: apt-get update"
    update_lists
    (cd "$directory" && apt-get "${arguments[@]}" >&2)
}

# The programs' packages and, of all they depend on, those that this machine lacks. apt works that out when it is told
# that nothing is installed: on a machine with MySQL it would find a conflict instead.
missing_packages() {
    local name
    : >"$1"
    LC_ALL=C apt-get --simulate --no-install-recommends --option Dir::State::Status="$1" install "${mariadb_packages[@]}" 2>/dev/null |
        sed -nE 's/^Inst ([^ ]+) .*/\1/p' |
        while read -r name; do
            if ! dpkg-query --show --showformat '${db:Status-Abbrev}' "$name" 2>/dev/null | grep -q '^.i'; then
                printf '%s\n' "$name"
            fi
        done
}

# Every unpacked program goes by a small script that knows where its libraries and its own files are.
lead_home() {
    local aside=$1 target=$2 program libraries
    libraries=$(cd "$aside" && find . -name '*.so*' -printf "$target/%h\n" | sed 's#/\./#/#' | sort -u | paste -sd :)
    for program in "$aside"/usr/bin/* "$aside"/usr/sbin/*; do
        [[ -f $program && ! -L $program && -x $program ]] || continue
        lead_one_home "$program" "$target${program#"$aside"}.real" "$target/usr" "$libraries"
    done
}

lead_one_home() {
    local program=$1 real=$2 basedir=$3 libraries=$4 option=
    case ${program##*/} in mariadbd | mariadb-install-db) option=" --basedir='$basedir'" ;; esac
    mv "$program" "$program.real"
    cat >"$program" <<END
#!/bin/sh
LD_LIBRARY_PATH='$libraries' exec '$real' "\$@"$option
END
    chmod 755 "$program"
}
