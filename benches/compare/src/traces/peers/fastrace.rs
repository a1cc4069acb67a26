use std::hint::black_box;

use fastrace::collector::{Config, Reporter, SpanRecord};
use fastrace::prelude::{Event, LocalSpan, Span, SpanContext};

use crate::harness::Contender;
use crate::scene::{CHILD, EVENT, ROOT, pricing, request};
use crate::{SAMPLED, UNSAMPLED};

/// Counts spans and drops them.
struct Counter;

impl Reporter for Counter {
    fn report(&mut self, spans: Vec<SpanRecord>) {
        black_box(spans.len());
    }
}

/// Its attributes are texts only.
pub fn contender() -> Contender {
    fastrace::set_reporter(Counter, Config::default());
    Contender::new("fastrace, texts only")
        .batch(SAMPLED, |times| (0..times).for_each(|n| trace(n, true)), fastrace::flush)
        .batch(UNSAMPLED, |times| (0..times).for_each(|n| trace(n, false)), || ())
}

fn trace(n: u64, is_sampled: bool) {
    let request = request();
    let root = Span::root(ROOT, SpanContext::random().sampled(is_sampled)).with_properties(|| {
        [
            ("http.request.method", request.method.into()),
            ("url.path", request.path.into()),
            ("user_agent.original", request.user_agent.into()),
            ("http.response.status_code", std::borrow::Cow::from(request.status.to_string())),
        ]
    });
    let _root = root.set_local_parent();
    let pricing = pricing(n);
    let _child = LocalSpan::enter_with_local_parent(CHILD).with_properties(|| {
        [
            ("order.id", pricing.order_id.to_string().into()),
            ("cloud.region", std::borrow::Cow::from(pricing.region)),
        ]
    });
    LocalSpan::add_event(Event::new(EVENT));
}
