//! The cases of all subscribers of `tracing`: the same macros, another subscriber.

use tracing::dispatcher::{Dispatch, with_default};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;

use crate::harness::Contender;
use crate::scene::{pricing, request};
use crate::{SAMPLED, UNSAMPLED};

/// A contender with one subscriber that samples and one that does not. `settle` waits until the export has caught up.
pub fn contender(
    name: &'static str,
    sampled: Dispatch,
    unsampled: Dispatch,
    settle: impl Fn() + Send + Sync + 'static,
) -> Contender {
    Contender::new(name)
        .batch(SAMPLED, move |times| with_default(&sampled, || (0..times).for_each(trace)), settle)
        .batch(UNSAMPLED, move |times| with_default(&unsampled, || (0..times).for_each(trace)), || ())
}

/// The cost of `tracing` and its registry alone, in both cases.
pub fn registry() -> Contender {
    let dispatch = || Dispatch::new(tracing_subscriber::registry().with(LevelFilter::INFO));
    contender("tracing alone, no trace", dispatch(), dispatch(), || ())
}

fn trace(n: u64) {
    let request = request();
    let root = tracing::info_span!(
        "GET /orders/{id}",
        http.request.method = request.method,
        url.path = request.path,
        user_agent.original = request.user_agent,
        http.response.status_code = request.status
    );
    let _root = root.entered();
    let pricing = pricing(n);
    let child =
        tracing::info_span!("price_order", order.id = pricing.order_id, cloud.region = pricing.region);
    let _child = child.entered();
    tracing::info!("order priced");
}
