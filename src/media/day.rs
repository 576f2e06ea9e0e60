//! The operator's day, at whose end the cache is emptied.

const DAY: i64 = 24 * 60 * 60 * 1000;

/// The next local midnight after `now`, both in Unix milliseconds.
pub fn next_midnight(now: i64, timezone_offset_minutes: i64) -> i64 {
    let offset = timezone_offset_minutes * 60_000;
    ((now + offset).div_euclid(DAY) + 1) * DAY - offset
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn midnight_is_local() {
        const HOUR: i64 = 60 * 60 * 1000;
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
