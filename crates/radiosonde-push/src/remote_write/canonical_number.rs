/// A bucket's bound or a quantile in the format that Prometheus 3 stores: `1.0`, `0.25`, `1e-05`, `+Inf`.
///
/// Source: <https://prometheus.io/docs/specs/om/open_metrics_spec/#considerations-canonical-numbers>
pub(crate) fn canonical(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let text = format!("{value:e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if value != 0.0 && !(-4..6).contains(&exponent) {
        let sign = if exponent < 0 { '-' } else { '+' };
        return format!("{mantissa}e{sign}{:02}", exponent.abs());
    }
    // Negative zero becomes zero.
    format!("{:?}", value + 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_the_canonical_format() {
        for text in [
            "0.0", "0.001", "0.99", "1.0", "10.0", "1e-10", "1e-05", "0.0001", "100000.0", "1e+06",
            "1.1e+23", "-1.0",
        ] {
            assert_eq!(canonical(text.parse().unwrap()), text);
        }
        assert_eq!((canonical(f64::INFINITY), canonical(f64::NEG_INFINITY)), ("+Inf".into(), "-Inf".into()));
        assert_eq!(canonical(-0.0), "0.0");
    }
}
