//! Options from a configuration file.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use radiosonde_trace::{Propagators, Sampler, TraceOptions};

#[test]
fn options_are_read_and_what_is_set_first_wins() {
    let file: TraceOptions = serde_json::from_str(
        r#"{"sampler": {"parent_based_ratio": 0.25}, "events": "debug", "propagators": "none"}"#,
    )
    .unwrap();
    let set = TraceOptions::new()
        .sampler(Sampler::parent_based_ratio(0.25).unwrap())
        .propagators(Propagators::none());
    let set = set.events(tracing::level_filters::LevelFilter::DEBUG);
    assert_eq!(format!("{file:?}"), format!("{set:?}"));
    let merged = TraceOptions::new().sampler(Sampler::always_off()).or(file);
    let shown = format!("{merged:?}");
    assert!(shown.contains("AlwaysOff") && shown.contains("propagators: Some({})"), "{shown}");
    assert!(!shown.contains("0.25"), "{shown}");
}

#[test]
fn an_unknown_setting_or_sampler_is_named() {
    for (file, expected) in [
        (r#"{"sampler": "sometimes"}"#, "unknown variant `sometimes`"),
        (r#"{"sampler": {"ratio": 2}}"#, "invalid sampling ratio 2"),
        (r#"{"ratio": 1}"#, "unknown field `ratio`"),
        (r#"{"propagators": "b4"}"#, "invalid propagators \"b4\""),
    ] {
        let error = serde_json::from_str::<TraceOptions>(file).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
