//! A filter as a layer of its own. A separate binary, because levels are global to the process.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LevelReload, LogFilter, Writer};
use radiosonde_testkit::SharedBuffer;
use tracing_subscriber::layer::SubscriberExt as _;

#[test]
fn below_all_layers_a_filter_says_the_same_and_is_asked_once() {
    let buffer = SharedBuffer::new();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()))
        .build()
        .unwrap();
    let filter: LogFilter = "warn,filtering=debug,filtering::off=off".parse().unwrap();
    let (filter, reload) = LevelReload::new(filter);
    let subscriber = tracing_subscriber::registry().with(filter).with(layer);
    tracing::subscriber::with_default(subscriber, || {
        let hit = || {
            let _span = tracing::info_span!(target: "elsewhere", "request", request_id = "r-1").entered();
            tracing::debug!(target: "filtering::here", "here");
            tracing::debug!(target: "elsewhere", "elsewhere");
            tracing::error!(target: "filtering::off", "off");
            tracing::warn!(target: "elsewhere", "warned");
        };
        let messages = || {
            let lines = buffer.take();
            let values = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            values
                .filter(|line| line["module"] != "radiosonde::audit")
                .map(|line| {
                    assert_eq!(line["request_id"], "r-1");
                    line["message"].as_str().unwrap().to_owned()
                })
                .collect::<Vec<_>>()
        };
        hit();
        assert_eq!(messages(), ["here", "warned"]);
        reload.set("elsewhere=debug").unwrap();
        hit();
        assert_eq!(messages(), ["elsewhere", "warned"]);
        reload.set("off").unwrap();
        hit();
        assert!(messages().is_empty());
        let span = tracing::info_span!("request", radiosonde.log = "warn");
        span.in_scope(|| tracing::warn!(request_id = "r-1", "a span that is on opens itself"));
        assert_eq!(messages(), ["a span that is on opens itself"]);
        drop(span);
        reload.reset().unwrap();
        let _overridden = tracing::info_span!("overridden", radiosonde.log = "debug").entered();
        hit();
        assert_eq!(
            messages(),
            ["here", "elsewhere", "off", "warned"],
            "whatever the targets, also in a span within"
        );
    });
}
