#!/bin/sh
# Installs /run/packages/first.deb, serves, upgrades to /run/packages/second.deb, removes and purges it; runs in a copy of a machine that is
# thrown away, without a running systemd.
set -eu
export PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive
unset DATABASE_URL REDIS_URL PARLOR_JWT_SECRET || true
log=/run/test/log
server=
trap '[ -z "$server" ] || kill -KILL $server' EXIT

fail() {
    echo "dist: $1" >&2
    cat "$log" >&2 2>/dev/null || true
    exit 1
}

# Starts the service's program as its user and with its command, on a free port.
start() {
    unit=/usr/lib/systemd/system/parlor.service
    command=$(sed -n 's/^ExecStart=//p' $unit)
    : >/run/test/out
    chmod 666 /run/test/out
    cd "$(sed -n 's/^WorkingDirectory=//p' $unit)"
    user=$(sed -n 's/^User=//p' $unit)
    setpriv --reuid "$user" --regid "$user" --init-groups -- $command --listen 127.0.0.1:0 >/run/test/out 2>>"$log" &
    server=$!
    tries=0
    until url=$(sed -n 's/^Parlor listens on //p' /run/test/out) && [ -n "$url" ]; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] && kill -0 $server || fail "the service does not start"
        sleep 0.1
    done
    cd /
}

stop() {
    kill -TERM $server || fail "the service has ended by itself"
    wait $server || fail "the service did not end well"
    server=
}

# Calls the API: path, token, body.
call() {
    curl --silent --show-error --fail-with-body -H 'content-type: application/json' ${2:+-H "authorization: Bearer $2"} \
        ${3:+--data "$3"} "$url$1" || fail "$1 is refused"
}

field() {
    sed 's/.*"'"$1"'":"\([^"]*\)".*/\1/'
}

rm -rf /etc/parlor /var/lib/parlor
: >"$log"
dpkg --install /run/packages/first.deb >>"$log" 2>&1 || fail "the package can't be installed"
[ "$(stat -c '%U %a' /var/lib/parlor)" = "parlor 700" ] || fail "/var/lib/parlor is $(stat -c '%U %a' /var/lib/parlor)"
[ "$(stat -c '%U %G %a' /etc/parlor/parlor.toml)" = "root parlor 640" ] || fail "the settings are $(stat -c '%U %G %a' /etc/parlor/parlor.toml)"
[ -e /etc/systemd/system/multi-user.target.wants/parlor.service ] || fail "the service is not enabled"
[ -z "$(dpkg --verify parlor)" ] || fail "the installed files differ from the package"
for file in man/man1/parlor.1.gz man/man1/parlor-serve.1.gz bash-completion/completions/parlor doc/parlor/THIRD-PARTY-NOTICES.txt.gz; do
    [ -s /usr/share/$file ] || fail "no /usr/share/$file"
done
if command -v systemd-analyze >/dev/null; then
    systemd-analyze verify --man=no /usr/lib/systemd/system/parlor.service >>"$log" 2>&1 || fail "systemd does not accept the unit"
    systemd-analyze security --offline=true --threshold=15 --no-pager /usr/lib/systemd/system/parlor.service >>"$log" 2>&1 ||
        fail "the unit may do more than it needs"
    echo "dist: systemd accepts the unit, exposure $(sed -n 's/.*exposure level for parlor.service: \([0-9.]*\).*/\1/p' "$log")"
fi

start
call /api/auth/signup '' '{"username":"ada","email":"ada@example.com","password":"correct horse"}' >/dev/null
token=$(call /api/auth/login '' '{"username":"ada","password":"correct horse"}' | field accessToken)
room=$(call /api/rooms "$token" '{"name":"Package"}' | sed 's/{"data":{"id":"\([^"]*\)".*/\1/')
call "/api/rooms/$room/messages" "$token" '{"content":"still here"}' >/dev/null
stop

echo '# changed by the admin' >>/etc/parlor/parlor.toml
dpkg --install /run/packages/second.deb >>"$log" 2>&1 </dev/null || fail "the package can't be upgraded"
tail -n 1 /etc/parlor/parlor.toml | grep -q 'changed by the admin' || fail "the upgrade has replaced the settings"
[ "$(stat -c '%U %G %a' /etc/parlor/parlor.toml)" = "root parlor 640" ] || fail "the upgrade has opened the settings"
start
call "/api/rooms/$room/messages" "$token" | grep -q 'still here' || fail "the upgrade has lost a message"
stop

dpkg --remove parlor >>"$log" 2>&1 || fail "the package can't be removed"
[ ! -e /usr/bin/parlor ] && [ -e /etc/parlor/parlor.toml ] || fail "a removal must keep the settings, and nothing else"
dpkg --purge parlor >>"$log" 2>&1 || fail "the package can't be purged"
[ ! -e /etc/parlor ] || fail "a purge must remove the settings"
[ -s /var/lib/parlor/parlor.db ] || fail "a purge must keep what people wrote"
[ ! -e /etc/systemd/system/multi-user.target.wants/parlor.service ] || fail "a purge must disable the service"
echo "dist: the package is installed, serves, is upgraded over, removed and purged; settings and data are kept"
