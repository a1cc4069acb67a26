/// Every way in which clients and servers write the bound of a bucket: `1`, `1.0`, `1e+06`.
///
/// Prometheus 3 writes integers with a point; before, they were stored as the client had written them.
///
/// Source: <https://prometheus.io/docs/prometheus/latest/migration/#le-and-quantile-label-values>
pub(crate) fn spellings(bound: f64) -> Vec<String> {
    let plain = format!("{bound}");
    let mut spellings = Vec::new();
    if !plain.contains('.') {
        spellings.push(format!("{plain}.0"));
    }
    spellings.push(plain);
    // Go's shortest form has an exponent of at least two digits, with its sign.
    let scientific = format!("{bound:e}");
    if let Some((mantissa, exponent)) = scientific.split_once('e') {
        let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
        spellings.push(format!("{mantissa}e{sign}{digits:0>2}"));
    }
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_have_a_point_or_not() {
        assert_eq!(spellings(1.0), ["1.0", "1", "1e+00"]);
        assert_eq!(spellings(0.25), ["0.25", "2.5e-01"]);
        assert_eq!(spellings(1e6), ["1000000.0", "1000000", "1e+06"]);
    }
}
