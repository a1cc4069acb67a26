use std::borrow::Cow;

/// What the names of one side's metrics are made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MetricNames {
    pub(crate) prefix: Cow<'static, str>,
    pub(crate) requests: Option<Cow<'static, str>>,
    pub(crate) duration: Option<Cow<'static, str>>,
    /// Of a server only.
    pub(crate) errors: Option<Cow<'static, str>>,
    /// The label with the endpoint or the server.
    pub(crate) label: Cow<'static, str>,
    pub(crate) is_otel: bool,
}

impl MetricNames {
    pub(crate) const fn new(prefix: &'static str, label: &'static str, is_otel: bool) -> Self {
        let (prefix, label) = (Cow::Borrowed(prefix), Cow::Borrowed(label));
        Self { prefix, requests: None, duration: None, errors: None, label, is_otel }
    }

    /// The name of the counter; `None` if the histogram's count is enough.
    pub(crate) fn counter(&self) -> Option<String> {
        let default = (!self.is_otel).then(|| self.with("_requests_total"));
        self.requests.as_ref().map(ToString::to_string).or(default)
    }

    pub(crate) fn histogram(&self) -> String {
        self.duration.as_ref().map_or_else(|| self.with("_request_duration_seconds"), ToString::to_string)
    }

    pub(crate) fn with(&self, suffix: &str) -> String {
        format!("{}{suffix}", self.prefix)
    }
}
