//! The cases of all subscribers of `tracing`: the same macros, another subscriber.

use tracing::dispatcher::{Dispatch, with_default};

use crate::harness::Contender;
use crate::scene::{fields, pricing, request};
use crate::sink::Drained;
use crate::{IN_SPANS, NO_SPAN, NON_BLOCKING, OFF, OPENED};

/// A contender that writes to `now` on the calling thread, and in the case of a non-blocking writer to `queued`, whose lines
/// end in `drained`.
pub fn contender(name: &'static str, now: Dispatch, queued: Dispatch, drained: Drained) -> Contender {
    let settling = drained.clone();
    let off = now.clone();
    called(name, now)
        .batch(
            NON_BLOCKING,
            move |times| {
                with_default(&queued, || in_spans(|| (0..times).for_each(event)));
                drained.sent(times);
            },
            move || settling.settle(),
        )
        .batch(OFF, move |times| with_default(&off, || (0..times).for_each(disabled)), || ())
}

/// Only the cases that complete on the calling thread.
pub fn called(name: &'static str, now: Dispatch) -> Contender {
    let [a, b, c] = [now.clone(), now.clone(), now];
    Contender::new(name)
        .batch(NO_SPAN, move |times| with_default(&a, || (0..times).for_each(event)), || ())
        .batch(IN_SPANS, move |times| with_default(&b, || in_spans(|| (0..times).for_each(event))), || ())
        .batch(
            OPENED,
            move |times| with_default(&c, || (0..times).for_each(|n| in_spans(|| event(n)))),
            || (),
        )
}

fn event(n: u64) {
    let fields = fields(n);
    tracing::info!(
        sku = fields.sku,
        quantity = fields.quantity,
        price = fields.price,
        gift = fields.gift,
        customer = %fields.customer,
        "order priced"
    );
}

/// The values are inside the macro, which does not evaluate them, because the level is off.
fn disabled(n: u64) {
    tracing::debug!(
        sku = fields(n).sku,
        quantity = fields(n).quantity,
        price = fields(n).price,
        gift = fields(n).gift,
        customer = %fields(n).customer,
        "order priced"
    );
}

fn in_spans(within: impl FnOnce()) {
    let fields = request();
    let outer = tracing::info_span!(
        "request",
        request_id = fields.request_id,
        method = fields.method,
        path = fields.path
    );
    let _outer = outer.entered();
    let fields = pricing();
    let inner = tracing::info_span!(
        "price_order",
        order_id = fields.order_id,
        region = fields.region,
        attempt = fields.attempt
    );
    let _inner = inner.entered();
    within();
}
