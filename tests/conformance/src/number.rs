use std::fmt;

/// A number as written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(String);

impl Value {
    /// Parses a number by OpenMetrics' grammar, which both formats share; `None` for anything else, and for a number that no
    /// 64-bit float holds.
    ///
    /// Source: <https://prometheus.io/docs/specs/om/open_metrics_spec/#abnf>, `number`
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let is_name = ["inf", "infinity"].iter().any(|name| unsigned(text).eq_ignore_ascii_case(name));
        if is_name || text.eq_ignore_ascii_case("nan") {
            return Some(Self(text.to_owned()));
        }
        let fits = is_real(text) && text.parse::<f64>().is_ok_and(f64::is_finite);
        fits.then(|| Self(text.to_owned()))
    }

    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The number as Prometheus stores it.
    #[must_use]
    pub fn as_f64(&self) -> f64 {
        // The checked grammar is a subset of what is parsed here.
        self.0.parse().unwrap_or(f64::NAN)
    }

    /// As an integer, if it is written as one and not negative.
    #[must_use]
    pub fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// Whether it is NaN or less than zero, which a count cannot be.
    pub(crate) fn is_no_count(&self) -> bool {
        let value = self.as_f64();
        value.is_nan() || value < 0.0
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self(if value.is_infinite() { canonical(value) } else { value.to_string() })
    }
}

impl From<u64> for Value {
    fn from(value: u64) -> Self {
        Self(value.to_string())
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['+', '-']).unwrap_or(text)
}

fn is_real(text: &str) -> bool {
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let (number, exponent) = match text.split_once(['e', 'E']) {
        Some((number, exponent)) => (number, Some(unsigned(exponent))),
        None => (text, None),
    };
    let (whole, places) = match unsigned(number).split_once('.') {
        Some((whole, places)) => (whole, places),
        None => (unsigned(number), ""),
    };
    let has_digits = !whole.is_empty() || !places.is_empty();
    has_digits
        && digits(whole)
        && digits(places)
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}

/// Formats a bound or a quantile as in OpenMetrics: Go's `%g`, with `.0` if there is neither point nor exponent.
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
    let plain = format!("{value}");
    if plain.contains('.') { plain } else { plain + ".0" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_the_grammar_pass() {
        for text in [
            "0",
            "23",
            "0042",
            "1341298465647914",
            "-1",
            "+1",
            "8903.123421",
            "1.89e-7",
            "1.",
            ".5",
            "+.5e+3",
            "1e10",
            "1E10",
            "NaN",
            "nan",
            "inf",
            "+Inf",
            "-INF",
            "Infinity",
            "-infinity",
            "4.20072246e+06",
            "18446744073709551615",
        ] {
            assert!(Value::parse(text).is_some(), "{text}");
        }
    }

    #[test]
    fn everything_else_does_not() {
        for text in [
            "", " 1", "1 ", ".", "+", "e5", "1e", "1e+", "1e1.5", "1.2.3", "0x1p3", "1_000", "+nan", "-NaN",
            "infin", "++1", "1e999", "٣", "1,5", "--1", "1e--1",
        ] {
            assert!(Value::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn canonical_numbers_are_those_of_the_specification() {
        for text in [
            "0.0", "0.001", "0.002", "0.01", "0.1", "0.9", "0.95", "0.99", "0.999", "1.0", "1.7", "10.0",
            "1e-10", "1e-09", "1e-05", "0.0001", "100000.0", "1e+06", "1e+10", "1e+23", "1.1e+23", "+Inf",
            "-1.0",
        ] {
            let value = Value::parse(text).map(|value| value.as_f64());
            assert_eq!(value.map(canonical).as_deref(), Some(text));
        }
    }
}
