//! Fields, spans and events that no program would contain, and the lines they become.

use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LogOptions, Writer};
use radiosonde_testkit::{ManualClock, SharedBuffer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};
use tracing::field::{Value, debug, display};
use tracing_core::callsite::{Callsite, Identifier};
use tracing_core::field::FieldSet;
use tracing_core::{Event, Interest, Kind, Level, Metadata};
use tracing_subscriber::layer::SubscriberExt as _;

/// JSON whose objects have unique keys, which serde_json itself does not check.
pub(crate) struct Unique(pub(crate) Json);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }
            fn visit_unit<E>(self) -> Result<Json, E> {
                Ok(Json::Null)
            }
            fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
                Ok(value.into())
            }
            fn visit_i64<E>(self, value: i64) -> Result<Json, E> {
                Ok(value.into())
            }
            fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
                Ok(value.into())
            }
            fn visit_f64<E>(self, value: f64) -> Result<Json, E> {
                Ok(value.into())
            }
            fn visit_str<E>(self, value: &str) -> Result<Json, E> {
                Ok(value.into())
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json, A::Error> {
                let mut list = Vec::new();
                while let Some(Unique(item)) = items.next_element()? {
                    list.push(item);
                }
                Ok(list.into())
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Json, A::Error> {
                let mut map = Map::new();
                while let Some((key, Unique(value))) = entries.next_entry::<String, _>()? {
                    if map.insert(key.clone(), value).is_some() {
                        return Err(serde::de::Error::custom(format!("key {key:?} twice")));
                    }
                }
                Ok(map.into())
            }
        }
        deserializer.deserialize_any(Reader).map(Unique)
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Sample {
    Str(String),
    Debug(String),
    Display(String),
    I64(i64),
    U64(u64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Error(Chain),
    Fails,
}

#[derive(Debug, Clone)]
pub(crate) struct Chain {
    pub(crate) message: String,
    pub(crate) source: Option<Box<Self>>,
}

impl fmt::Display for Chain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for Chain {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}

struct Fails;

impl fmt::Debug for Fails {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

pub(crate) type Field = (String, Sample);

/// Passes the values of fields to `then` in the form that `tracing` requires.
fn with_values<R>(fields: &[Field], then: impl FnOnce(&[Option<&dyn Value>]) -> R) -> R {
    let boxed: Vec<Box<dyn Value + '_>> = fields
        .iter()
        .map(|(_, sample)| -> Box<dyn Value + '_> {
            match sample {
                Sample::Str(text) => Box::new(text.as_str()),
                Sample::Debug(text) => Box::new(debug(text)),
                Sample::Display(text) => Box::new(display(text)),
                Sample::I64(integer) => Box::new(*integer),
                Sample::U64(integer) => Box::new(*integer),
                Sample::I128(integer) => Box::new(*integer),
                Sample::U128(integer) => Box::new(*integer),
                Sample::F64(float) => Box::new(*float),
                Sample::Bool(truth) => Box::new(*truth),
                Sample::Error(chain) => Box::new(chain as &(dyn Error + 'static)),
                Sample::Fails => Box::new(debug(Fails)),
            }
        })
        .collect();
    let values: Vec<_> = boxed.iter().map(|value| Some(&**value)).collect();
    then(&values)
}

struct MadeCallsite(OnceLock<Metadata<'static>>);

impl Callsite for MadeCallsite {
    fn set_interest(&self, _: Interest) {}
    fn metadata(&self) -> &Metadata<'_> {
        self.0.get().unwrap()
    }
}

/// Builds what a macro creates at compile time, from names that only a test has. Never freed, as `tracing` keeps callsites.
fn callsite(fields: &[Field], target: &'static str, kind: Kind) -> &'static Metadata<'static> {
    let made: &'static MadeCallsite = Box::leak(Box::new(MadeCallsite(OnceLock::new())));
    let names: Vec<&'static str> = fields.iter().map(|(name, _)| &*name.clone().leak()).collect();
    let fields = FieldSet::new(names.leak(), Identifier(made));
    made.0.get_or_init(|| Metadata::new("made", target, Level::INFO, None, None, None, fields, kind))
}

/// An event inside spans, the outermost first; each span has fields at its creation and values recorded later.
#[derive(Debug, Clone)]
pub(crate) struct Scene {
    pub(crate) statics: Vec<(String, String)>,
    pub(crate) spans: Vec<(Vec<Field>, Vec<Field>)>,
    pub(crate) event: Vec<Field>,
    pub(crate) target: &'static str,
}

/// The line of a scene.
pub(crate) fn written(
    scene: &Scene,
    max_line_bytes: usize,
    configure: impl FnOnce(LogOptions) -> LogOptions,
) -> String {
    let buffer = SharedBuffer::new();
    let mut builder = JsonLayer::builder(&Resource::new("a \"service\""))
        .clock(Arc::new(ManualClock::new()))
        .format(Format::Json)
        .max_line_bytes(max_line_bytes)
        .writer(Writer::new("buffer", buffer.clone()));
    for (key, value) in &scene.statics {
        builder = builder.field(key, value);
    }
    let layer = configure(builder).build().unwrap();
    let subscriber = tracing_subscriber::registry().with(layer);
    tracing::subscriber::with_default(subscriber, || {
        let entered: Vec<_> = scene
            .spans
            .iter()
            .map(|(fields, recorded)| {
                // One callsite has the names of both; values recorded later are empty at first.
                let all = [fields.as_slice(), recorded].concat();
                let metadata = callsite(&all, "made::span", Kind::SPAN);
                with_values(&all, |values| {
                    let mut first = values.to_vec();
                    first[fields.len()..].fill(None);
                    let span = tracing::Span::new(metadata, &metadata.fields().value_set_all(&first));
                    let mut later = values.to_vec();
                    later[..fields.len()].fill(None);
                    span.record_all(&metadata.fields().value_set_all(&later));
                    span.entered()
                })
            })
            .collect();
        let metadata = callsite(&scene.event, scene.target, Kind::EVENT);
        with_values(&scene.event, |values| {
            Event::dispatch(metadata, &metadata.fields().value_set_all(values))
        });
        entered.into_iter().rev().for_each(drop);
    });
    buffer.text()
}

fn name() -> impl Strategy<Value = String> {
    let known = prop::sample::select(vec![
        "message",
        "correlation_id",
        "request_id",
        "user_id",
        "method",
        "path",
        "status",
        "duration_ms",
        "http.request.method",
        "url.path",
        "http.response.status_code",
        "timestamp",
        "level",
        "service",
        "module",
        "trace_id",
        "span_id",
        "metadata",
        "truncated",
        "otel.name",
        "radiosonde.x",
        "log.target",
        "r#a",
        "r#path",
        "a",
        "b",
        "a.b",
        "a_b",
        "",
        "user.id",
        "http.request.id",
        "http_response_status_code",
        "error",
        "err",
        "error.type",
        "exception",
        "event.action",
        "who",
        "action",
        "outcome",
        "metric",
        "value",
        "type",
        "labels",
        "tenant_id",
    ]);
    prop_oneof![3 => known.prop_map(str::to_owned), 1 => any::<String>().prop_filter("names are short", |name| name.len() <= 256)]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => any::<String>(),
        1 => "[\\x00-\\x1f\"\\\\\u{7f}-\u{9f}\u{2028}\u{2029}\u{202a}-\u{202e}\u{2066}-\u{2069}\u{10ffff}]{0,20}",
    ]
}

fn sample() -> impl Strategy<Value = Sample> {
    let chain = prop::collection::vec(text(), 1..5).prop_map(|messages| {
        let chain =
            messages.into_iter().fold(None, |source, message| Some(Box::new(Chain { message, source })));
        Sample::Error(*chain.unwrap())
    });
    prop_oneof![
        text().prop_map(Sample::Str),
        text().prop_map(Sample::Debug),
        text().prop_map(Sample::Display),
        any::<i64>().prop_map(Sample::I64),
        any::<u64>().prop_map(Sample::U64),
        any::<i128>().prop_map(Sample::I128),
        (0..=u128::MAX).prop_map(Sample::U128),
        (0..1_000_u128).prop_map(Sample::U128),
        prop::num::f64::ANY.prop_map(Sample::F64),
        any::<bool>().prop_map(Sample::Bool),
        chain,
        Just(Sample::Fails),
    ]
}

fn fields() -> impl Strategy<Value = Vec<Field>> {
    prop::collection::vec((name(), sample()), 0..8)
}

pub(crate) fn scene() -> impl Strategy<Value = Scene> {
    let statics =
        prop::collection::vec((prop::sample::select(vec!["a", "b", "user_id", "zone"]), text()), 0..3);
    (statics, prop::collection::vec((fields(), fields()), 0..4), fields()).prop_map(
        |(statics, spans, event)| {
            let statics = statics.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            Scene { statics, spans, event, target: "made::target" }
        },
    )
}

pub(crate) fn parsed(line: &str) -> Json {
    let json = line.strip_suffix('\n').unwrap_or_else(|| panic!("no line feed at the end of {line:?}"));
    assert!(!json.chars().any(char::is_control), "{json:?}");
    let Unique(value) = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error} in {json}"));
    value
}
