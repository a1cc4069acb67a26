//! Records of the `log` crate, which share one callsite per level, are limited by their own targets.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_core::{Level, Resource};
use radiosonde_log::{Format, JsonLayer, Rate, Sampling, VolumeLimits, Writer, bridge_log_records};
use radiosonde_testkit::SharedBuffer;
use tracing_subscriber::layer::SubscriberExt as _;

#[test]
fn a_storm_of_one_target_leaves_the_others_theirs_and_what_is_exempt_all() {
    let buffer = SharedBuffer::new();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()))
        .volume_limits(VolumeLimits::per_callsite(Rate::per_minute(2)))
        .build()
        .unwrap();
    bridge_log_records().unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), || {
        for _ in 0..20 {
            log::warn!(target: "old::noisy", "again");
        }
        log::warn!(target: "old::quiet", "once");
    });
    let records = || {
        for _ in 0..5 {
            log::warn!(target: "radiosonde::audit", "order 7 deleted");
            log::error!(target: "old::noisy", "radiosonde.level" = "fatal"; "cannot go on");
        }
    };
    let exempt = SharedBuffer::new();
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .format(Format::Json)
        .writer(Writer::new("buffer", exempt.clone()))
        .volume_limits(VolumeLimits::per_callsite(Rate::per_minute(1)))
        .sampling(Sampling::new().of("", Level::Error, 0.0).unwrap())
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(layer), records);
    assert_eq!(exempt.text().matches("order 7 deleted").count(), 5, "{}", exempt.text());
    assert_eq!(exempt.text().matches("cannot go on").count(), 5, "{}", exempt.text());
    assert!(!exempt.text().contains("sample_ratio"));

    let count = |text: &str| buffer.text().matches(text).count();
    assert_eq!(
        (count("\"again\""), count("\"once\""), count("suppressed 18 lines")),
        (2, 1, 1),
        "{}",
        buffer.text()
    );
}
