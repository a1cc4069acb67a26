use std::fmt;

use radiosonde_core::diagnostics;

use crate::model::kind::Kind;

/// A name of a metric or a label, or a namespace, that Prometheus would not take, or that means something else there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidName {
    what: &'static str,
    name: Box<str>,
    kind: InvalidNameKind,
}

/// Why a name is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidNameKind {
    /// The name is empty.
    Empty,
    /// The first character is a digit.
    LeadingDigit,
    /// A character outside the alphabet, at this byte.
    Character {
        /// Byte offset into the name.
        at: usize,
    },
    /// A label name that starts with `__`, which Prometheus keeps for itself.
    Internal,
    /// More than 256 bytes.
    TooLong,
    /// `le` on a histogram or `quantile` on a summary, which the exposition writes.
    WrittenByExposition,
}

impl InvalidName {
    /// The refused name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Why it was refused.
    #[must_use]
    pub const fn kind(&self) -> InvalidNameKind {
        self.kind
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, name, kind } = self;
        let allowed =
            if *what == "label name" { "[a-zA-Z_][a-zA-Z0-9_]*" } else { "[a-zA-Z_:][a-zA-Z0-9_:]*" };
        match kind {
            InvalidNameKind::Empty => write!(f, "{what} is empty; expected {allowed}"),
            InvalidNameKind::LeadingDigit => {
                write!(f, "{what} {name:?} starts with a digit; expected {allowed}")
            }
            InvalidNameKind::Character { at } => {
                write!(f, "{what} {name:?} has a forbidden character at byte {at}; expected {allowed}")
            }
            InvalidNameKind::TooLong => {
                write!(f, "{what} has {} bytes; expected at most {MAX_NAME_BYTES}", name.len())
            }
            InvalidNameKind::Internal => {
                write!(f, "{what} {name:?} starts with `__`, which Prometheus keeps for itself")
            }
            InvalidNameKind::WrittenByExposition => {
                write!(f, "{what} {name:?} is written by the exposition of histograms and summaries")
            }
        }
    }
}

impl std::error::Error for InvalidName {}

/// Maximum length of the name of a metric or of a label, in bytes.
///
/// Scripts and other facades make names at run time, and each series keeps them all.
pub const MAX_NAME_BYTES: usize = 256;

/// Checks the name of a metric of any kind.
///
/// # Errors
/// [`InvalidName`] if it is empty, longer than [`MAX_NAME_BYTES`], starts with a digit or has a character outside `[a-zA-Z0-9_:]`.
///
/// # Source
/// <https://prometheus.io/docs/concepts/data_model/#metric-names-and-labels>
pub fn check_metric_name(name: &str) -> Result<(), InvalidName> {
    check("metric name", name, |byte| byte == b':')
}

pub(crate) fn check_namespace(name: &str) -> Result<(), InvalidName> {
    check("namespace", name, |byte| byte == b':')
}

/// Checks the name of a label of a metric of this kind: `le` and `quantile` are labels like any other but where the exposition writes them.
///
/// # Errors
/// [`InvalidName`] as for a metric's name, but without `:`, and if it starts with `__`.
pub fn check_label_name(kind: Kind, name: &str) -> Result<(), InvalidName> {
    match (kind, name) {
        (Kind::Histogram, "le") | (Kind::Summary, "quantile") => check_label(name),
        (_, "le" | "quantile") => Ok(()),
        _ => check_label(name),
    }
}

pub(crate) fn check_label(name: &str) -> Result<(), InvalidName> {
    check("label name", name, |_| false)?;
    let refuse = |kind| Err(InvalidName { what: "label name", name: name.into(), kind });
    match name {
        "le" | "quantile" => refuse(InvalidNameKind::WrittenByExposition),
        _ if name.starts_with("__") => refuse(InvalidNameKind::Internal),
        _ => Ok(()),
    }
}

/// Whether the name ends in `_total` exactly if it is a counter's.
///
/// Source: OpenMetrics 1.0, "Counter", and <https://prometheus.io/docs/practices/naming/>
pub(crate) fn is_conventional(name: &str, kind: Kind) -> bool {
    let is_total = name.strip_suffix("_total").is_some_and(|base| kind != Kind::Counter || !base.is_empty());
    is_total == (kind == Kind::Counter)
}

/// Reports a name that was accepted though it is not conventional. Calls the diagnostics hook: not to be called with a lock held.
pub(crate) fn report_unconventional(name: &str, kind: Kind) {
    if is_conventional(name, kind) {
        return;
    }
    let consequence = match kind {
        Kind::Counter => "a counter without `_total`: OpenMetrics shows it as `unknown`, without exemplars",
        _ => "`_total` on what is no counter: readers will take it for one",
    };
    diagnostics::report("metrics", "unconventional_name", format_args!("metric {name:?} has {consequence}"));
}

fn check(what: &'static str, name: &str, also: fn(u8) -> bool) -> Result<(), InvalidName> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || also(byte);
    let kind = if name.is_empty() {
        InvalidNameKind::Empty
    } else if name.as_bytes()[0].is_ascii_digit() {
        InvalidNameKind::LeadingDigit
    } else if let Some(at) = name.bytes().position(|byte| !allowed(byte)) {
        InvalidNameKind::Character { at }
    } else if name.len() > MAX_NAME_BYTES {
        InvalidNameKind::TooLong
    } else {
        return Ok(());
    };
    Err(InvalidName { what, name: name.into(), kind })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_name_the_value_and_what_is_allowed() {
        let cases = [
            ("", "metric name is empty; expected [a-zA-Z_:][a-zA-Z0-9_:]*"),
            ("9a", "metric name \"9a\" starts with a digit; expected [a-zA-Z_:][a-zA-Z0-9_:]*"),
            (
                "a-b",
                "metric name \"a-b\" has a forbidden character at byte 1; expected [a-zA-Z_:][a-zA-Z0-9_:]*",
            ),
            (
                "aé",
                "metric name \"aé\" has a forbidden character at byte 1; expected [a-zA-Z_:][a-zA-Z0-9_:]*",
            ),
        ];
        for (name, message) in cases {
            assert_eq!(check_metric_name(name).unwrap_err().to_string(), message);
        }
        assert_eq!(check_metric_name("job:a_b:rate5m"), Ok(()));
        assert_eq!(check_metric_name(&"a".repeat(256)), Ok(()));
        let long = check_metric_name(&"a".repeat(257)).unwrap_err();
        assert_eq!(long.to_string(), "metric name has 257 bytes; expected at most 256");
    }

    #[test]
    fn conventional_names_end_in_total_exactly_for_counters() {
        for (name, kind, expected) in [
            ("orders_total", Kind::Counter, true),
            ("orders", Kind::Counter, false),
            ("_total", Kind::Counter, false),
            ("devices_total", Kind::Gauge, false),
            ("_total", Kind::Gauge, false),
            ("devices", Kind::Gauge, true),
            ("wait_seconds_total", Kind::Histogram, false),
        ] {
            assert_eq!(is_conventional(name, kind), expected, "{name} {kind:?}");
        }
    }

    #[test]
    fn labels_have_no_colon_and_leave_prometheus_its_own() {
        assert_eq!(check_label("a:b").unwrap_err().kind(), InvalidNameKind::Character { at: 1 });
        assert_eq!(check_label("__name__").unwrap_err().kind(), InvalidNameKind::Internal);
        assert_eq!(check_label("le").unwrap_err().kind(), InvalidNameKind::WrittenByExposition);
        assert_eq!(check_label("method"), Ok(()));
    }
}
