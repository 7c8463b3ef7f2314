#!/bin/sh
# Grades once, and keeps the report for whatever is made of it.
#
# reads   X, SUBMISSION, LESSONS, RECORD, SEED
# writes  $RUNNER_TEMP/gradlings/report.json
# ends    with 2 where not everything could be graded, and with 0 however many points there are
set -euf
folder=$RUNNER_TEMP/gradlings
mkdir -p "$folder"
rm -f "$folder/report.json"

set -- --submission "$SUBMISSION" --output "$folder/report.json"
case $RECORD in
true) set -- "$@" --record ;;
false | '') ;;
*)
    echo "failed to grade: record is \`true\` or \`false\`, and not \`$RECORD\`" >&2
    exit 2
    ;;
esac
if [ -n "$SEED" ]; then set -- "$@" --seed "$SEED"; fi

# Cargo, the compiler and the grader may name what a learner has chosen: until the token comes again, the
# runner obeys no line. It is drawn here, where no learner's code sees it.
token=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
echo "::stop-commands::$token"
ended=0
# The lessons are words of their own.
# shellcheck disable=SC2086
"$X" grade $LESSONS "$@" || ended=$?
echo "::$token::"
# Points that are missing are no failure of the job's.
if [ "$ended" -gt 1 ] || [ ! -e "$folder/report.json" ]; then exit 2; fi
