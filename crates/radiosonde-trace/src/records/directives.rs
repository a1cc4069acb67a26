use crate::spans::finished_span::SpanKind;

/// Larger buffers are freed.
const KEEP_BYTES: usize = 1024;

/// What the fields `otel.*` say about a span: they are not attributes.
#[derive(Debug, Default)]
pub(crate) struct Directives {
    /// A text buffer that is kept, hence not an `Option`.
    name: String,
    has_name: bool,
    pub(crate) kind: Option<SpanKind>,
    status: StatusCode,
    description: String,
    /// Keeps the trace, whatever the sampler decided.
    pub(crate) keep: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum StatusCode {
    #[default]
    Unset,
    Error,
    Ok,
}

impl Directives {
    pub(crate) fn clear(&mut self) {
        for text in [&mut self.name, &mut self.description] {
            text.clear();
            text.shrink_to(KEEP_BYTES);
        }
        (self.has_name, self.kind, self.status, self.keep) = (false, None, StatusCode::Unset, false);
    }

    pub(crate) fn name(&self) -> Option<&str> {
        self.has_name.then_some(self.name.as_str())
    }

    pub(crate) fn set_name(&mut self, name: &str) {
        self.name.clear();
        self.name.push_str(name);
        self.has_name = true;
    }

    /// In any case: tracing-opentelemetry's users write `server`, the specification `SERVER`.
    pub(crate) fn set_kind(&mut self, kind: &str) {
        let kinds = [
            ("internal", SpanKind::Internal),
            ("server", SpanKind::Server),
            ("client", SpanKind::Client),
            ("producer", SpanKind::Producer),
            ("consumer", SpanKind::Consumer),
        ];
        if let Some((_, kind)) = kinds.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(kind)) {
            self.kind = Some(kind);
        }
    }

    pub(crate) fn set_status_code(&mut self, code: &str) {
        if code.eq_ignore_ascii_case("ok") {
            self.set_status(StatusCode::Ok);
        } else if code.eq_ignore_ascii_case("error") {
            self.set_status(StatusCode::Error);
        }
    }

    /// The last status wins, but `Ok` is final.
    ///
    /// Source: <https://opentelemetry.io/docs/specs/otel/trace/api/#set-status>
    pub(crate) fn set_status(&mut self, status: StatusCode) {
        self.status = self.status.max_by_rule(status);
    }

    pub(crate) fn set_description(&mut self, description: &str) {
        self.description.clear();
        self.description.push_str(description);
    }

    /// `otel.status_description`: only failures have one.
    pub(crate) fn fail(&mut self, description: &str) {
        self.set_status(StatusCode::Error);
        self.set_description(description);
    }

    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) const fn description(&self) -> &str {
        self.description.as_str()
    }

    /// Marks the span as failed by an event, unless its status is set. The description is the event's error, if it has one.
    pub(crate) fn fail_by_event(&mut self, error: &str) {
        if self.status == StatusCode::Unset {
            self.status = StatusCode::Error;
        }
        if self.status == StatusCode::Error && self.description.is_empty() {
            self.description.push_str(error);
        }
    }

    /// Adds directives that were given later.
    pub(crate) fn merge(&mut self, newer: &Self) {
        if let Some(name) = newer.name() {
            self.set_name(name);
        }
        if !newer.description.is_empty() {
            self.set_description(&newer.description);
        }
        self.kind = newer.kind.or(self.kind);
        self.keep |= newer.keep;
        self.set_status(newer.status);
    }
}

impl StatusCode {
    const fn max_by_rule(self, newer: Self) -> Self {
        match (self, newer) {
            (Self::Ok, _) => Self::Ok,
            (before, Self::Unset) => before,
            (_, newer) => newer,
        }
    }
}
