//! Captures in a process that already has a subscriber.
#![cfg(feature = "testing")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_core::{Level, Resource};
use radiosonde_log::capture::capture_logs;
use radiosonde_log::{JsonLayer, LogFilter, Writer};
use radiosonde_testkit::SharedBuffer;
use tracing::{debug, info};
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};

#[test]
fn the_callers_thread_is_captured_and_the_other_subscriber_keeps_the_rest() {
    let buffer = SharedBuffer::new();
    let writer = Writer::new("buffer", buffer.clone());
    let layer = JsonLayer::builder(&Resource::new("orders")).writer(writer).build().unwrap();
    let filter: LogFilter = "info".parse().unwrap();
    let subscriber = tracing_subscriber::registry().with(layer.with_filter(filter));
    tracing::subscriber::set_global_default(subscriber).unwrap();
    debug!("below the level, and cached as disabled");

    let logs = capture_logs();
    for _ in 0..2 {
        debug!("captured");
    }
    std::thread::spawn(|| info!("of another thread")).join().unwrap();
    logs.assert_contains(Level::Debug, "captured");
    assert_eq!(logs.lines().len(), 2);
    drop(logs);
    info!("afterwards");
    let lines = buffer.lines();
    assert_eq!(lines.len(), 2, "{lines:?}");
    assert!(lines[0].contains("of another thread") && lines[1].contains("afterwards"));
}
