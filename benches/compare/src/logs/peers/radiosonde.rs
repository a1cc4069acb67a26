use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LogFilter, Writer};
use tracing::dispatcher::Dispatch;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

use super::traced;
use crate::harness::Contender;
use crate::scene::SERVICE;
use crate::sink::{Drained, Null};

/// With one level for everything, as the others have it.
pub fn contender() -> Contender {
    let drained = Drained::default();
    let dispatch =
        |writer| Dispatch::new(tracing_subscriber::registry().with(layer(writer)).with(LevelFilter::INFO));
    let (now, queued) =
        (dispatch(Writer::new("null", Null)), dispatch(Writer::new("drained", drained.clone())));
    traced::contender("radiosonde", now, queued, drained)
}

/// With a filter by target of its own, as it is documented.
pub fn filtered() -> Contender {
    let drained = Drained::default();
    let dispatch = |writer| {
        let filter: LogFilter = "info".parse().unwrap();
        Dispatch::new(tracing_subscriber::registry().with(layer(writer).with_filter(filter)))
    };
    let (now, queued) =
        (dispatch(Writer::new("null", Null)), dispatch(Writer::new("drained", drained.clone())));
    traced::contender("radiosonde, with a LogFilter", now, queued, drained)
}

fn layer(writer: Writer) -> JsonLayer {
    JsonLayer::builder(&Resource::new(SERVICE)).format(Format::Json).writer(writer).build().unwrap()
}
