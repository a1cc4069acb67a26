use std::fmt;

use crate::Dialect;

/// A format in which a registry is exposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// Prometheus text 0.0.4: what everything reads. No exemplars.
    #[default]
    Text,
    /// Prometheus text 1.0.0: as 0.0.4, for scrapers that say how they want names to be escaped.
    TextV1,
    /// OpenMetrics 1.0: with exemplars, units and a mark at the end.
    OpenMetrics,
    /// Prometheus' protocol buffers, each family preceded by its length: the only one with native histograms. Has exemplars, units and
    /// times of creation too.
    Protobuf,
}

impl Format {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Text, Self::TextV1, Self::OpenMetrics, Self::Protobuf];

    /// The format's `Content-Type`, where nothing was said of escaping.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        Dialect::new(self).content_type()
    }

    /// The format of the dialect that an `Accept` header likes best: see [`Dialect::negotiate`].
    ///
    /// ```
    /// use radiosonde_metrics::Format;
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
