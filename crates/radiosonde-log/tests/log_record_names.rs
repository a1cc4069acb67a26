//! Key-values of `log` records with names created at run time. The logger is global to the process.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use log::Record;
use log::kv::Source;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer, bridge_log_records};
use radiosonde_testkit::SharedBuffer;
use tracing::info_span;
use tracing_subscriber::layer::SubscriberExt as _;

fn say(pairs: &dyn Source) {
    let mut record = Record::builder();
    record.level(log::Level::Info).target("kv").key_values(pairs);
    log::logger().log(&record.args(format_args!("logged")).build());
}

#[test]
fn a_name_is_shown_however_many_came_before() {
    let buffer = SharedBuffer::new();
    let writer = Writer::new("buffer", buffer.clone());
    let layer =
        JsonLayer::builder(&Resource::new("orders")).format(Format::Json).writer(writer).build().unwrap();
    tracing::subscriber::set_global_default(tracing_subscriber::registry().with(layer)).unwrap();
    bridge_log_records().unwrap();
    for at in 0..3000 {
        say(&[(format!("name_{at}"), at), ("often".to_owned(), at)].as_slice());
    }
    let lines = buffer.lines();
    assert_eq!(lines.len(), 3000);
    for (at, line) in lines.iter().enumerate() {
        let metadata = format!(r#""metadata":{{"name_{at}":{at},"often":{at}}}}}"#);
        assert!(line.ends_with(&metadata), "{line}");
    }
    // A name used before at run time is later used in source code: it is one key of the line.
    let _span = info_span!("work", name_7 = "of the span").entered();
    say(&[("name_7", 8)].as_slice());
    let line = buffer.lines().pop().unwrap();
    assert!(line.ends_with(r#""metadata":{"name_7":8}}"#), "{line}");
}
