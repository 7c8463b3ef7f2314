#!/bin/sh
# Fetches the released grader, which is run only if it is the one that was pinned.
#
# reads   RELEASE (owner/name@tag), SHA256
# writes  GRADER to the environment of the steps that follow
set -eu
fail() {
    echo "failed to fetch the grader: $*" >&2
    exit 2
}

case $RELEASE in
*[!A-Za-z0-9._/@-]* | *..* | @* | *@) fail "\`$RELEASE\` is not of the form owner/name@tag" ;;
*/*@*) ;;
*) fail "\`$RELEASE\` is not of the form owner/name@tag" ;;
esac
[ -n "$SHA256" ] || fail 'sha256 is empty: the release lists it in SHA256SUMS'

folder=$RUNNER_TEMP/gradlings
program=grader-$(uname -s | tr '[:upper:]' '[:lower:]')-$(uname -m)
mkdir -p "$folder"
url=${GITHUB_SERVER_URL:-https://github.com}/${RELEASE%@*}/releases/download/${RELEASE#*@}/$program
curl --fail --silent --show-error --location --retry 3 --output "$folder/grader" "$url" || fail "$url"
echo "$SHA256  $folder/grader" | sha256sum --check --status ||
    fail "$program is not what was pinned: its SHA-256 is $(sha256sum < "$folder/grader" | cut -d ' ' -f 1)"
chmod +x "$folder/grader"
echo "GRADER=$folder/grader" >> "$GITHUB_ENV"
