use tracing::dispatcher::Dispatch;
use tracing_subscriber::fmt::MakeWriter;

use super::traced;
use super::tracing_subscriber::queue;
use crate::harness::Contender;
use crate::sink::{Drained, null};

pub fn contender() -> Contender {
    let drained = Drained::default();
    let queue = queue(&drained);
    traced::contender("json-subscriber", json(null), json(queue), drained)
}

fn json(writer: impl for<'a> MakeWriter<'a> + Send + Sync + 'static) -> Dispatch {
    let subscriber = json_subscriber::fmt()
        .with_span_list(true)
        .with_current_span(false)
        .with_max_level(tracing::Level::INFO)
        .with_writer(writer);
    Dispatch::new(subscriber.finish())
}
