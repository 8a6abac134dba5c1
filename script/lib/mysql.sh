# Sourced by setup.sh: a MySQL server for the tests, beside whatever this machine has and without touching any of it.
#
# Debian ships MySQL in its unstable suite only, and Ubuntu's would conflict with MariaDB; so its packages, with all the
# libraries they need, are unpacked into a directory of our own, from the mirror that this machine's apt uses. It takes
# no root, and nothing is downloaded when it is there. Where it cannot be had, DBS_MYSQL_LACK says why, and the tests
# on MySQL are one skip with that reason.

mysql_packages=(mysql-server-core mysql-client-core)

private_mysql() {
    if [[ $(id -u) -eq 0 ]]; then
        printf '%s\n' /opt/dbs/mysql # not below root's home: the account that runs the servers must get there
    else
        printf '%s\n' "${XDG_DATA_HOME:-$HOME/.local/share}/dbs-mysql"
    fi
}

ensure_mysql() {
    local private
    private=$(private_mysql)
    unset DBS_MYSQL_BASEDIR DBS_MYSQL_LACK
    if ! runs_mysql "$private" && ! unpack_mysql "$private"; then
        export DBS_MYSQL_LACK="${mysql_lack:-it could not be unpacked; see the lines above}"
        say "There is no MySQL for the tests: $DBS_MYSQL_LACK."
        return 0
    fi
    export DBS_MYSQL_BASEDIR=$private/usr
}

runs_mysql() { [[ -x $1/usr/sbin/mysqld ]] && "$1/usr/sbin/mysqld" --no-defaults --version >/dev/null 2>&1; }

unpack_mysql() {
    local target=$1 aside=$1.unpacking mirror names deb
    mirror=$(debian_mirror)
    if [[ -z $mirror ]]; then
        mysql_lack="apt knows no Debian mirror to fetch ${mysql_packages[*]} from"
        return 1
    fi
    say "Unpacking a private MySQL into $target for the tests (about 55 MB to download); nothing else changes."
    rm -rf "$aside"
    mkdir -p "$aside"/apt/{lists/partial,cache/archives/partial} || return 1
    chmod 755 "$(dirname "$aside")" "$aside"
    : >"$aside/apt/status" # "nothing is installed": then apt names all the libraries too
    printf 'Types: deb\nURIs: %s\nSuites: unstable\nComponents: main\nSigned-By: %s\n' "$mirror" "$(debian_keys)" \
        >"$aside/apt/unstable.sources"
    if ! apt_aside "$aside" update >&2; then
        mysql_lack="the lists of Debian's unstable suite cannot be fetched"
        return 1
    fi
    mapfile -t names < <(LC_ALL=C apt_aside "$aside" --simulate --no-install-recommends install "${mysql_packages[@]}" |
        sed -nE 's/^Inst ([^ ]+) .*/\1/p' | grep -v perl) # perl is for scripts that nobody here runs
    if ! (cd "$aside" && ((${#names[@]})) && apt_aside "$aside" download "${names[@]}" >&2); then
        mysql_lack="the packages ${mysql_packages[*]} cannot be downloaded from Debian's unstable suite"
        return 1
    fi
    for deb in "$aside"/*.deb; do dpkg-deb --extract "$deb" "$aside" || return 1; done
    rm -rf "$aside"/*.deb "$aside/apt" "$aside"/usr/share/{doc,man,locale}
    lead_mysql_home "$aside" "$target"
    rm -rf "$target"
    mv "$aside" "$target"
    runs_mysql "$target" || mysql_lack="the unpacked mysqld does not run on this machine"
    runs_mysql "$target"
}

# apt on lists and a state of its own. Its release file may count as expired where clocks or mirrors stand still.
apt_aside() {
    local apt=$1/apt
    shift
    apt-get --quiet=2 --option Dir::Etc::sourcelist="$apt/unstable.sources" --option Dir::Etc::sourceparts=- \
        --option Dir::State="$apt" --option Dir::State::status="$apt/status" --option Dir::Cache="$apt/cache" \
        --option APT::Sandbox::User= --option Acquire::Languages=none --option Acquire::Check-Valid-Until=false "$@"
}

# Where this machine's own packages come from, if that is Debian. The archive of security updates has no unstable suite.
debian_mirror() {
    command -v apt-get >/dev/null || return 0
    # shellcheck disable=SC2016  # apt fills these in
    apt-get indextargets --format '$(ORIGIN)|$(LABEL)|$(REPO_URI)' 'Created-By: Packages' 2>/dev/null |
        sed -n 's/^Debian|Debian|//p' | head -n 1
}

# The keys that apt trusts for that mirror.
debian_keys() {
    local found=/usr/share/keyrings/debian-archive-keyring.gpg
    [[ -e $found ]] || found=/usr/share/keyrings/debian-archive-keyring.pgp
    printf '%s\n' "$found"
}

# These programs are newer than the machine's C library: each is started by the loader that was unpacked with it.
lead_mysql_home() {
    local aside=$1 target=$2 libraries loader program
    libraries=$(cd "$aside" && find . -name '*.so*' ! -path '*/plugin/*' -printf "$target/%h\n" | sed 's#/\./#/#' |
        sort -u | paste -sd :)
    loader=$(cd "$aside" && find . -path '*/lib*' -name 'ld-linux*.so.*' | sort | head -n 1)
    for program in usr/sbin/mysqld usr/bin/mysqldump usr/bin/mysql; do
        mv "$aside/$program" "$aside/$program.real"
        printf "#!/bin/sh\nexec '%s' --library-path '%s' '%s' \"\$@\"\n" \
            "$target/${loader#./}" "$libraries" "$target/$program.real" >"$aside/$program"
        chmod 755 "$aside/$program"
    done
}
