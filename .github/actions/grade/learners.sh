#!/bin/sh
# The learners' repositories, as the matrix of a job: one `owner/name` a line, from standard input.
#
# writes  `learners`, a list in JSON, to GITHUB_OUTPUT
set -eu
# What a matrix may hold; `grader batch` has no such limit.
MAX_LEARNERS=256

learners=$(tr -d '\r' | sed 's/[[:space:]]*$//' | grep -v -e '^#' -e '^$' || true)
[ -n "$learners" ] || {
    echo 'failed to find a learner: the variable GRADLINGS_LEARNERS holds one owner/name a line' >&2
    exit 2
}
strange=$(echo "$learners" | grep -v -x -E '[A-Za-z0-9-]+/[A-Za-z0-9._-]+' || true)
[ -z "$strange" ] || {
    echo "failed to read the learners' repositories, owner/name: $strange" >&2
    exit 2
}
twice=$(echo "$learners" | sort | uniq -d)
[ -z "$twice" ] || {
    echo "failed to read the learners' repositories, two lines are the same: $twice" >&2
    exit 2
}
count=$(echo "$learners" | wc -l)
[ "$count" -le "$MAX_LEARNERS" ] || {
    echo "failed to grade $count repositories: a matrix holds $MAX_LEARNERS; \`./x batch\` grades any number" >&2
    exit 2
}
list=$(echo "$learners" | sed 's|\(.*\)/\(.*\)|{"repository":"\1/\2","artifact":"report-\1+\2"}|' | paste -sd , -)
echo "learners=[$list]" >> "$GITHUB_OUTPUT"
