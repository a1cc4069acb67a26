use std::fmt;

/// A format in which a registry is exposed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Format {
    /// Prometheus text 0.0.4: what everything reads. No exemplars.
    #[default]
    Text,
    /// OpenMetrics 1.0: with exemplars, units and a mark at the end.
    OpenMetrics,
}

impl Format {
    /// The format's `Content-Type`.
    #[must_use]
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; version=0.0.4; charset=utf-8",
            Self::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
        }
    }

    /// The format that an `Accept` header likes best; [`Text`](Self::Text) if it likes none of ours, as Prometheus' own
    /// libraries answer.
    ///
    /// Weights (`q`) are honoured; between equal weights the one named first wins.
    ///
    /// # Source
    /// <https://prometheus.io/docs/instrumenting/content_negotiation/>, RFC 9110 section 12.5.1
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
        let mut best = (0, Self::Text);
        for range in accept.split(',') {
            if let Some((weight, format)) = read_range(range)
                && weight > best.0
            {
                best = (weight, format);
            }
        }
        best.1
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.content_type())
    }
}

/// Weight in thousandths and format of one media range, if it is one of ours.
fn read_range(range: &str) -> Option<(u16, Format)> {
    let mut parts = range.split(';').map(str::trim);
    let media = parts.next()?;
    let (mut weight, mut version) = (1000, None);
    for (name, value) in parts.filter_map(|part| part.split_once('=')) {
        let value = value.trim().trim_matches('"');
        match name.trim() {
            name if name.eq_ignore_ascii_case("q") => weight = read_weight(value)?,
            name if name.eq_ignore_ascii_case("version") => version = Some(value),
            _ => {}
        }
    }
    let is = |name: &str| media.eq_ignore_ascii_case(name);
    let format = match version {
        None | Some("1.0.0") if is("application/openmetrics-text") => Format::OpenMetrics,
        None | Some("0.0.4") if is("text/plain") => Format::Text,
        None if is("*/*") || is("text/*") => Format::Text,
        _ => return None,
    };
    Some((weight, format))
}

/// `0`, `1` or a decimal in between with at most three places.
pub(crate) fn read_weight(text: &str) -> Option<u16> {
    let (whole, places) = text.split_once('.').unwrap_or((text, ""));
    if places.len() > 3 || !places.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{places:0<3}").parse::<u16>().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_the_header_likes_best() {
        let cases = [
            ("", Format::Text),
            ("*/*", Format::Text),
            ("application/openmetrics-text", Format::OpenMetrics),
            ("application/openmetrics-text; version=1.0.0; charset=utf-8", Format::OpenMetrics),
            ("application/openmetrics-text;version=\"1.0.0\"", Format::OpenMetrics),
            ("application/openmetrics-text;version=2.0.0", Format::Text),
            ("application/openmetrics-text;q=0", Format::Text),
            ("text/plain;q=0.9, application/openmetrics-text;q=0.8", Format::Text),
            ("text/plain;q=0.5, APPLICATION/OpenMetrics-Text;Q=0.8", Format::OpenMetrics),
            ("application/openmetrics-text;q=nonsense, text/plain;q=0.1", Format::Text),
            ("application/openmetrics-text, text/plain", Format::OpenMetrics),
            ("text/plain, application/openmetrics-text", Format::Text),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily", Format::Text),
        ];
        for (accept, format) in cases {
            assert_eq!(Format::negotiate(accept), format, "{accept}");
        }
    }
}
