use radiosonde_appender::QueueOptions;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LogFilter, Writer};
use tracing::dispatcher::Dispatch;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use super::traced;
use crate::harness::Contender;
use crate::scene::SERVICE;
use crate::sink::{Drained, Null, QUEUED_LINES};

/// With one level for everything, like the others.
pub fn contender() -> Contender {
    let drained = Drained::default();
    let dispatch =
        |writer| Dispatch::new(tracing_subscriber::registry().with(layer(writer)).with(LevelFilter::INFO));
    let (now, queued) = (dispatch(Writer::new("null", Null)), dispatch(queued_writer(&drained)));
    traced::contender("radiosonde", now, queued, drained)
}

/// With a filter by target below all layers, as `radiosonde::init` sets it up.
pub fn filtered_below() -> Contender {
    let drained = Drained::default();
    let dispatch = |writer| {
        let filter: LogFilter = "info".parse().unwrap();
        Dispatch::new(tracing_subscriber::registry().with(filter).with(layer(writer)))
    };
    let (now, queued) = (dispatch(Writer::new("null", Null)), dispatch(queued_writer(&drained)));
    traced::contender("radiosonde, LogFilter below all", now, queued, drained)
}

/// With a filter by target on the layer.
pub fn filtered() -> Contender {
    let drained = Drained::default();
    let dispatch = |writer| {
        let filter: LogFilter = "info".parse().unwrap();
        Dispatch::new(tracing_subscriber::registry().with(layer(writer).with_filter(filter)))
    };
    let (now, queued) = (dispatch(Writer::new("null", Null)), dispatch(queued_writer(&drained)));
    traced::contender("radiosonde, with a LogFilter", now, queued, drained)
}

/// Room for a round, like the others.
fn queued_writer(drained: &Drained) -> Writer {
    let options = QueueOptions::new().max_lines(QUEUED_LINES).max_bytes(QUEUED_LINES * 512);
    Writer::new("drained", drained.clone()).queue(options)
}

fn layer(writer: Writer) -> JsonLayer {
    JsonLayer::builder(&Resource::new(SERVICE)).format(Format::Json).writer(writer).build().unwrap()
}
