use std::fmt;
use std::str::FromStr;

use radiosonde_core::silence::is_silenced;
use tracing_core::{Interest, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

use crate::events::target::is_audit;
use crate::filtering::directive::{Directive, InvalidFilter};

/// Which events are logged, by level and target: the text of `RUST_LOG`.
///
/// # Shape
/// A comma-separated list of `level`, `target=level` and `target`, the last meaning `target=trace`. Levels are `off`, `error`,
/// `warn`, `info`, `debug` and `trace`, in any case, or `0` to `5`; the names that lines may have for them are understood, too:
/// `warning` is `warn`, and `critical` and `fatal` are `error`. A target is a prefix, usually of a module path; of several that
/// match the longest decides, and of equal ones the last. Events that no directive matches are off. An empty text is the
/// default, `info`.
///
/// A word that no target can be is refused, as it would turn everything off: the level name of another system, such as `err` or
/// `none`, a number, and anything with a character other than letters, digits, `_`, `-`, `.` and `::`.
///
/// **Spans stay on** from `info` up whatever the directives say, or from [`spans`](Self::spans) up, and below where a
/// directive enables them: at `warn` a line still carries the request id and the trace id of the spans around it. So it is at
/// `off`, and for spans of a target that is off: trace context still crosses, spans are exported and exemplars taken, and only
/// lines are left out. What the filter is the filter of decides what it keeps out: as the filter of one layer
/// (`layer.with_filter(filter)`) the events of that layer, as a layer of its own those of all layers. Events that are kept from a
/// trace layer do not become events of their span, and do not mark it as failed.
///
/// **Audit lines stay on**: events of `INFO` and graver whose target is `radiosonde::audit`, or starts with that and `::`, are logged
/// whatever the directives say.
///
/// **[Silenced](radiosonde_core::silence) threads**, such as those that deliver lines, are off, whatever the directives say.
///
/// Written out (`Display`), a filter is a text that reads back as itself, but for [`spans`](Self::spans).
///
/// # Cost
/// For callsites that it disables `tracing` asks once and remembers the answer: a disabled event costs its comparison with
/// the most verbose level in use, or, where that is `info` because of the spans, the load of the remembered answer. An enabled
/// one costs a comparison with each directive, and what `tracing-subscriber` takes for filters of single layers, about 50 ns.
///
/// Where all layers share the filter, make it a layer of its own, below them: `registry().with(filter).with(layer)`. Then enabled
/// callsites are remembered as well, and events cost no question at all.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    /// Longest target first, so that the first match decides.
    directives: Vec<Directive>,
    spans: LevelFilter,
}

impl LogFilter {
    /// A filter that lets events of any target up to a level pass.
    #[must_use]
    pub fn new(level: LevelFilter) -> Self {
        Self { directives: vec![Directive { target: "".into(), level }], spans: LevelFilter::INFO }
    }

    /// Up to which level spans stay on whatever the directives say; by default `INFO`.
    #[must_use]
    pub fn spans(mut self, level: LevelFilter) -> Self {
        self.spans = level;
        self
    }

    /// These directives, with spans as in another filter.
    pub(crate) fn with_spans_of(mut self, other: &Self) -> Self {
        self.spans = other.spans;
        self
    }

    pub(crate) fn allows(&self, metadata: &Metadata<'_>) -> bool {
        let (target, level) = (metadata.target(), metadata.level());
        // Most filters are one level for everything, which needs no look at the target.
        let is_meant = |known: &str| known.is_empty() || target.starts_with(known);
        let directive = self.directives.iter().find(|directive| is_meant(&directive.target));
        directive.is_some_and(|directive| *level <= directive.level)
            || metadata.is_span() && *level <= self.spans
            || *level <= LevelFilter::INFO && is_audit(target)
    }

    /// The most verbose level of anything.
    pub(crate) fn hint(&self) -> LevelFilter {
        let events = self.directives.iter().map(|directive| directive.level).max();
        // Audit lines go up to INFO.
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
        // The shortest target first, as people write it.
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
        // Not `always`: then `enabled` would be skipped, and an answer that nobody picked up, of a `log_enabled!` or `enabled!`
        // about something else, would be taken for this event's (https://github.com/tokio-rs/tracing/issues/2519).
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
