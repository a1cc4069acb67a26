//! The properties of a line that a sink receives.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};

use radiosonde_core::Resource;
use radiosonde_log::{JsonLayer, Line, LineSink};
use tracing_subscriber::layer::SubscriberExt as _;

#[derive(Default)]
struct Kept(Mutex<Vec<String>>);

impl LineSink for Kept {
    fn accept(&self, line: &Line<'_>) {
        let mut kept = self.0.lock().unwrap();
        kept.push(format!("{}: {}", line.service(), line.message()));
        kept.extend(line.attributes().map(|(name, value)| format!("{name}={}", value.json())));
    }
}

#[test]
fn a_sink_is_handed_the_message_as_it_was_said_and_every_field_once_as_json() {
    let kept = Arc::new(Kept::default());
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .sink(Arc::clone(&kept))
        .field("region", "eu-1")
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        let _span = tracing::info_span!("request", request_id = "r-1", price = 1).entered();
        tracing::info!(price = 9.5, "odd\u{1}key" = "a \"quoted\" text", gift = true, "paid \"twice\"\n");
    });
    assert_eq!(
        *kept.0.lock().unwrap(),
        [
            "orders: paid \"twice\"\n",
            "price=9.5",
            "odd\u{1}key=\"a \\\"quoted\\\" text\"",
            "gift=true",
            "request_id=\"r-1\"",
            "region=\"eu-1\"",
        ]
    );
}

#[test]
fn a_line_made_by_hand_has_no_attributes() {
    let line = Line::new("{}", std::time::UNIX_EPOCH, radiosonde_core::Level::Info).with_message("hi");
    assert_eq!((line.message(), line.service(), line.attributes().count()), ("hi", "", 0));
}
