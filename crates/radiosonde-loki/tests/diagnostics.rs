//! What the diagnostics hook gets. A binary of its own: the hook is global.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::sync::Mutex;
use std::time::{Duration, SystemTime};

use radiosonde_core::{Level, Resource, diagnostics};
use radiosonde_delivery::{Delivery, SinkOptions};
use radiosonde_log::{Line, LineSink as _};
use radiosonde_loki::LokiOptions;
use radiosonde_metrics::Registry;
use radiosonde_testkit::{HttpFake, Reaction};

static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[test]
fn refused_structured_metadata_is_reported_once() {
    diagnostics::set_hook(|diagnostic| SEEN.lock().unwrap().push(diagnostic.to_string()));
    let refusal = "stream '{}' includes structured metadata, but this feature is disallowed. Please see …";
    let fake = HttpFake::start([Reaction::status(400).body(refusal), Reaction::status(204)]);
    let delivery = Delivery::builder().registry(&Registry::new()).start().unwrap();
    let options = SinkOptions::new("loki").batch_items(1);
    let sink = LokiOptions::new(fake.url()).sink(options).build(&Resource::new("x"), &delivery).unwrap();
    for _ in 0..3 {
        sink.accept(&Line::new("{}", SystemTime::UNIX_EPOCH, Level::Info));
    }
    assert_eq!(delivery.shutdown_blocking(Duration::from_secs(20)).delivered(), 3);
    let expected = format!(
        "radiosonde: loki: structured_metadata: {}/loki/api/v1/push refuses structured metadata: lines are pushed \
         without it from now on, and found by id only after `| json`; allow_structured_metadata in Loki's limits_config enables it",
        fake.url()
    );
    assert_eq!(*SEEN.lock().unwrap(), [expected]);
}
