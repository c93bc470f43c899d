# Sourced by scripts: finds Go and makes it the version that anneal is tested with.
#
#   use_go     puts Go $GO_VERSION (or a newer one that is installed) first in PATH and exports
#              GOTOOLCHAIN where a download is needed; fails when there is none.

GO_VERSION=1.26.8

# True when version $1 ("1.23.5") is at least $2.
version_at_least() { [ "$(printf '%s\n%s\n' "$1" "$2" | sort -V | head -n 1)" = "$2" ]; }

go_version_in_path() {
  command -v go >/dev/null || return 1
  GOTOOLCHAIN=local go env GOVERSION 2>/dev/null | sed 's/^go//; s/[ -].*//'
}

# Go 1.21 was the first that downloads other toolchains. Debian's lie outside PATH.
go_can_switch_toolchains() {
  local directory version
  for directory in "" /usr/local/go/bin /usr/lib/go-1.2[1-9]/bin; do
    [ -z "$directory" ] || [ -x "$directory/go" ] || continue
    version=$(PATH="${directory:+$directory:}$PATH" && go_version_in_path) || continue
    if version_at_least "$version" 1.21; then
      [ -z "$directory" ] || export PATH="$directory:$PATH"
      return 0
    fi
  done
  return 1
}

use_go() {
  go_can_switch_toolchains || return 1
  if ! version_at_least "$(go_version_in_path)" "${GO_VERSION%.*}"; then
    export GOTOOLCHAIN="go$GO_VERSION"
  fi
  go version >/dev/null
}
