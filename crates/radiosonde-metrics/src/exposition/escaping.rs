use std::borrow::Cow;
use std::fmt;
use std::fmt::Write as _;

use crate::model::kind::Kind;
use crate::model::name::check_metric_name;

/// How names are escaped for a scraper that does not accept every name.
///
/// Closed: these four are Prometheus' own.
///
/// The names of this crate's metrics and labels are of the alphabet that all scrapers take, so of these only [`Dots`](Self::Dots)
/// changes any, by doubling their underscores.
///
/// # Source
/// <https://prometheus.io/docs/instrumenting/escaping_schemes/>, `EscapeName` in
/// <https://github.com/prometheus/common/blob/main/model/metric.go>
///
/// ```
/// use radiosonde_metrics::exposition::Escaping;
///
/// assert_eq!(Escaping::Underscores.escape("http.requests_total"), "http_requests_total");
/// assert_eq!(Escaping::Dots.escape("http.requests_total"), "http_dot_requests__total");
/// assert_eq!(Escaping::Values.escape("http.requests_total"), "U__http_2e_requests__total");
/// assert_eq!(Escaping::Values.escape("http_requests_total"), "http_requests_total");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Escaping {
    /// `allow-utf-8`: as it is.
    AllowUtf8,
    /// `underscores`: an underscore in place of every character that is not of the alphabet. Applies where a scraper does not ask for any.
    #[default]
    Underscores,
    /// `dots`: so that dots and underscores come back, and no other character does.
    Dots,
    /// `values`: a name that is not of the alphabet begins with `U__`, and has the characters' numbers in it.
    Values,
}

impl Escaping {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::AllowUtf8, Self::Underscores, Self::Dots, Self::Values];

    /// The scheme's name in `Accept` and `Content-Type`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AllowUtf8 => "allow-utf-8",
            Self::Underscores => "underscores",
            Self::Dots => "dots",
            Self::Values => "values",
        }
    }

    /// The scheme of this name, in letters of any case; `None` for any other.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|scheme| scheme.as_str().eq_ignore_ascii_case(name))
    }

    /// The name of a metric or of a label, as it is written.
    #[must_use]
    pub fn escape(self, name: &str) -> Cow<'_, str> {
        let changes_none = match self {
            Self::AllowUtf8 => true,
            Self::Underscores | Self::Values => name.is_empty() || check_metric_name(name).is_ok(),
            Self::Dots => name.bytes().all(|byte| byte.is_ascii_alphabetic() || byte == b':'),
        };
        if changes_none {
            return Cow::Borrowed(name);
        }
        let mut out = String::with_capacity(name.len() * 2);
        if self == Self::Values {
            out.push_str("U__");
        }
        for (at, c) in name.char_indices() {
            let plain = c.is_ascii_alphabetic() || c == ':' || (c.is_ascii_digit() && at > 0);
            match self {
                _ if plain => out.push(c),
                Self::AllowUtf8 | Self::Underscores => out.push('_'),
                Self::Dots if c == '.' => out.push_str("_dot_"),
                Self::Values if c != '_' => _ = write!(out, "_{:x}_", u32::from(c)),
                Self::Dots | Self::Values => out.push_str("__"),
            }
        }
        Cow::Owned(out)
    }
}

/// Whether a family's name, as it is written, still ends in its unit: Prometheus refuses a scrape in which one does not, and `dots`
/// doubles the underscores of a unit that has some.
pub(crate) fn has_unit(name: &str, kind: Kind, unit: &str) -> bool {
    // OpenMetrics has no units for these.
    if matches!(kind, Kind::Info | Kind::StateSet) {
        return false;
    }
    let base = name.strip_suffix(kind.suffix()).unwrap_or(name);
    base.strip_suffix(unit).is_some_and(|base| base.ends_with('_'))
}

impl fmt::Display for Escaping {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Name, with underscores, with dots, with values.
    ///
    /// Source: `TestEscapeName` in <https://github.com/prometheus/common/blob/main/model/metric_test.go>
    const VECTORS: [[&str; 4]; 8] = [
        ["", "", "", ""],
        ["no:escaping_required", "no:escaping_required", "no:escaping__required", "no:escaping_required"],
        [
            "mysystem.prod.west.cpu.load",
            "mysystem_prod_west_cpu_load",
            "mysystem_dot_prod_dot_west_dot_cpu_dot_load",
            "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load",
        ],
        [
            "mysystem.prod.west.cpu.load_total",
            "mysystem_prod_west_cpu_load_total",
            "mysystem_dot_prod_dot_west_dot_cpu_dot_load__total",
            "U__mysystem_2e_prod_2e_west_2e_cpu_2e_load__total",
        ],
        ["http.status:sum", "http_status:sum", "http_dot_status:sum", "U__http_2e_status:sum"],
        ["label with 😱", "label_with__", "label__with____", "U__label_20_with_20__1f631_"],
        ["花火", "__", "____", "U___82b1__706b_"],
        ["label with \u{100}", "label_with__", "label__with____", "U__label_20_with_20__100_"],
    ];

    #[test]
    fn names_are_escaped_as_prometheus_does() {
        for [name, underscores, dots, values] in VECTORS {
            assert_eq!(Escaping::AllowUtf8.escape(name), name);
            assert_eq!(Escaping::Underscores.escape(name), underscores);
            assert_eq!(Escaping::Dots.escape(name), dots);
            assert_eq!(Escaping::Values.escape(name), values);
        }
        assert_eq!(Escaping::Underscores.escape("9lives"), "_lives");
        assert_eq!(Escaping::Dots.escape("a9_"), "a9__");
    }

    #[test]
    fn every_scheme_has_its_name() {
        for scheme in Escaping::ALL {
            assert_eq!(Escaping::from_name(scheme.as_str()), Some(scheme));
        }
        assert_eq!(Escaping::from_name("DOTS"), Some(Escaping::Dots));
        assert_eq!(Escaping::from_name("dot"), None);
        assert_eq!(Escaping::default().as_str(), "underscores");
    }

    #[test]
    fn infos_and_state_sets_have_no_unit() {
        assert!(has_unit("wait_seconds", Kind::Gauge, "seconds"));
        assert!(!has_unit("up_seconds_info", Kind::Info, "seconds"));
        assert!(!has_unit("mode_seconds", Kind::StateSet, "seconds"));
    }
}
