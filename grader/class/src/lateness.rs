//! What a late attempt loses.

use jiff::Timestamp;

use crate::settings::Late;

const SECONDS_PER_DAY: i64 = 24 * 60 * 60;

/// The days that an attempt is late, begun days included.
pub fn days(late: Late, due: Option<Timestamp>, received: Option<Timestamp>) -> u64 {
    let (Some(due), Some(received)) = (due, received) else { return 0 };
    let seconds = received.as_second() - due.as_second() - i64::from(late.grace_minutes) * 60;
    // Who is a minute late is as late as who is an hour late.
    u64::try_from(seconds).map_or(0, |seconds| seconds.div_ceil(SECONDS_PER_DAY.unsigned_abs()))
}

/// The share of the points that is left.
pub fn share(late: Late, days: u64) -> f64 {
    if late.days.is_some_and(|limit| days > u64::from(limit)) {
        return 0.0;
    }
    // Counted in whole days: no share depends on the order of additions.
    (1.0 - late.per_day * days as f64).max(0.0)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    const LATE: Late = Late { grace_minutes: 10, per_day: 0.25, days: Some(2) };

    #[rstest]
    #[case::early("2026-11-30T00:00:00Z", 0, 1.0)]
    #[case::at_the_last_moment_of_grace("2026-12-01T00:10:00Z", 0, 1.0)]
    #[case::a_second_later("2026-12-01T00:10:01Z", 1, 0.75)]
    #[case::a_day("2026-12-02T00:10:00Z", 1, 0.75)]
    #[case::two_days("2026-12-03T00:00:00Z", 2, 0.5)]
    #[case::too_late("2026-12-03T00:10:01Z", 3, 0.0)]
    fn each_begun_day_after_the_grace_costs_a_share(
        #[case] received: &str,
        #[case] late: u64,
        #[case] left: f64,
    ) {
        let due = Some("2026-12-01T00:00:00Z".parse().unwrap());
        let found = days(LATE, due, Some(received.parse().unwrap()));
        assert_eq!((found, share(LATE, found)), (late, left));
    }

    #[test]
    fn without_an_end_or_a_time_nothing_is_late() {
        let time = Some("2026-12-01T00:00:00Z".parse().unwrap());
        assert_eq!(days(LATE, None, time), 0);
        assert_eq!(days(LATE, time, None), 0);
    }

    #[test]
    fn no_share_is_negative() {
        assert_eq!(share(Late { days: None, ..LATE }, 9), 0.0);
    }
}
