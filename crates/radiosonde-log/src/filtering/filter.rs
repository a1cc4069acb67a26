use std::fmt;
use std::str::FromStr;

use tracing_core::{Interest, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};

/// Which events are logged, by level and target: the text of `RUST_LOG`.
///
/// # Shape
/// A comma-separated list of `level`, `target=level` and `target`, the last meaning `target=trace`. Levels are `off`, `error`,
/// `warn`, `info`, `debug` and `trace`, in any case, or `0` to `5`. A target is a prefix, usually of a module path; of several
/// that match the longest decides, and of equal ones the last. Events that no directive matches are off. An empty text is the
/// default, `info`.
///
/// **Spans stay on** from `info` up whatever the directives say, or from [`spans`](Self::spans) up, and below where a
/// directive enables them: at `warn` a line still carries the request id and the trace id of the spans around it. Only when
/// no event at all is enabled are spans off too.
///
/// # Cost
/// For callsites that it disables `tracing` asks once and remembers the answer: a disabled event costs its comparison with
/// the most verbose level in use, or, where that is `info` because of the spans, the load of the remembered answer. An enabled
/// one costs a comparison with each directive.
///
/// ```
/// use radiosonde_log::LogFilter;
///
/// let filter: LogFilter = "warn,orders=debug".parse()?;
/// assert_eq!(
///     "warn,orders=loud".parse::<LogFilter>().unwrap_err().to_string(),
///     "log filter directive \"orders=loud\" has an unknown level; allowed are off, error, warn, info, debug and trace",
/// );
/// # Ok::<(), radiosonde_log::InvalidFilter>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogFilter {
    /// Longest target first, so that the first match decides.
    directives: Vec<Directive>,
    spans: LevelFilter,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Directive {
    target: Box<str>,
    level: LevelFilter,
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

    fn allows(&self, metadata: &Metadata<'_>) -> bool {
        let (target, level) = (metadata.target(), metadata.level());
        let directive = self.directives.iter().find(|directive| target.starts_with(&*directive.target));
        directive.is_some_and(|directive| *level <= directive.level)
            || metadata.is_span() && *level <= self.spans && self.most_verbose() > LevelFilter::OFF
    }

    /// The most verbose level of events.
    fn most_verbose(&self) -> LevelFilter {
        self.directives.iter().map(|directive| directive.level).max().unwrap_or(LevelFilter::OFF)
    }
}

impl Default for LogFilter {
    fn default() -> Self {
        Self::new(LevelFilter::INFO)
    }
}

impl<S: Subscriber> Filter<S> for LogFilter {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.allows(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        // Not `always`: then `enabled` would be skipped, and an answer that nobody picked up, of a `log_enabled!` or `enabled!`
        // about something else, would be taken for this event's (https://github.com/tokio-rs/tracing/issues/2519).
        if self.allows(metadata) { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        match self.most_verbose() {
            LevelFilter::OFF => Some(LevelFilter::OFF),
            events => Some(events.max(self.spans)),
        }
    }
}

impl FromStr for LogFilter {
    type Err = InvalidFilter;

    fn from_str(text: &str) -> Result<Self, InvalidFilter> {
        let mut filter = Self { directives: Vec::new(), spans: LevelFilter::INFO };
        for directive in text.split(',').map(str::trim).filter(|directive| !directive.is_empty()) {
            let parsed =
                parse(directive).map_err(|kind| InvalidFilter { directive: directive.into(), kind })?;
            filter.directives.retain(|other| other.target != parsed.target);
            filter.directives.push(parsed);
        }
        if filter.directives.is_empty() {
            return Ok(Self::default());
        }
        filter.directives.sort_by_key(|directive| std::cmp::Reverse(directive.target.len()));
        Ok(filter)
    }
}

fn parse(directive: &str) -> Result<Directive, InvalidFilterKind> {
    if directive.contains(['[', ']', '{', '}', '/']) {
        return Err(InvalidFilterKind::Unsupported);
    }
    let (target, level) = match directive.split_once('=') {
        None => match directive.parse() {
            Ok(level) => ("", level),
            Err(_) => (directive, LevelFilter::TRACE),
        },
        Some((target, level)) => (target.trim(), level.trim().parse().map_err(|_| InvalidFilterKind::Level)?),
    };
    // An empty level would parse as `error`, and an empty target as all of them.
    if directive.ends_with('=') {
        return Err(InvalidFilterKind::Level);
    }
    if directive.starts_with('=') || target.contains(char::is_whitespace) {
        return Err(InvalidFilterKind::Target);
    }
    Ok(Directive { target: target.into(), level })
}

/// A directive of a log filter that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidFilter {
    directive: Box<str>,
    kind: InvalidFilterKind,
}

/// Why a directive cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum InvalidFilterKind {
    /// What stands after `=` is no level.
    Level,
    /// The target is empty or has a space in it.
    Target,
    /// It filters by span, field or text, which needs another filter.
    Unsupported,
}

impl InvalidFilter {
    /// The directive as it was given.
    #[must_use]
    pub fn directive(&self) -> &str {
        &self.directive
    }

    /// Why it was refused.
    #[must_use]
    pub const fn kind(&self) -> InvalidFilterKind {
        self.kind
    }
}

impl fmt::Display for InvalidFilter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let why = match self.kind {
            InvalidFilterKind::Level => {
                "has an unknown level; allowed are off, error, warn, info, debug and trace"
            }
            InvalidFilterKind::Target => "has no target; allowed are `level`, `target=level` and `target`",
            InvalidFilterKind::Unsupported => {
                "filters by span, field or text; allowed are `level`, `target=level` and `target`"
            }
        };
        write!(f, "log filter directive {:?} {why}", self.directive)
    }
}

impl std::error::Error for InvalidFilter {}
