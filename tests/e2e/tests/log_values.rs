//! Lines with values of every kind, as Loki stores and parses them: `| json` returns each value unchanged.
#![allow(clippy::unwrap_used, reason = "what a helper cannot do fails its test")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use e2e::{LogEntry, Loki, wait_for};
use radiosonde_core::Resource;
use radiosonde_delivery::Delivery;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_loki::LokiOptions;
use radiosonde_metrics::Registry;
use serde_json::Value;
use tracing::field::Empty;
use tracing::{error, info, info_span, warn};
use tracing_subscriber::layer::SubscriberExt as _;

const SOON: Duration = Duration::from_secs(30);

#[derive(Debug, Clone, Default)]
struct Buffer(Arc<Mutex<Vec<u8>>>);

impl io::Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[derive(Debug)]
struct Refused(&'static str, Option<Box<Self>>);

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.1.as_deref().map(|source| source as _)
    }
}

struct Fails;

impl fmt::Display for Fails {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

/// Logs to Loki, and returns the lines as sent.
fn serve(loki: &Loki, work: impl FnOnce()) -> Vec<String> {
    let (registry, buffer) = (Registry::new(), Buffer::default());
    let delivery = Delivery::builder().registry(&registry).start().unwrap();
    let resource = Resource::new("values");
    let sink = LokiOptions::new(loki.url()).build(&resource, &delivery).unwrap();
    let lines = JsonLayer::builder(&resource)
        .registry(&registry)
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()))
        .sink(Arc::new(sink))
        .field("region", "eu-1 \u{e9}")
        .build()
        .unwrap();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
    let report = delivery.shutdown_blocking(SOON);
    assert!(report.produced() > 0 && report.produced() == report.delivered(), "{report}");
    let written = buffer.0.lock().unwrap().clone();
    String::from_utf8(written).unwrap().lines().map(str::to_owned).collect()
}

/// Values of every kind.
fn say() {
    info!(
        text = "plain",
        empty = "",
        integer = -9_223_372_036_854_775_808_i64,
        unsigned = 18_446_744_073_709_551_615_u64,
        wide = i128::MIN,
        wider = u128::MAX,
        truth = true,
        debug = ?Some("quoted \"twice\""),
        display = %format_args!("{}-{}", 1, 2),
        "every kind"
    );
    info!(
        a = 0.1,
        tiny = 5e-324,
        huge = f64::MAX,
        whole = 3.0,
        negative_zero = -0.0,
        nan = f64::NAN,
        more = f64::INFINITY,
        less = f64::NEG_INFINITY,
        duration_ms = 12.25,
        "floats"
    );
    let refused = Refused("no stock", Some(Box::new(Refused("the shelf is empty", None))));
    error!(error = &refused as &(dyn Error + 'static), fails = %Fails, "an error, and a value that fails");
    let nasty = "\u{0}\u{1b}[31m\"\\\r\n\t\u{7f}\u{85}\u{2028}\u{2029}\u{202e}\u{2066}\u{10ffff}{}[]";
    warn!(nasty, odd.name = 1, r#type = "keyword", "what could break a line: {nasty}");
    let _outer =
        info_span!("request", request_id = "r-1", sku = "outer", tenant = "acme", status = Empty).entered();
    let inner = info_span!("inner", sku = "inner", attempt = 1_u64);
    tracing::Span::current().record("status", 200);
    inner.in_scope(|| info!(attempt = 2_u64, "within spans"));
    info!(long = "\u{e4}\"\n".repeat(100_000), short = "kept", "too long");
}

/// The result of `| json` for a line: nested keys joined by `_`, text for every value, and no lists.
fn parsed(line: &str) -> BTreeMap<String, String> {
    fn walk(prefix: &str, value: &Value, out: &mut BTreeMap<String, String>) {
        let text = match value {
            Value::Object(object) => {
                for (key, value) in object {
                    let key = key.replace(|c: char| !c.is_ascii_alphanumeric(), "_");
                    let joined = if prefix.is_empty() { key } else { format!("{prefix}_{key}") };
                    walk(&joined, value, out);
                }
                return;
            }
            Value::Array(_) => return,
            Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        out.insert(prefix.to_owned(), text);
    }
    let mut out = BTreeMap::new();
    walk("", &serde_json::from_str(line).unwrap(), &mut out);
    out
}

/// Keys that the stream or the structured metadata also has are renamed.
fn expected(entry: &LogEntry) -> BTreeMap<String, String> {
    let taken = |key: &str| entry.labels.contains_key(key) || entry.structured_metadata.contains_key(key);
    let rename = |key: String| if taken(&key) { format!("{key}_extracted") } else { key };
    parsed(&entry.line).into_iter().map(|(key, value)| (rename(key), value)).collect()
}

#[test]
fn loki_reads_back_what_was_said() {
    let Some(loki) = Loki::start() else { return };
    let mut sent = serve(&loki, say);
    assert_eq!(sent.len(), 6);
    let entries = wait_for("six lines", SOON, || {
        let entries = loki.query(r#"{service_name="values"} | json"#)?;
        if entries.len() >= 6 { Ok(entries) } else { Err(format!("{} lines", entries.len()).into()) }
    });

    let mut kept: Vec<_> = entries.iter().map(|entry| entry.line.clone()).collect();
    sent.sort();
    kept.sort();
    assert!(kept == sent, "the lines as they left");
    for entry in &entries {
        assert_eq!(entry.parsed, expected(entry), "{}", &entry.line[..entry.line.len().min(500)]);
    }

    let find = |message: &str| {
        let found =
            |entry: &&LogEntry| entry.parsed.get("message").is_some_and(|found| found.starts_with(message));
        &entries.iter().find(found).unwrap().parsed
    };
    let kinds = find("every kind");
    assert_eq!(kinds["metadata_unsigned"], u64::MAX.to_string());
    assert_eq!(kinds["metadata_wider"], u128::MAX.to_string());
    assert_eq!(kinds["metadata_region"], "eu-1 \u{e9}");
    assert_eq!(find("floats")["metadata_nan"], "NaN");
    assert_eq!(find("an error")["metadata_error_message"], "no stock");
    assert_eq!(find("an error")["metadata_fails"], "<fmt error>");
    assert!(find("what could")["metadata_nasty"].starts_with("\u{0}\u{1b}[31m\"\\\r\n\t"));
    assert_eq!((&*find("within")["metadata_sku"], &*find("within")["metadata_attempt"]), ("inner", "2"));
    let long = find("too long");
    assert_eq!((&*long["truncated"], &*long["metadata_short"]), ("true", "kept"));
    assert!("\u{e4}\"\n".repeat(100_000).starts_with(&long["metadata_long"]));
    assert!(long["metadata_long"].len() > 150_000);
}
