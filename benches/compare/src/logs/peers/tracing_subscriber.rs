use tracing::dispatcher::Dispatch;
use tracing_appender::non_blocking::{NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::traced;
use crate::harness::Contender;
use crate::sink::{Drained, QUEUED_LINES, null};

/// The queue of tracing-appender in front of `drained`. Its thread ends when the guard goes, so the guard stays.
pub fn queue(drained: &Drained) -> NonBlocking {
    let (queue, guard): (NonBlocking, WorkerGuard) =
        NonBlockingBuilder::default().buffered_lines_limit(QUEUED_LINES).lossy(true).finish(drained.clone());
    Box::leak(Box::new(guard));
    queue
}

/// As `fmt().json()` comes.
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

/// What `tracing` and its registry take for themselves: nothing is written.
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
