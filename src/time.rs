//! Time in milliseconds, and the operator's days.

/// Milliseconds of a second, a minute, an hour and a day.
pub const SECOND: i64 = 1_000;
pub const MINUTE: i64 = 60 * SECOND;
pub const HOUR: i64 = 60 * MINUTE;
pub const DAY: i64 = 24 * HOUR;

/// Returns the next local midnight after `now`, both in Unix milliseconds. The offset is in minutes east of UTC.
pub fn next_midnight(now: i64, timezone_offset_minutes: i64) -> i64 {
    let offset = timezone_offset_minutes * MINUTE;
    ((now + offset).div_euclid(DAY) + 1) * DAY - offset
}

/// Returns the local hour of a time in Unix milliseconds, counted from 1970. The offset is in minutes east of UTC.
pub fn local_hour(ms: i64, timezone_offset_minutes: i64) -> i64 {
    (ms + timezone_offset_minutes * MINUTE).div_euclid(HOUR)
}

/// Returns the local day of a time in Unix milliseconds, counted from 1970. The offset is in minutes east of UTC.
pub fn local_day(ms: i64, timezone_offset_minutes: i64) -> i64 {
    (ms + timezone_offset_minutes * MINUTE).div_euclid(DAY)
}

/// Returns the year, month and day of a day, counted from 1970-01-01.
///
/// Source: H. Hinnant, "chrono-Compatible Low-Level Date Algorithms".
pub fn year_month_day(day: i64) -> (i64, i64, i64) {
    let shifted = day + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

/// Returns the month of a day, counted from 1970-01-01, as one number: `202601` is January 2026.
pub fn month_of(day: i64) -> i64 {
    let (year, month, _) = year_month_day(day);
    year * 100 + month
}

/// Returns the first day of the month of a day, both counted from 1970-01-01.
pub fn first_of_month(day: i64) -> i64 {
    let (_, _, of_month) = year_month_day(day);
    day - of_month + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_local() {
        // 2026-01-29 08:00 UTC.
        let now = 1_769_673_600_000;
        for (offset_hours, until) in [(0, 16), (8, 8), (-8, 24), (14, 2), (-12, 4)] {
            assert_eq!(next_midnight(now, offset_hours * 60), now + until * HOUR, "UTC{offset_hours:+}");
        }
        let midnight = now + 16 * HOUR;
        assert_eq!(next_midnight(midnight - 1, 0), midnight);
        assert_eq!(next_midnight(midnight, 0), midnight + DAY, "the new day begins at midnight itself");
    }
}
