//! Histograms of durations. Bins widen with the duration, four for each doubling, so a percentile is wrong by at most
//! an eighth.

/// Milliseconds below which each has its own bin.
const EXACT: u64 = 8;

/// Returns the bin of a duration in milliseconds.
pub fn histogram_bin(ms: u64) -> u64 {
    if ms < EXACT {
        return ms;
    }
    let octave = u64::from(ms.ilog2());
    EXACT + (octave - 3) * 4 + (ms >> (octave - 2)) % 4
}

/// Returns the middle of a bin, in milliseconds.
fn middle(bucket: u64) -> u64 {
    if bucket < EXACT {
        return bucket;
    }
    // No duration exceeds 2^53 ms, but a damaged row must not overflow the shift.
    let (octave, quarter) = (((bucket - EXACT) / 4 + 3).min(60), (bucket - EXACT) % 4);
    let width = 1 << (octave - 2);
    (4 + quarter) * width + width / 2
}

/// Returns the milliseconds that `share` (0 to 1) of the durations did not exceed; `None` without any. `counts` are
/// pairs of bin and count, in any order, and are sorted.
pub fn percentile(counts: &mut [(u64, u64)], share: f64) -> Option<u64> {
    counts.sort_unstable();
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let rank = ((total as f64 * share).ceil() as u64).max(1);
    let mut seen = 0;
    counts.iter().find_map(|&(bucket, count)| {
        seen += count;
        (seen >= rank).then(|| middle(bucket))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_in_order_and_at_most_an_eighth_wide() {
        let mut last = 0;
        for ms in 0..700_000_u64 {
            let bucket = histogram_bin(ms);
            assert!(bucket == last || bucket == last + 1, "{ms} ms: bucket {bucket} after {last}");
            last = bucket;
            assert!(middle(bucket).abs_diff(ms) * 8 <= ms, "{ms} ms is counted as {}", middle(bucket));
        }
        assert!(histogram_bin((1 << 53) - 1) < 300);
    }

    #[test]
    fn percentiles_are_by_nearest_rank() {
        assert_eq!(percentile(&mut [], 0.5), None);
        assert_eq!(percentile(&mut [(7, 1)], 0.95), Some(7));
        let mut counts = [(5, 1), (1, 18), (3, 1)];
        assert_eq!((percentile(&mut counts, 0.5), percentile(&mut counts, 0.95)), (Some(1), Some(3)));
        assert_eq!(percentile(&mut counts, 1.0), Some(5));
    }
}
