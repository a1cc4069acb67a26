//! Every callsite is asked twice after a change. Callsites are global, so this is a separate process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_log::{JsonLayer, LevelReload, LogFilter, Writer};
use tracing::Subscriber;
use tracing_core::{Interest, Metadata};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};

/// Reports when it is asked about the one callsite.
struct Asked(Arc<std::sync::Mutex<Sender<()>>>);

impl<S: Subscriber> Layer<S> for Asked {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == "the one" {
            self.0.lock().unwrap().send(()).unwrap();
        }
        Interest::always()
    }
}

#[test]
fn a_callsite_that_was_hit_while_levels_changed_is_asked_once_more() {
    let (filter, reload) = LevelReload::new(LogFilter::default());
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .writer(Writer::new("nowhere", std::io::sink()))
        .build()
        .unwrap();
    let (sender, asked) = channel();
    let asks = Asked(Arc::new(std::sync::Mutex::new(sender)));
    tracing::subscriber::set_global_default(
        tracing_subscriber::registry().with(asks).with(layer.with_filter(filter)),
    )
    .unwrap();
    tracing::info!(target: "the one", "hit for the first time");
    let next = || asked.recv_timeout(Duration::from_secs(30));
    next().unwrap();
    reload.set("debug").unwrap();
    next().unwrap();
    next().unwrap();
    assert!(asked.try_recv().is_err(), "and not a third time");
    assert!(tracing::enabled!(tracing::Level::DEBUG));
}
