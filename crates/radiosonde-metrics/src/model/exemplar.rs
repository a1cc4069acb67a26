use std::borrow::Cow;
use std::fmt;
use std::io;
use std::time::SystemTime;

use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};

use crate::model::label_set::LabelSet;
use crate::model::name::{InvalidName, check_label};

/// One observation with the span that made it, or other labels that lead to it: the way from a metric to a trace.
///
/// # Shape
/// The names and values of all its labels are at most [`MAX_CHARS`](Self::MAX_CHARS) characters together. Those of a span are called
/// `trace_id` and `span_id`, 63 characters with their values. Text 0.0.4 has no exemplars.
///
/// # Source
/// OpenMetrics 1.0, "Exemplars": <https://prometheus.io/docs/specs/om/open_metrics_spec/#exemplars>
///
/// ```
/// use radiosonde_core::{SpanContext, SpanId, TraceFlags, TraceId};
/// use radiosonde_metrics::model::Exemplar;
///
/// let context = SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED);
/// let of_a_span = Exemplar::in_span(&context, 0.25);
/// assert_eq!(of_a_span.trace_id(), Some(context.trace_id()));
///
/// let other = Exemplar::new([("order", "4711")], 0.25)?;
/// assert_eq!((other.value(), other.timestamp()), (0.25, None));
/// let too_long = Exemplar::new([("order", "4711".repeat(50).as_str())], 0.25).unwrap_err();
/// assert_eq!(too_long.to_string(), "exemplar labels have 205 characters; expected at most 128");
/// # Ok::<(), radiosonde_metrics::model::InvalidExemplar>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Exemplar {
    span: Option<(TraceId, SpanId)>,
    labels: LabelSet,
    value: f64,
    timestamp: Option<SystemTime>,
}

const TRACE_ID: &str = "trace_id";
const SPAN_ID: &str = "span_id";

impl Exemplar {
    /// How many characters the names and values of all labels may have together.
    pub const MAX_CHARS: usize = 128;

    /// An observation that was made in a span.
    #[must_use]
    pub fn in_span(context: &SpanContext, value: f64) -> Self {
        let span = Some((context.trace_id(), context.span_id()));
        Self { span, labels: LabelSet::default(), value, timestamp: None }
    }

    /// An observation with labels of any names; the first wins where a name stands twice.
    ///
    /// # Errors
    /// [`InvalidExemplar`] if a label's name is refused, or they are too long.
    pub fn new<'a>(
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
        value: f64,
    ) -> Result<Self, InvalidExemplar> {
        Self { span: None, labels: LabelSet::default(), value, timestamp: None }.with_labels(labels)
    }

    /// The exemplar with these labels beside those of its span, instead of any others. A `trace_id` or a `span_id` among them stands for
    /// the span that it had.
    ///
    /// # Errors
    /// [`InvalidExemplar`] if a label's name is refused, or they are too long.
    pub fn with_labels<'a>(
        mut self,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, InvalidExemplar> {
        self.labels = LabelSet::new(labels);
        let mut chars = 0;
        for (name, value) in self.labels.iter() {
            check_label(name).map_err(InvalidExemplar::Name)?;
            chars += name.len() + value.chars().count();
        }
        let (trace, span) = (self.label(TRACE_ID), self.label(SPAN_ID));
        if trace.is_some() || span.is_some() {
            // Ids as we would write them are kept as such, so that an exemplar that has been text is the same as before.
            let trace =
                trace.and_then(|text| TraceId::from_hex(&text).ok().filter(|id| id.to_string() == text));
            let span = span.and_then(|text| SpanId::from_hex(&text).ok().filter(|id| id.to_string() == text));
            self.span = trace.zip(span);
            if self.span.is_some() {
                let rest: Vec<_> =
                    self.labels.iter().filter(|(name, _)| ![TRACE_ID, SPAN_ID].contains(name)).collect();
                self.labels = LabelSet::new(rest.iter().map(|(name, value)| (*name, &**value)));
            }
        } else if self.span.is_some() {
            chars += TRACE_ID.len() + 32 + SPAN_ID.len() + 16;
        }
        if chars > Self::MAX_CHARS {
            return Err(InvalidExemplar::TooLong { chars });
        }
        Ok(self)
    }

    /// The exemplar, observed at this time.
    #[must_use]
    pub const fn at(mut self, timestamp: SystemTime) -> Self {
        self.timestamp = Some(timestamp);
        self
    }

    /// What was observed.
    #[must_use]
    pub const fn value(&self) -> f64 {
        self.value
    }

    /// When it was observed, if that is known; ours are known to the millisecond.
    #[must_use]
    pub const fn timestamp(&self) -> Option<SystemTime> {
        self.timestamp
    }

    /// The trace: that of the span, or one that a label names.
    #[must_use]
    pub fn trace_id(&self) -> Option<TraceId> {
        self.span.map(|(trace, _)| trace).or_else(|| TraceId::from_hex(&self.label(TRACE_ID)?).ok())
    }

    /// The span, or one that a label names.
    #[must_use]
    pub fn span_id(&self) -> Option<SpanId> {
        self.span.map(|(_, span)| span).or_else(|| SpanId::from_hex(&self.label(SPAN_ID)?).ok())
    }

    /// The span that made the observation, as it was current then.
    #[must_use]
    pub fn span_context(&self) -> Option<SpanContext> {
        Some(SpanContext::new(self.trace_id()?, self.span_id()?, TraceFlags::SAMPLED))
    }

    /// The labels that it was given, without those of its span.
    #[must_use]
    pub const fn labels(&self) -> &LabelSet {
        &self.labels
    }

    fn label(&self, name: &str) -> Option<Cow<'_, str>> {
        self.labels.iter().find(|(own, _)| *own == name).map(|(_, value)| value)
    }

    /// Shows the name and the value of every label, those of the span first.
    pub fn each_label(&self, mut see: impl FnMut(&str, &str)) {
        if let Some((trace, span)) = self.span {
            see(TRACE_ID, &trace.to_string());
            see(SPAN_ID, &span.to_string());
        }
        self.labels.iter().for_each(|(name, value)| see(name, &value));
    }

    /// Writes the labels as both text formats have them between the braces.
    pub(crate) fn write_labels(&self, out: &mut impl io::Write) -> io::Result<()> {
        if let Some((trace, span)) = self.span {
            write!(out, "{TRACE_ID}=\"{trace}\",{SPAN_ID}=\"{span}\"")?;
            if !self.labels.is_empty() {
                out.write_all(b",")?;
            }
        }
        out.write_all(self.labels.as_str().as_bytes())
    }
}

/// Labels that make no exemplar.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidExemplar {
    /// A label's name.
    Name(InvalidName),
    /// More than [`Exemplar::MAX_CHARS`] characters in the names and values of all labels, those of the span among them.
    TooLong {
        /// How many there are.
        chars: usize,
    },
}

impl fmt::Display for InvalidExemplar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::TooLong { chars } => {
                write!(f, "exemplar labels have {chars} characters; expected at most {}", Exemplar::MAX_CHARS)
            }
        }
    }
}

impl std::error::Error for InvalidExemplar {}

#[cfg(test)]
mod tests {
    use super::*;

    fn context() -> SpanContext {
        SpanContext::new(TraceId::random(), SpanId::random(), TraceFlags::SAMPLED)
    }

    #[test]
    fn labels_count_in_characters_with_those_of_the_span() {
        let fits = "é".repeat(Exemplar::MAX_CHARS - 1);
        assert!(Exemplar::new([("a", fits.as_str())], 1.0).is_ok());
        let error = Exemplar::new([("ab", fits.as_str())], 1.0).unwrap_err();
        assert_eq!(error, InvalidExemplar::TooLong { chars: 129 });

        let beside = "é".repeat(Exemplar::MAX_CHARS - 63 - 1);
        let in_span = Exemplar::in_span(&context(), 1.0);
        assert!(in_span.clone().with_labels([("a", beside.as_str())]).is_ok());
        assert!(in_span.with_labels([("ab", beside.as_str())]).is_err());
    }

    #[test]
    fn an_exemplar_that_was_text_is_the_same_again() {
        let exemplar = Exemplar::in_span(&context(), 1.0).with_labels([("order", "4711")]).unwrap();
        let mut labels = Vec::new();
        exemplar.each_label(|name, value| labels.push((name.to_owned(), value.to_owned())));
        assert_eq!(labels.len(), 3);
        let again = labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        assert_eq!(Exemplar::new(again, 1.0).unwrap(), exemplar);
        let fits = "x".repeat(Exemplar::MAX_CHARS - 63 - 1);
        let (trace, span) = (context().trace_id().to_string(), context().span_id().to_string());
        let with = |name| Exemplar::new([("trace_id", &*trace), ("span_id", &*span), (name, &*fits)], 1.0);
        assert!(with("a").is_ok() && with("ab").is_err());
    }

    #[test]
    fn reserved_and_bad_names_are_refused() {
        for name in ["le", "__name__", "", "9", "a-b"] {
            let error = Exemplar::new([(name, "x")], 1.0).unwrap_err();
            assert!(matches!(error, InvalidExemplar::Name(_)), "{error}");
        }
    }

    #[test]
    fn ids_among_the_labels_stand_for_the_span() {
        let (own, foreign) = (context(), context());
        let trace = foreign.trace_id().to_string();
        let exemplar = Exemplar::in_span(&own, 1.0).with_labels([("trace_id", trace.as_str())]).unwrap();
        assert_eq!(exemplar.trace_id(), Some(foreign.trace_id()));
        assert_eq!(exemplar.span_id(), None);
        let mut labels = Vec::new();
        exemplar.each_label(|name, value| labels.push(format!("{name}={value}")));
        assert_eq!(labels, [format!("trace_id={trace}")]);
    }
}
