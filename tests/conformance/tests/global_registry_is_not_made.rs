//! Parts with their own registry, or not built yet, do not create the global registry before the program does.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_journald::Journald;
use radiosonde_log::{JsonLayer, PanicHook};
use radiosonde_metrics::Registry;
use radiosonde_metrics_facade::FacadeRecorder;
use radiosonde_push::{PushgatewayOptions, RemoteWriteOptions};
use radiosonde_signals::{Database, PoolState};
use radiosonde_tower::{ClientLayer, ServerLayer};
use radiosonde_trace::TracePipeline;

#[test]
fn the_global_registry_can_be_given_labels_after_what_has_its_own() {
    let (own, resource) = (Registry::new(), Resource::new("orders"));
    let url = "http://127.0.0.1:1";
    let delivery = Delivery::builder().registry(&own).start().unwrap();
    let _traces = TracePipeline::builder(&resource).registry(&own).build().unwrap();
    let _layer = JsonLayer::builder(&resource).registry(&own).build().unwrap();
    let _gateway = PushgatewayOptions::new(url).job("a").registry(&own).build(&delivery).unwrap();
    let _write = RemoteWriteOptions::new(url).registry(&own).build(&delivery).unwrap();
    let _server = ServerLayer::builder().registry(&own).build().unwrap();
    let _client = ClientLayer::builder().registry(&own).build().unwrap();
    let _database = Database::builder("orders").pool(PoolState::default).registry(&own).build().unwrap();
    let _recorder = FacadeRecorder::builder().registry(&own).build();
    PanicHook::new().registry(&own).install().unwrap();
    let _unbuilt = (Journald::builder(), JsonLayer::builder(&resource), PushgatewayOptions::new(url));
    let _unbuilt = (RemoteWriteOptions::new(url), TracePipeline::builder(&resource), PanicHook::new());
    let _unbuilt = (ServerLayer::builder(), ClientLayer::builder(), FacadeRecorder::builder());
    let _unbuilt = Database::builder("stock").pool(PoolState::default);

    let global = Registry::builder().label("service", "orders").build_global().unwrap();
    assert_eq!(global.constant_label("service"), Some("orders"));
}
