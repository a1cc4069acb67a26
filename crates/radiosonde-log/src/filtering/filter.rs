use std::fmt;
use std::str::FromStr;

use radiosonde_core::silence::is_silenced;
use tracing_core::{Interest, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

use crate::events::target::is_audit;
use crate::filtering::directive::{Directive, InvalidFilter};

/// Decides which events are logged, by level and target, from the text of `RUST_LOG`.
///
/// # Shape
/// A comma-separated list of `level`, `target=level` and `target`, the last meaning `target=trace`. Levels are `off`,
/// `error`, `warn`, `info`, `debug` and `trace`, in any case, or `0` to `5`. The spellings used in lines are accepted too:
/// `warning` is `warn`, and `critical` and `fatal` are `error`. A target is a prefix, usually of a module path; the longest
/// matching one decides, and the last among equals. Events that match no directive are off. An empty text is the default,
/// `info`.
///
/// A word that cannot be a target is an error, since it would turn everything off: the level name of another system, such as
/// `err` or `none`, a number, and anything with a character other than letters, digits, `_`, `-`, `.` and `::`.
///
/// **Spans stay on** from `info` up whatever the directives, or from [`spans`](Self::spans) up, and below that where a
/// directive enables them: at `warn` a line still has the request id and the trace id of its spans. The same holds at `off`,
/// and for spans of a target that is off: trace context is still propagated, spans are exported and exemplars recorded, and
/// only lines are omitted. Which events are filtered depends on where the filter is used: as the filter of one layer
/// (`layer.with_filter(filter)`) those of that layer, as a layer of its own those of all layers. Events hidden from a trace
/// layer do not become events of their span, and do not mark it as failed.
///
/// **Audit lines stay on**: events at `INFO` or more severe whose target is `radiosonde::audit`, or starts with that and
/// `::`, are logged whatever the directives.
///
/// **[Silenced](radiosonde_core::silence) threads**, such as those that deliver lines, are off, whatever the directives.
///
/// The `Display` of a filter parses back to the same filter, except for [`spans`](Self::spans).
///
/// # Cost
/// For callsites that the filter disables, `tracing` caches the answer: a disabled event costs a comparison with the most
/// verbose level in use, or, if that is `info` because of the spans, a load of the cached answer. An enabled event costs a
/// comparison with each directive, plus the overhead of per-layer filters in `tracing-subscriber`, about 50 ns.
///
/// If all layers share the filter, make it a layer of its own, below them: `registry().with(filter).with(layer)`. Then
/// enabled callsites are cached as well, and the filter costs nothing per event.
///
/// ```
/// use radiosonde_log::LogFilter;
///
/// let filter: LogFilter = "warn,orders=debug".parse()?;
/// assert_eq!(
///     "warn,orders=loud".parse::<LogFilter>().unwrap_err().to_string(),
///     "invalid log filter directive \"orders=loud\": expected a level: off, error, warn, info, debug or trace",
/// );
/// # Ok::<(), radiosonde_log::InvalidFilter>(())
/// ```
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    /// Longest target first, so that the first match decides.
    directives: Vec<Directive>,
    spans: LevelFilter,
}

impl LogFilter {
    /// A filter that passes events of any target up to a level.
    pub fn new(level: LevelFilter) -> Self {
        Self { directives: vec![Directive { target: "".into(), level }], spans: LevelFilter::INFO }
    }

    /// Sets the most verbose level at which spans stay on whatever the directives; default: `INFO`.
    pub fn spans(mut self, level: LevelFilter) -> Self {
        self.spans = level;
        self
    }

    /// These directives, with the span level of another filter.
    pub(crate) fn with_spans_of(mut self, other: &Self) -> Self {
        self.spans = other.spans;
        self
    }

    pub(crate) fn allows(&self, metadata: &Metadata<'_>) -> bool {
        let (target, level) = (metadata.target(), metadata.level());
        // Most filters are one level for everything and need not compare the target.
        let is_meant = |known: &str| known.is_empty() || target.starts_with(known);
        let directive = self.directives.iter().find(|directive| is_meant(&directive.target));
        directive.is_some_and(|directive| *level <= directive.level)
            || metadata.is_span() && *level <= self.spans
            || *level <= LevelFilter::INFO && is_audit(target)
    }

    /// The most verbose level enabled for anything.
    pub(crate) fn hint(&self) -> LevelFilter {
        let events = self.directives.iter().map(|directive| directive.level).max();
        // Audit lines are at INFO and above.
        events.unwrap_or(LevelFilter::OFF).max(self.spans).max(LevelFilter::INFO)
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self::new(LevelFilter::INFO)
    }
}

impl fmt::Display for LogFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The shortest target first, as filters are usually written.
        for (at, Directive { target, level }) in self.directives.iter().rev().enumerate() {
            let comma = if at == 0 { "" } else { "," };
            match &**target {
                "" => write!(f, "{comma}{level}")?,
                target => write!(f, "{comma}{target}={level}")?,
            }
        }
        Ok(())
    }
}

impl<S: Subscriber> Filter<S> for LogFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        !is_silenced() && self.allows(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Not `always`: `enabled` would be skipped, and an unused answer from a `log_enabled!` or `enabled!` about something
        // else would be applied to this event (https://github.com/tokio-rs/tracing/issues/2519).
        if self.allows(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.hint())
    }
}

impl FromStr for LogFilter {
    type Err = InvalidFilter;

    fn from_str(text: &str) -> Result<Self, InvalidFilter> {
        let mut filter = Self { directives: Vec::new(), spans: LevelFilter::INFO };
        for directive in text.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
            let parsed: Directive = directive.parse()?;
            filter.directives.retain(|other| other.target != parsed.target);
            filter.directives.push(parsed);
        }
        if filter.directives.is_empty() {
            return Ok(Self::default());
        }
        filter
            .directives
            .sort_by(|a, b| b.target.len().cmp(&a.target.len()).then_with(|| b.target.cmp(&a.target)));
        Ok(filter)
    }
}
