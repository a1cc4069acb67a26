use std::sync::Mutex;

use slog::{Drain, FnValue, Level, LevelFilter, Logger, OwnedKV, Record, o};
use slog_async::OverflowStrategy;
use slog_json::Json;

use crate::harness::Contender;
use crate::scene::{fields, pricing, request};
use crate::sink::{Drained, Null, QUEUED_LINES};
use crate::{IN_SPANS, NO_SPAN, NON_BLOCKING, OFF, OPENED};

/// It has no spans: a logger inherits its parents' values.
pub fn contender() -> Contender {
    let drain = Mutex::new(Json::new(Null).add_default_keys().add_key_value(module()).build()).fuse();
    let root = Logger::root(LevelFilter::new(drain, Level::Info).fuse(), o!());
    let drained = Drained::default();
    // A borrowed value, which it cannot render on its thread, is rendered before.
    let drain = Json::new(drained.clone()).add_default_keys().add_key_value(module()).build().fuse();
    let queue = slog_async::Async::new(drain)
        .chan_size(QUEUED_LINES)
        .overflow_strategy(OverflowStrategy::Drop)
        .build();
    let queued = within(&Logger::root(LevelFilter::new(queue.fuse(), Level::Info).fuse(), o!()));
    let [a, c, d] = [root.clone(), root.clone(), root.clone()];
    let b = within(&root);
    let settling = drained.clone();
    Contender::new("slog-json")
        .case(NO_SPAN, move |n| event(&a, n))
        .case(IN_SPANS, move |n| event(&b, n))
        .case(OPENED, move |n| event(&within(&c), n))
        .batch(
            NON_BLOCKING,
            move |times| {
                (0..times).for_each(|n| event(&queued, n));
                drained.sent(times);
            },
            move || settling.settle(),
        )
        .case(OFF, move |n| disabled(&d, n))
}

fn module() -> OwnedKV<impl slog::SendSyncRefUnwindSafeKV> {
    o!("module" => FnValue(|record: &Record<'_>| record.module()))
}

fn within(root: &Logger) -> Logger {
    let fields = request();
    let outer =
        root.new(o!("request_id" => fields.request_id, "method" => fields.method, "path" => fields.path));
    let fields = pricing();
    outer.new(o!("order_id" => fields.order_id, "region" => fields.region, "attempt" => fields.attempt))
}

fn event(logger: &Logger, n: u64) {
    let fields = fields(n);
    slog::info!(
        logger, "order priced";
        "sku" => fields.sku,
        "quantity" => fields.quantity,
        "price" => fields.price,
        "gift" => fields.gift,
        "customer" => %fields.customer,
    );
}

fn disabled(logger: &Logger, n: u64) {
    let fields = fields(n);
    slog::debug!(
        logger, "order priced";
        "sku" => fields.sku,
        "quantity" => fields.quantity,
        "price" => fields.price,
        "gift" => fields.gift,
        "customer" => %fields.customer,
    );
}
