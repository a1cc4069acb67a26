//! Options from a configuration file.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde_appender::{FileOptions, Rotation};
use radiosonde_core::LevelNames;
use radiosonde_log::{Format, LogOptions, Profile, TimestampPrecision};

#[test]
fn every_setting_is_read() {
    let file: LogOptions = serde_json::from_str(
        r#"{
            "profile": "gcp", "promote": ["tenant_id"], "metadata_key": "meta", "precision": "micros",
            "google_cloud_project": "acme", "level_names": "warning_critical", "format": "json", "colors": false,
            "fields": {"team": "pay"}, "max_line_bytes": 9000, "max_fields": 32, "file": "/var/log/orders.log",
            "file_options": {
                "rotate": "daily", "rotate_at_bytes": 1000, "keep_total_bytes": 5000, "keep_files": 7,
                "keep_for": "48h", "gzip": true, "reopen_on_sighup": true, "mode": "0640"
            },
            "stdout": true, "queue_bytes": 300000, "overflow": "drop_oldest", "fatal_flush": "2s"
        }"#,
    )
    .unwrap();
    let options = FileOptions::new().rotate(Rotation::Daily).rotate_at_bytes(1000).keep_total_bytes(5000);
    let options = options.keep_files(7).keep_for(Duration::from_secs(48 * 3600)).gzip(true);
    let set = LogOptions::new()
        .profile(Profile::Gcp)
        .promote("tenant_id")
        .metadata_key("meta")
        .precision(TimestampPrecision::Micros)
        .google_cloud_project("acme")
        .level_names(LevelNames::WarningCritical)
        .format(Format::Json)
        .colors(false)
        .field("team", "pay")
        .max_line_bytes(9000)
        .max_fields(32)
        .file("/var/log/orders.log")
        .file_options(options.reopen_on_sighup().mode(0o640))
        .stdout()
        .queue_bytes(300_000)
        .overflow("drop_oldest".parse().unwrap())
        .fatal_flush(Duration::from_secs(2));
    assert_eq!(format!("{file:?}"), format!("{set:?}"));
}

#[test]
fn an_unknown_setting_is_named() {
    for (file, expected) in [
        (r#"{"colour": true}"#, "unknown field `colour`"),
        (r#"{"profile": "elastic"}"#, "unknown variant `elastic`"),
        (r#"{"file_options": {"rotate_daily": true}}"#, "unknown field `rotate_daily`"),
        (r#"{"file_options": {"mode": "rw"}}"#, "invalid mode \"rw\""),
        (r#"{"fatal_flush": "2"}"#, "invalid duration \"2\""),
    ] {
        let error = serde_json::from_str::<LogOptions>(file).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
}
