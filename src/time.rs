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
