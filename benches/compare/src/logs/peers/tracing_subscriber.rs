use tracing::dispatcher::Dispatch;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::traced;
use crate::harness::Contender;
use crate::sink::{Drained, QUEUED_LINES, null};

/// The queue of tracing-appender in front of `drained`. Its thread ends with the guard, so the guard is kept.
pub fn queue(drained: &Drained) -> NonBlocking {
    let (queue, guard): (NonBlocking, WorkerGuard) =
        NonBlockingBuilder::default().buffered_lines_limit(QUEUED_LINES).lossy(true).finish(drained.clone());
    Box::leak(Box::new(guard));
    queue
}

/// The defaults of `fmt().json()`.
pub fn with_spans() -> Contender {
    let drained = Drained::default();
    let queue = queue(&drained);
    traced::contender("tracing-subscriber, spans", json(true, null), json(true, queue), drained)
}

/// Without the fields of spans.
pub fn without_spans() -> Contender {
    let drained = Drained::default();
    let queue = queue(&drained);
    traced::contender("tracing-subscriber, no span fields", json(false, null), json(false, queue), drained)
}

/// The cost of `tracing` and its registry alone: no line is written.
pub fn registry() -> Contender {
    let subscriber = tracing_subscriber::registry().with(LevelFilter::INFO);
    traced::called("tracing alone, no line", Dispatch::new(subscriber))
}

fn json(spans: bool, writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) -> Dispatch {
    let subscriber = tracing_subscriber::fmt()
        .json()
        .with_span_list(spans)
        .with_current_span(spans)
        .with_max_level(tracing::Level::INFO)
        .with_writer(writer);
    Dispatch::new(subscriber.finish())
}
