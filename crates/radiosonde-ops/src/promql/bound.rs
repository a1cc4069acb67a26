use crate::promql::literal::{literal, quoted};

/// The condition on the label `le` that selects the bucket with this bound, in every spelling of it: `1` is what Prometheus 2 stored of the
/// text format, and `1.0` what Prometheus 3 makes of it and OpenMetrics prescribes.
///
/// Source: <https://prometheus.io/docs/prometheus/latest/migration/#le-and-quantile-label-values>
pub(crate) fn le(bound: f64) -> String {
    let texts = spellings(bound);
    if let [only] = texts.as_slice() {
        return format!("le={}", quoted(only));
    }
    let texts: Vec<_> = texts.iter().map(|text| literal(text)).collect();
    format!("le=~{}", quoted(&texts.join("|")))
}

/// The texts that stand for a bound in the label `le`.
pub(crate) fn spellings(bound: f64) -> Vec<String> {
    // There is one zero.
    let bound = bound + 0.0;
    let magnitude = bound.abs();
    if bound.is_infinite() {
        return vec![if bound > 0.0 { "+Inf" } else { "-Inf" }.to_owned()];
    }
    if magnitude != 0.0 && !(1e-4..1e6).contains(&magnitude) {
        let text = format!("{bound:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
        return vec![format!("{mantissa}e{sign}{digits:0>2}")];
    }
    let (short, full) = (format!("{bound}"), format!("{bound:?}"));
    if short == full { vec![short] } else { vec![short, full] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bound_is_selected_in_every_spelling() {
        let shown = [0.3, 1.0, 2.5, 30.0, 0.0, -0.0, 1e6, 1e-5, f64::INFINITY].map(le);
        let expected = [
            r#"le="0.3""#, r#"le=~"1|1\\.0""#, r#"le="2.5""#, r#"le=~"30|30\\.0""#, r#"le=~"0|0\\.0""#,
            r#"le=~"0|0\\.0""#, r#"le="1e+06""#, r#"le="1e-05""#, r#"le="+Inf""#,
        ];
        assert_eq!(shown, expected);
    }
}
