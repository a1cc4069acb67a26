//! The filters as layers of their own, for a whole subscriber.

use radiosonde_core::silence::is_silenced;
use tracing_core::dispatcher::Dispatch;
use tracing_core::span::{Attributes, Id, Record};
use tracing_core::{Event, Interest, LevelFilter, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter, Layer};
use tracing_subscriber::registry::LookupSpan;

use crate::filtering::filter::LogFilter;
use crate::filtering::reload_filter::ReloadFilter;

impl<S: Subscriber> Layer<S> for LogFilter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        // No other filter's answer can interfere here, so enabled callsites are cached, too.
        if self.allows(metadata) { Interest::always() } else { Interest::never() }
    }

    fn enabled(&self, metadata: &Metadata<'_>, ctx: Context<'_, S>) -> bool {
        Filter::enabled(self, metadata, &ctx)
    }

    fn event_enabled(&self, _: &Event<'_>, _: Context<'_, S>) -> bool {
        // `enabled` is not called for callsites whose interest is `always`.
        !is_silenced()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(self.hint())
    }
}

impl<S> Layer<S> for ReloadFilter
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn on_register_dispatch(&self, subscriber: &Dispatch) {
        self.attach_to(subscriber);
    }

    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.allows(metadata) {
            Interest::always()
        } else if self.may_be_overridden(metadata) {
            Interest::sometimes()
        } else {
            Interest::never()
        }
    }

    fn enabled(&self, metadata: &Metadata<'_>, ctx: Context<'_, S>) -> bool {
        Filter::enabled(self, metadata, &ctx)
    }

    fn event_enabled(&self, _: &Event<'_>, _: Context<'_, S>) -> bool {
        // As above.
        !is_silenced()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Filter::<S>::max_level_hint(self)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, ctx: Context<'_, S>) {
        Filter::on_new_span(self, attributes, id, ctx);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, ctx: Context<'_, S>) {
        Filter::on_record(self, id, values, ctx);
    }

    fn on_close(&self, id: Id, ctx: Context<'_, S>) {
        Filter::on_close(self, id, ctx);
    }
}
