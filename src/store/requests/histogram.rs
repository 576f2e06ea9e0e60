//! Histograms of times: buckets that widen with the time, four to each doubling, so that a percentile read
//! from them is at most an eighth off.

/// Below this, each millisecond has a bucket of its own.
const EXACT: u64 = 8;

/// The bucket a time is counted in.
pub fn histogram_bin(ms: u64) -> u64 {
    if ms < EXACT {
        return ms;
    }
    let octave = u64::from(ms.ilog2());
    EXACT + (octave - 3) * 4 + (ms >> (octave - 2)) % 4
}

/// The middle of a bucket, in milliseconds.
fn middle(bucket: u64) -> u64 {
    if bucket < EXACT {
        return bucket;
    }
    // No time is longer than 2^53 ms; a number from elsewhere must not overflow the shift.
    let (octave, quarter) = (((bucket - EXACT) / 4 + 3).min(60), (bucket - EXACT) % 4);
    let width = 1 << (octave - 2);
    (4 + quarter) * width + width / 2
}

/// The time that `share` of those counted did not exceed; `None` when nothing was counted. The counts are by
/// bucket, in any order.
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
    fn buckets_are_in_order_and_an_eighth_wide_at_most() {
        let mut last = 0;
        for ms in 0..700_000_u64 {
            let bucket = histogram_bin(ms);
            assert!(bucket == last || bucket == last + 1, "{ms} ms: bucket {bucket} after {last}");
            last = bucket;
            assert!(middle(bucket).abs_diff(ms) * 8 <= ms, "{ms} ms is told as {}", middle(bucket));
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
