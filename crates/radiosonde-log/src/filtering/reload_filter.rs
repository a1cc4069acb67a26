use std::sync::Arc;

use radiosonde_core::silence::is_silenced;
use tracing_core::dispatcher::Dispatch;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Interest, Level, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::filtering::level_override::{Asked, LevelOverrides, asked_by_record, asked_by_span};
use crate::filtering::reload_state::ReloadState;

/// A [`LogFilter`](crate::LogFilter) that a [`LevelReload`](crate::LevelReload) changes while the program runs, and that
/// single spans may open up.
///
/// # Shape
/// Lets through what the filter in force lets through, and within a span with a **level override** what that span asks for, too.
/// `radiosonde.log = "debug"` on a span, when it is made or recorded later, asks for everything up to `DEBUG` in that span and in
/// the spans within it, whatever their targets; expected is `error`, `warn`, `info`, `debug` or `trace`, by any of the names that
/// a [`LogFilter`](crate::LogFilter) takes. The field is no part of any line. It counts on spans that are on, so put it on one of `INFO`, `WARN` or `ERROR`. Which span an event is in is told by the
/// thread that it happens on: the one that was entered last, also where the event names another as `parent:`.
///
/// `radiosonde-tower` sets the field for requests with a signed header.
///
/// # Cost
/// That of the filter, and a load of the pointer to it. A callsite that nothing enables is asked once and remembered, as with the
/// filter alone. Level overrides change that while one is open and for some seconds after (five, unless the builder says
/// otherwise): every callsite up to their level is then asked each time, and its
/// arguments are made, wherever it is. The first one waits until all callsites have been
/// asked anew, and never longer than a second; those that follow within these seconds do not.
///
/// As the filter of a layer (`layer.with_filter(filter)`) it costs what `tracing-subscriber` takes for such filters, about 50 ns for
/// each event and more for a span. Where all layers share it, make it a layer of its own, below them: then an enabled callsite is
/// remembered as well, and nothing is asked.
///
/// # Limits
/// Clones are one filter. Give it to layers of one subscriber. As a part of other filters (`filter.and(..)`, `Box<dyn Filter<S>>`),
/// as the second such filter of a subscriber, and without a [`JsonLayer`](crate::JsonLayer) in it, it works if that subscriber is
/// the global one.
///
/// # Examples
/// ```
/// use radiosonde_log::{Format, JsonLayer, LevelReload, LogFilter, Writer};
/// use radiosonde_testkit::SharedBuffer;
/// use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
///
/// let lines = SharedBuffer::new();
/// let (filter, reload) = LevelReload::new(LogFilter::default());
/// let layer = JsonLayer::builder(&radiosonde_core::Resource::new("orders"))
///     .format(Format::Json)
///     .writer(Writer::new("memory", lines.clone()))
///     .build()?;
/// tracing::subscriber::with_default(tracing_subscriber::registry().with(layer.with_filter(filter)), || {
///     tracing::debug!("hidden");
///     let request = tracing::info_span!("request", radiosonde.log = "debug");
///     request.in_scope(|| tracing::debug!("shown"));
/// });
/// assert!(lines.text().contains("shown") && !lines.text().contains("hidden"));
/// # drop(reload);
/// # Ok::<(), radiosonde_log::JsonLayerBuildError>(())
/// ```
#[derive(Debug, Clone)]
pub struct ReloadFilter {
    state: Arc<ReloadState>,
}

impl ReloadFilter {
    pub(crate) const fn new(state: Arc<ReloadState>) -> Self {
        Self { state }
    }

    /// Finds the filter within a new subscriber, and tells it which one it is part of: filters are not told.
    pub(crate) fn attach(dispatch: &Dispatch) {
        if let Some(filter) = dispatch.downcast_ref::<Self>() {
            filter.state.attach(dispatch);
        }
    }

    /// Tells the filter which subscriber it is a layer of.
    pub(crate) fn attach_to(&self, dispatch: &Dispatch) {
        self.state.attach(dispatch);
    }

    pub(crate) fn allows(&self, metadata: &Metadata<'_>) -> bool {
        self.state.active().filter.allows(metadata)
    }

    /// Whether a span that is open now may ask for such events.
    pub(crate) fn may_be_overridden(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.state.active().ceiling
    }

    /// Whether this subscriber's filter is the one with this state.
    pub(crate) fn is_in(dispatch: &Dispatch, state: &Arc<ReloadState>) -> bool {
        dispatch.downcast_ref::<Self>().is_some_and(|filter| Arc::ptr_eq(&filter.state, state))
    }

    /// Makes what a span asks for hold within it, and ends what it asked for before.
    fn override_level<S>(&self, id: &Id, asked: Asked, ctx: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let level = match asked {
            Asked::Level(level) => Some(level),
            Asked::Invalid => {
                self.state.refused_override();
                None
            }
        };
        let Some(span) = ctx.span(id) else { return };
        let level = level.filter(|level| self.state.open(*level));
        let mut extensions = span.extensions_mut();
        if extensions.get_mut::<LevelOverrides>().is_none() {
            extensions.insert(LevelOverrides::default());
        }
        let overrides = extensions.get_mut::<LevelOverrides>();
        let before = overrides.and_then(|overrides| overrides.replace(self.state.number(), level));
        drop(extensions);
        if let Some(before) = before {
            self.state.close(before);
        }
    }

    /// Whether the span that the thread is in, or one around it, asks for such events. Looked up anew each time, as a span around
    /// may ask later.
    fn is_within<S>(&self, level: Level, ctx: &Context<'_, S>) -> bool
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let asks_for_it = |span: SpanRef<'_, S>| {
            let extensions = span.extensions();
            let asked =
                extensions.get::<LevelOverrides>().and_then(|overrides| overrides.get(self.state.number()));
            asked.is_some_and(|most| level <= most)
        };
        self.state.has_overrides() && ctx.lookup_current().is_some_and(|span| span.scope().any(asks_for_it))
    }
}

impl<S> Filter<S> for ReloadFilter
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn enabled(&self, metadata: &Metadata<'_>, ctx: &Context<'_, S>) -> bool {
        if is_silenced() {
            return false;
        }
        let active = self.state.active();
        active.filter.allows(metadata)
            || *metadata.level() <= active.ceiling && self.is_within(*metadata.level(), ctx)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let active = self.state.active();
        let is_possible = active.filter.allows(metadata) || *metadata.level() <= active.ceiling;
        // Not `always`, for the reason that the filter has.
        if is_possible { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let active = self.state.active();
        Some(active.filter.hint().max(active.ceiling))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if let Some(asked) = asked_by_span(attributes) {
            self.override_level(id, asked, &ctx);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        if let Some(asked) = asked_by_record(values) {
            self.override_level(id, asked, &ctx);
        }
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        if !self.state.has_overrides() {
            return;
        }
        // Taken out, as each layer that has a clone of the filter says that the span is over.
        let asked = ctx.span(&id).and_then(|span| {
            let mut extensions = span.extensions_mut();
            extensions
                .get_mut::<LevelOverrides>()
                .and_then(|overrides| overrides.replace(self.state.number(), None))
        });
        if let Some(level) = asked {
            self.state.close(level);
        }
    }
}
