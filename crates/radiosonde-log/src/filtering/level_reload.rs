use std::sync::Arc;
use std::time::Duration;
use std::{fmt, io};

use radiosonde_core::{SharedClock, SystemClock};
use radiosonde_metrics::{RegisterError, Registry};
use tracing::Span;

use crate::filtering::audit::{Audit, Kind};
use crate::filtering::directive::InvalidFilter;
use crate::filtering::filter::LogFilter;
use crate::filtering::filter_metrics::FilterMetrics;
use crate::filtering::levels::Levels;
use crate::filtering::reload_filter::ReloadFilter;
use crate::filtering::reload_state::ReloadState;

/// Changes the log filter while the program runs, permanently or for a limited time.
///
/// # Shape
/// There is a default filter, a permanent one (the default until another is [`set`](Self::set)), and at most one temporary
/// filter ([`set_for`](Self::set_for)), which replaces any earlier one. When it expires, the permanent filter is in force
/// again. That needs neither traffic nor a runtime: a thread exists for as long as a filter may expire.
///
/// Each change and each expiry writes one line: target `radiosonde::audit`, level `INFO`, with `from`, `to`, `ttl_s`
/// (seconds, if it expires) and `by` under `metadata`, in the span in which the change was made. No filter turns it off.
///
/// # Cost
/// A change asks every callsite of the program again, and returns once that is done, or after a second. A second later all
/// are asked once more, since a callsite that is first hit at that very moment may get the old answer. Not for the hot path.
/// Handles are cheap clones.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use radiosonde_log::{JsonLayer, LevelReload, LogFilter};
/// use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
///
/// let (filter, reload) = LevelReload::new("info".parse::<LogFilter>()?);
/// let layer = JsonLayer::builder(&radiosonde_core::Resource::new("orders")).build()?;
/// let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
/// # tracing::subscriber::with_default(subscriber, || {
/// // In a program: tracing::subscriber::set_global_default(subscriber)
/// reload.by("ann").set_for("info,orders=debug", Duration::from_secs(600))?;
/// assert_eq!(reload.current().to_string(), "info,orders=debug");
/// reload.reset()?;
/// assert_eq!(reload.current().to_string(), "info");
/// assert!(reload.set("orders=loud").is_err());
/// # Ok::<(), radiosonde_log::ReloadError>(())
/// # })?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone)]
pub struct LevelReload {
    state: Arc<ReloadState>,
    by: Arc<str>,
}

/// The longest name, in characters, shown in audit lines.
const NAME: usize = 128;

impl LevelReload {
    /// Creates a filter that starts as `default`, and its reload handle. Changes are counted in [`Registry::global`].
    ///
    /// Never fails: if that registry has other metrics with these names, the conflict is reported to
    /// [`diagnostics`](radiosonde_core::diagnostics), and nothing is counted. [`LevelReloadBuilder::build`] returns it as an error.
    #[must_use]
    pub fn new(default: LogFilter) -> (ReloadFilter, Self) {
        Self::builder(default).assemble(FilterMetrics::in_global_registry())
    }

    /// Builds a reload with further options.
    pub fn builder(default: LogFilter) -> LevelReloadBuilder {
        LevelReloadBuilder {
            default,
            clock: Arc::new(SystemClock),
            registry: None,
            hold: Duration::from_secs(5),
        }
    }

    /// The same handle, whose changes are audited with the name `who`, up to 128 characters; default: `code`.
    #[must_use]
    pub fn by(&self, who: &str) -> Self {
        let by = match who.char_indices().nth(NAME) {
            Some((end, _)) => &who[..end],
            None => who,
        };
        Self { state: Arc::clone(&self.state), by: by.into() }
    }

    /// Sets the permanent filter from directives, which have the form of `RUST_LOG`.
    ///
    /// # Errors
    /// [`ReloadError`]; the filter is then unchanged.
    pub fn set(&self, directives: &str) -> Result<(), ReloadError> {
        self.change(directives, None)
    }

    /// Sets a temporary filter, after whose `ttl` the permanent one is in force again.
    ///
    /// # Errors
    /// [`ReloadError`]; the filter is then unchanged.
    pub fn set_for(&self, directives: &str, ttl: Duration) -> Result<(), ReloadError> {
        if ttl.is_zero() {
            return Err(ReloadError::Ttl);
        }
        self.change(directives, Some(ttl))
    }

    fn change(&self, directives: &str, ttl: Option<Duration>) -> Result<(), ReloadError> {
        let filter: LogFilter = directives.parse().map_err(ReloadError::Filter)?;
        let edit = |levels: &mut Levels, now: Duration| {
            let filter = filter.with_spans_of(levels.default_filter());
            levels.set(filter, ttl.map(|ttl| now.saturating_add(ttl)))
        };
        let span = self.span();
        self.state
            .change(edit, |change| Audit::new(Kind::Set, change, ttl, Arc::clone(&self.by), span))
            .map_err(ReloadError::Thread)
    }

    /// Makes the default filter the permanent one again.
    ///
    /// # Errors
    /// [`ReloadError::Thread`]; the filter is then unchanged.
    pub fn reset(&self) -> Result<(), ReloadError> {
        let span = self.span();
        self.state
            .change(
                |levels, _| levels.reset(),
                |change| Audit::new(Kind::Reset, change, None, Arc::clone(&self.by), span),
            )
            .map_err(ReloadError::Thread)
    }

    /// The filter in force.
    pub fn current(&self) -> LogFilter {
        self.state.read(|levels, _| levels.current().clone())
    }

    /// The initial filter.
    pub fn default_filter(&self) -> LogFilter {
        self.state.read(|levels, _| levels.default_filter().clone())
    }

    /// The time until the current filter expires; `None` if it is permanent.
    #[must_use]
    pub fn expires_in(&self) -> Option<Duration> {
        self.state.read(|levels, now| levels.ends().map(|ends| ends.saturating_sub(now)))
    }

    /// [`current`](Self::current), [`default_filter`](Self::default_filter) and [`expires_in`](Self::expires_in), read at
    /// one moment.
    pub fn snapshot(&self) -> (LogFilter, LogFilter, Option<Duration>) {
        self.state.read(|levels, now| {
            let ends = levels.ends().map(|ends| ends.saturating_sub(now));
            (levels.current().clone(), levels.default_filter().clone(), ends)
        })
    }

    /// The current span, if it belongs to the filter's subscriber.
    fn span(&self) -> Span {
        let span = Span::current();
        let is_own = span.with_subscriber(|(_, dispatch)| ReloadFilter::is_in(dispatch, &self.state));
        if is_own == Some(true) { span } else { Span::none() }
    }
}

/// Builds a [`LevelReload`].
#[must_use]
#[derive(Debug)]
pub struct LevelReloadBuilder {
    default: LogFilter,
    clock: SharedClock,
    registry: Option<Registry>,
    hold: Duration,
}

impl LevelReloadBuilder {
    /// Sets the registry for `radiosonde_log_level_changes_total{kind}`, `radiosonde_log_filter_rebuilds_total` and
    /// `radiosonde_log_level_overrides_total{outcome}`; default: [`Registry::global`].
    pub fn registry(mut self, registry: &Registry) -> Self {
        self.registry = Some(registry.clone());
        self
    }

    /// Sets how long callsites stay enabled after the last level override, so that a sequence of such spans does not rebuild
    /// the interest of all callsites for each; default: five seconds. They are rebuilt at most twice in this time for each
    /// level, and once more a second after the last change.
    pub fn hold(mut self, hold: Duration) -> Self {
        self.hold = hold;
        self
    }

    /// Sets the clock by which filters expire; default: the system's.
    pub fn clock(mut self, clock: SharedClock) -> Self {
        self.clock = clock;
        self
    }

    /// Builds the filter and its reload handle.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn build(self) -> Result<(ReloadFilter, LevelReload), RegisterError> {
        let metrics = FilterMetrics::new(self.registry.as_ref().unwrap_or_else(|| Registry::global()))?;
        Ok(self.assemble(metrics))
    }

    fn assemble(self, metrics: FilterMetrics) -> (ReloadFilter, LevelReload) {
        let levels = Levels::new(self.default, self.hold);
        let state = Arc::new(ReloadState::new(levels, self.clock, metrics));
        (ReloadFilter::new(Arc::clone(&state)), LevelReload { state, by: "code".into() })
    }
}

/// The levels could not be changed.
#[derive(Debug)]
#[non_exhaustive]
pub enum ReloadError {
    /// A directive is malformed.
    Filter(InvalidFilter),
    /// The time to live is zero.
    Ttl,
    /// The thread that applies and reverts changes could not be started.
    Thread(io::Error),
}

impl fmt::Display for ReloadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(invalid) => fmt::Display::fmt(invalid, f),
            Self::Ttl => f.write_str("invalid time to live 0s: expected a longer time"),
            Self::Thread(_) => f.write_str("cannot start the thread that changes log levels"),
        }
    }
}

impl std::error::Error for ReloadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread(error) => Some(error),
            Self::Filter(_) | Self::Ttl => None,
        }
    }
}
