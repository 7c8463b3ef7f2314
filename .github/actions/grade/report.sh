#!/bin/sh
# Tells of a grading: the summary of the job, annotations, outputs. What a learner could have chosen is
# escaped by the grader, for each of them.
#
# reads   X, ANNOTATE, $RUNNER_TEMP/gradlings/report.json
# writes  GITHUB_STEP_SUMMARY, GITHUB_OUTPUT, and annotations to standard output
set -eu
report=$RUNNER_TEMP/gradlings/report.json
if [ ! -s "$report" ]; then
    printf '## Nothing was graded\n\nThe log of the step “Grade” says why. No points are lost.\n' \
        >> "$GITHUB_STEP_SUMMARY"
    exit 0
fi

# 1 tells of points that are missing, 2 of checks that were not graded: both have a report.
ended=0
render() { "$X" render "$report" --format "$1" || ended=$?; }
render markdown >> "$GITHUB_STEP_SUMMARY"
if [ "$ANNOTATE" = true ]; then render github; fi
points=$(render github-points)

# Of the report itself: what is indented by two spaces is at its top, and no text breaks a line.
number() { sed -n "s/^  \"$1\": \([0-9.]*\),\$/\1/p" "$report"; }
score=
if [ "$ended" -le 1 ]; then score=$(number score); fi
if [ "$ended" -eq 0 ]; then complete=true; else complete=false; fi
{
    echo "score=$score"
    echo "max-score=$(number max_score)"
    echo "complete=$complete"
    echo "points=$points"
} >> "$GITHUB_OUTPUT"
