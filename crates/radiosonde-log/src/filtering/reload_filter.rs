use std::sync::Arc;

use radiosonde_core::silence::is_silenced;
use tracing_core::dispatcher::Dispatch;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Interest, Level, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::{LookupSpan, SpanRef};

use crate::filtering::level_override::{
    LevelOverrides, LevelRequest, requested_by_record, requested_by_span,
};
use crate::filtering::reload_state::ReloadState;

/// A [`LogFilter`](crate::LogFilter) that a [`LevelReload`](crate::LevelReload) changes at run time, with overrides by spans.
///
/// # Shape
/// Passes what the filter in force passes, and within a span with a **level override** also what that span requests. The
/// field `radiosonde.log = "debug"` on a span, set when it is created or recorded later, enables everything up to `DEBUG` in
/// that span and in the spans within it, whatever their targets. Expected is `error`, `warn`, `info`, `debug` or `trace`, in
/// any spelling that a [`LogFilter`](crate::LogFilter) accepts. The field does not appear in lines. It has an effect only on
/// enabled spans, so use one at `INFO`, `WARN` or `ERROR`. An event's span is the one that its thread entered last, also if
/// the event names another as `parent:`.
///
/// `radiosonde-tower` sets the field for requests with a signed header.
///
/// # Cost
/// That of the filter, plus a pointer load. A callsite that nothing enables is cached, as with the filter alone. While a
/// level override is open, and for some seconds after (default: five), every callsite up to its level is evaluated each
/// time, together with its arguments. The first override waits until the interest of all callsites is rebuilt, at most a
/// second; further ones within these seconds do not wait.
///
/// As the filter of a layer (`layer.with_filter(filter)`), it has the overhead of such filters in `tracing-subscriber`:
/// about 50 ns per event, and more per span. If all layers share it, make it a layer of its own, below them: then enabled
/// callsites are cached as well, and an event costs nothing.
///
/// # Limits
/// Clones are the same filter; use it in layers of one subscriber. As part of other filters (`filter.and(..)`, `Box<dyn
/// Filter<S>>`), as the second such filter of a subscriber, or without a [`JsonLayer`](crate::JsonLayer), it works only if
/// that subscriber is the global one.
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

    /// Finds the filter in a new subscriber and attaches it, since filters do not learn their subscriber.
    pub(crate) fn attach(dispatch: &Dispatch) {
        if let Some(filter) = dispatch.downcast_ref::<Self>() {
            filter.state.attach(dispatch);
        }
    }

    /// Attaches the filter to the subscriber that contains it as a layer.
    pub(crate) fn attach_to(&self, dispatch: &Dispatch) {
        self.state.attach(dispatch);
    }

    pub(crate) fn allows(&self, metadata: &Metadata<'_>) -> bool {
        self.state.active().filter.allows(metadata)
    }

    /// Whether an open span may enable such events.
    pub(crate) fn may_be_overridden(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= self.state.active().ceiling
    }

    /// Whether the filter in this subscriber has this state.
    pub(crate) fn is_in(dispatch: &Dispatch, state: &Arc<ReloadState>) -> bool {
        dispatch.downcast_ref::<Self>().is_some_and(|filter| Arc::ptr_eq(&filter.state, state))
    }

    /// Applies a span's level override, and ends its former one.
    fn override_level<S>(&self, id: &Id, request: LevelRequest, ctx: &Context<'_, S>)
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let level = match request {
            LevelRequest::Level(level) => Some(level),
            LevelRequest::Invalid => {
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
        let before = overrides.and_then(|overrides| overrides.replace(self.state.number, level));
        drop(extensions);
        if let Some(before) = before {
            self.state.close(before);
        }
    }

    /// Whether the thread's current span, or one around it, enables such events. Looked up for each event, since a span may
    /// record an override later.
    fn is_within<S>(&self, level: Level, ctx: &Context<'_, S>) -> bool
    where
        S: Subscriber + for<'a> LookupSpan<'a>,
    {
        let asks_for_it = |span: SpanRef<'_, S>| {
            let extensions = span.extensions();
            let request =
                extensions.get::<LevelOverrides>().and_then(|overrides| overrides.get(self.state.number));
            request.is_some_and(|most| level <= most)
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
        // Not `always`, for the same reason as in `LogFilter`.
        if is_possible { Interest::sometimes() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        let active = self.state.active();
        Some(active.filter.hint().max(active.ceiling))
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        if let Some(request) = requested_by_span(attributes) {
            self.override_level(id, request, &ctx);
        }
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        if let Some(request) = requested_by_record(values) {
            self.override_level(id, request, &ctx);
        }
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        if !self.state.has_overrides() {
            return;
        }
        // Taken out, since each layer with a clone of the filter reports the end of the span.
        let request = ctx.span(&id).and_then(|span| {
            let mut extensions = span.extensions_mut();
            extensions
                .get_mut::<LevelOverrides>()
                .and_then(|overrides| overrides.replace(self.state.number, None))
        });
        if let Some(level) = request {
            self.state.close(level);
        }
    }
}
