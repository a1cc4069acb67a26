/// A quantile of observations, counted in buckets that end at these bounds, and one more.
///
/// # Source
/// Prometheus, `histogram_quantile`: linear within a bucket, of which the first begins at 0 if it ends above; in the last one, the highest bound:
/// <https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile>
pub(crate) fn quantile(of: f64, bounds: &[f64], counts: &[f64]) -> Option<f64> {
    let total: f64 = counts.iter().sum();
    let highest = *bounds.last()?;
    if total <= 0.0 {
        return None;
    }
    let rank = of * total;
    let mut below = 0.0;
    for (at, (&bound, &count)) in bounds.iter().zip(counts).enumerate() {
        if below + count >= rank && count > 0.0 {
            let first = if bound > 0.0 { 0.0 } else { bound };
            let start = at.checked_sub(1).map_or(first, |before| bounds[before]);
            return Some((bound - start).mul_add((rank - below) / count, start));
        }
        below += count;
    }
    Some(highest)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_interpolated_within_its_bucket() {
        let bounds = [0.1, 0.5, 1.0];
        for (of, counts, expected) in [
            (0.5, [10.0, 0.0, 0.0, 0.0], 0.05),
            (0.5, [0.0, 10.0, 0.0, 0.0], 0.3),
            (0.75, [2.0, 0.0, 2.0, 0.0], 0.75),
            (0.99, [1.0, 0.0, 0.0, 9.0], 1.0),
            (0.0, [0.0, 4.0, 0.0, 0.0], 0.1),
            (1.0, [2.0, 2.0, 0.0, 0.0], 0.5),
        ] {
            let found = quantile(of, &bounds, &counts).unwrap();
            assert!((found - expected).abs() < 1e-12, "{of} of {counts:?}: {found}");
        }
        assert_eq!(quantile(0.5, &bounds, &[0.0; 4]), None);
        assert_eq!(quantile(0.5, &[], &[3.0]), None);
        assert_eq!(quantile(0.5, &[-1.0, 1.0], &[2.0, 0.0, 0.0]), Some(-1.0));
    }
}
