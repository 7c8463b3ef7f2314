#!/bin/sh
# The points of a class, of the reports that the jobs of its learners kept: a folder `report-owner+name` each.
#
# reads   the folder that is its argument, and LEARNERS, the list that `learners.sh` wrote
# writes  grades.csv, and a table to GITHUB_STEP_SUMMARY
set -eu
reports=$1

row() {
    report=$reports/$2/report.json
    number() { sed -n "s/^  \"$1\": \([0-9.]*\),\$/\1/p" "$report"; }
    if [ ! -s "$report" ]; then echo "$1,,,not graded"
    elif grep -q '^ *"verdict": "not_graded",*$' "$report"; then echo "$1,,$(number max_score),not all graded"
    else echo "$1,$(number score),$(number max_score),graded"
    fi
}

echo 'repository,score,max_score,state' > grades.csv
# One learner a line again. Neither name holds a comma or a quote.
echo "$LEARNERS" | tr '{' '\n' | sed -n 's/^"repository":"\(.*\)","artifact":"\(.*\)"}.*/\1 \2/p' |
    while read -r repository artifact; do row "$repository" "$artifact"; done >> grades.csv
{
    echo '| repository | points | |'
    echo '|---|---|---|'
    tail -n +2 grades.csv | sed 's/^\([^,]*\),\([^,]*\),\([^,]*\),\(.*\)$/| `\1` | \2 \/ \3 | \4 |/'
} >> "$GITHUB_STEP_SUMMARY"
