use std::fmt;

use crate::exposition::accept::Range;
use crate::exposition::escaping::Escaping;
use crate::exposition::format::Format;

/// A format with its options: what one scrape is answered with.
///
/// A [`Format`] is a dialect with the defaults of the rest.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_metrics::exposition::{Dialect, Escaping, Format};
///
/// let registry = Registry::new();
/// let dialect = Dialect::negotiate("application/openmetrics-text;version=1.0.0;escaping=values");
/// assert_eq!(dialect, Dialect::new(Format::OpenMetrics).escaping(Escaping::Values));
/// let body = registry.encode_bytes(dialect);
/// assert!(body.ends_with(b"# EOF\n"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub struct Dialect {
    /// The format.
    pub format: Format,
    /// How names are escaped.
    pub escaping: Escaping,
    /// Whether OpenMetrics text has a `_created` sample with the time since when a counter, a histogram or a summary counts.
    ///
    /// Protobuf has the time always, in a field of its own. In text it is one more series for each, which a scraper that does not know
    /// what it is keeps; so it is left away unless asked for. The Prometheus texts never have it.
    pub created: bool,
}

/// The types of all escapings, in the order of [`Escaping`]'s variants.
macro_rules! content_types {
    ($format:literal) => {
        [
            concat!($format, "; escaping=allow-utf-8"),
            concat!($format, "; escaping=underscores"),
            concat!($format, "; escaping=dots"),
            concat!($format, "; escaping=values"),
        ]
    };
}

impl Dialect {
    /// A format with the defaults of the rest: underscores, and no times of creation in text.
    #[must_use]
    pub const fn new(format: Format) -> Self {
        Self { format, escaping: Escaping::Underscores, created: false }
    }

    /// With another escaping of names.
    #[must_use]
    pub const fn escaping(mut self, escaping: Escaping) -> Self {
        self.escaping = escaping;
        self
    }

    /// With [`_created`](Self::created) samples in OpenMetrics text, or without.
    #[must_use]
    pub const fn created(mut self, created: bool) -> Self {
        self.created = created;
        self
    }

    /// The dialect that an `Accept` header prefers; text 0.0.4 if it accepts none of these, as in Prometheus' own libraries.
    ///
    /// Weights (`q`) are honoured; of equal weights the first wins. A format matches by its `version`, or without one;
    /// protobuf only if `proto` and `encoding` are those of delimited `MetricFamily` messages. Without `escaping`, or with one
    /// that is not known, names have underscores.
    ///
    /// # Source
    /// <https://prometheus.io/docs/instrumenting/content_negotiation/>, RFC 9110 section 12.5.1
    ///
    /// ```
    /// use radiosonde_metrics::exposition::Dialect;
    ///
    /// let accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;\
    ///     escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=1.0.0;q=0.5,*/*;q=0.1";
    /// assert_eq!(
    ///     Dialect::negotiate(accept).content_type(),
    ///     "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited; escaping=allow-utf-8",
    /// );
    /// ```
    #[must_use]
    pub fn negotiate(accept: &str) -> Self {
        let mut best = (0, Self::default());
        for range in Range::all(accept) {
            if range.weight > best.0
                && let Some(format) = format_of(&range)
            {
                let escaping = range.parameter("escaping").and_then(Escaping::from_name);
                best = (range.weight, Self::new(format).escaping(escaping.unwrap_or_default()));
            }
        }
        best.1
    }

    /// The `Content-Type` of an answer: with the escaping, but for text 0.0.4 with underscores, which is older than it.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        let types = match (self.format, self.escaping) {
            (Format::Text, Escaping::Underscores) => return "text/plain; version=0.0.4; charset=utf-8",
            (Format::Text, _) => content_types!("text/plain; version=0.0.4; charset=utf-8"),
            (Format::TextV1, _) => content_types!("text/plain; version=1.0.0; charset=utf-8"),
            (Format::OpenMetrics, _) => {
                content_types!("application/openmetrics-text; version=1.0.0; charset=utf-8")
            }
            (Format::Protobuf, _) => content_types!(
                "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"
            ),
        };
        types[self.escaping as usize]
    }
}

/// The format that a media range means, if it is one of ours.
fn format_of(range: &Range<'_>) -> Option<Format> {
    let has = |name, value: &str| range.parameter(name).is_some_and(|own| own.eq_ignore_ascii_case(value));
    match range.parameter("version") {
        None | Some("1.0.0") if range.is("application/openmetrics-text") => Some(Format::OpenMetrics),
        None | Some("0.0.4") if range.is("text/plain") => Some(Format::Text),
        Some("1.0.0") if range.is("text/plain") => Some(Format::TextV1),
        None if range.is("*/*") || range.is("text/*") => Some(Format::Text),
        _ if range.is("application/vnd.google.protobuf")
            && has("proto", "io.prometheus.client.MetricFamily")
            && has("encoding", "delimited") =>
        {
            Some(Format::Protobuf)
        }
        _ => None,
    }
}

impl Format {
    /// The format's `Content-Type` without an escaping.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        Dialect::new(self).content_type()
    }

    /// The format of the dialect that an `Accept` header prefers: see [`Dialect::negotiate`].
    ///
    /// ```
    /// use radiosonde_metrics::exposition::Format;
    ///
    /// let prometheus_3 = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
    ///     application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,\
    ///     text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    /// assert_eq!(Format::negotiate(prometheus_3), Format::OpenMetrics);
    /// assert_eq!(Format::negotiate("text/html, */*;q=0.8"), Format::Text);
    /// ```
    #[must_use]
    pub fn negotiate(accept: &str) -> Self {
        Dialect::negotiate(accept).format
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.content_type())
    }
}

impl From<Format> for Dialect {
    fn from(format: Format) -> Self {
        Self::new(format)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.content_type())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PROTOBUF: &str =
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";

    #[test]
    fn takes_what_the_header_likes_best() {
        let cases = [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", Format::OpenMetrics),
            ("application/openmetrics-text;version=\"1.0.0\"", Format::OpenMetrics),
            ("application/openmetrics-text;version=2.0.0", Format::Text),
            ("application/openmetrics-text;version=0.0.1", Format::Text),
            ("application/openmetrics-text;version=0.0.1,text/plain;version=1.0.0;q=0.1", Format::TextV1),
            ("application/openmetrics-text;q=0", Format::Text),
            ("text/plain;q=0.9, application/openmetrics-text;q=0.8", Format::Text),
            ("text/plain;q=0.5, APPLICATION/OpenMetrics-Text;Q=0.8", Format::OpenMetrics),
            ("application/openmetrics-text;q=nonsense, text/plain;q=0.1", Format::Text),
            ("application/openmetrics-text, text/plain", Format::OpenMetrics),
            ("text/plain, application/openmetrics-text", Format::Text),
            ("text/plain;version=1.0.0", Format::TextV1),
            ("text/plain;version=2.0.0", Format::Text),
            (PROTOBUF, Format::Protobuf),
            (&format!("{PROTOBUF};q=0.4,text/plain;q=0.5"), Format::Text),
            ("application/vnd.google.protobuf", Format::Text),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily", Format::Text),
            (&PROTOBUF.replace("delimited", "text"), Format::Text),
            (&PROTOBUF.replace("MetricFamily", "Metric"), Format::Text),
        ];
        for (accept, format) in cases {
            assert_eq!(Format::negotiate(accept), format, "{accept}");
        }
    }

    #[test]
    fn the_escaping_is_that_of_the_format_that_is_taken_and_is_told() {
        let cases = [
            ("text/plain", "text/plain; version=0.0.4; charset=utf-8"),
            ("text/plain;escaping=dots", "text/plain; version=0.0.4; charset=utf-8; escaping=dots"),
            ("text/plain;version=1.0.0", "text/plain; version=1.0.0; charset=utf-8; escaping=underscores"),
            (
                "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.1,text/plain;q=0",
                "text/plain; version=1.0.0; charset=utf-8; escaping=allow-utf-8",
            ),
            (
                "application/openmetrics-text;escaping=values;q=0.4,text/plain;escaping=dots;q=0.3",
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=values",
            ),
            (
                "application/openmetrics-text;escaping=whatever",
                "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=underscores",
            ),
        ];
        for (accept, content_type) in cases {
            assert_eq!(Dialect::negotiate(accept).content_type(), content_type, "{accept}");
        }
    }

    #[test]
    fn what_is_told_is_what_would_be_asked_for() {
        for format in Format::ALL {
            for escaping in Escaping::ALL {
                let dialect = Dialect::new(format).escaping(escaping);
                assert_eq!(Dialect::negotiate(dialect.content_type()), dialect, "{dialect}");
            }
        }
    }
}
