//! Any field names and values, in events and nested spans, come out as one JSON object with unique keys that says what a
//! plain model says.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::sync::{Arc, OnceLock};

use proptest::prelude::*;
use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, Writer};
use radiosonde_testkit::{ManualClock, SharedBuffer};
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json, json};
use tracing::field::{Value, debug, display};
use tracing_core::callsite::{Callsite, Identifier};
use tracing_core::field::FieldSet;
use tracing_core::{Event, Interest, Kind, Level, Metadata};
use tracing_subscriber::layer::SubscriberExt as _;

/// JSON whose objects have no key twice, which serde_json itself lets pass.
struct Unique(Json);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader;
        impl<'de> Visitor<'de> for Reader {
            type Value = Json;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
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

#[test]
fn the_checker_itself_sees_a_key_twice() {
    assert!(serde_json::from_str::<Unique>(r#"{"a":{"b":1,"b":2}}"#).is_err());
    assert!(serde_json::from_str::<Unique>(r#"{"a":{"b":1},"b":2}"#).is_ok());
}

#[derive(Debug, Clone)]
enum Sample {
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
struct Chain {
    message: String,
    source: Option<Box<Self>>,
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

type Field = (String, Sample);

/// Hands the values of fields to `then` as `tracing` wants them.
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

/// What a macro makes at compile time, from names that only a test can give. Never freed, as `tracing` keeps callsites.
fn callsite(fields: &[Field], kind: Kind) -> &'static Metadata<'static> {
    let made: &'static MadeCallsite = Box::leak(Box::new(MadeCallsite(OnceLock::new())));
    let names: Vec<&'static str> = fields.iter().map(|(name, _)| &*name.clone().leak()).collect();
    let fields = FieldSet::new(names.leak(), Identifier(made));
    made.0.get_or_init(|| Metadata::new("made", "made::target", Level::INFO, None, None, None, fields, kind))
}

/// An event inside spans, the outermost first; each span has fields at its creation and values recorded later.
#[derive(Debug, Clone)]
struct Scene {
    statics: Vec<(String, String)>,
    spans: Vec<(Vec<Field>, Vec<Field>)>,
    event: Vec<Field>,
}

/// The line of a scene.
fn written(scene: &Scene, max_line_bytes: usize) -> String {
    let buffer = SharedBuffer::new();
    let mut builder = JsonLayer::builder(&Resource::new("a \"service\""))
        .clock(Arc::new(ManualClock::new()))
        .format(Format::Json)
        .max_line_bytes(max_line_bytes)
        .writer(Writer::new("buffer", buffer.clone()));
    for (key, value) in &scene.statics {
        builder = builder.static_field(key, value);
    }
    let subscriber = tracing_subscriber::registry().with(builder.build().unwrap());
    tracing::subscriber::with_default(subscriber, || {
        let entered: Vec<_> = scene
            .spans
            .iter()
            .map(|(fields, recorded)| {
                // One callsite holds the names of both; what is recorded later is empty at first.
                let all = [fields.as_slice(), recorded].concat();
                let metadata = callsite(&all, Kind::SPAN);
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
        let metadata = callsite(&scene.event, Kind::EVENT);
        with_values(&scene.event, |values| {
            Event::dispatch(metadata, &metadata.fields().value_set_all(values))
        });
        entered.into_iter().rev().for_each(drop);
    });
    buffer.text()
}

/// Where the model puts a field: the key, whether it is at the top, and what stands there.
fn modelled(name: &str, sample: &Sample, is_event: bool) -> Option<(String, bool, Json)> {
    let text = match sample {
        Sample::Str(text) | Sample::Display(text) => text.clone(),
        Sample::Debug(text) => format!("{text:?}"),
        Sample::I64(integer) => integer.to_string(),
        Sample::U64(integer) => integer.to_string(),
        Sample::I128(integer) => integer.to_string(),
        Sample::U128(integer) => integer.to_string(),
        Sample::F64(float) if float.is_nan() => "NaN".to_owned(),
        Sample::F64(float) if float.is_infinite() => {
            if *float > 0.0 {
                "Infinity".to_owned()
            } else {
                "-Infinity".to_owned()
            }
        }
        Sample::F64(float) => json!(float).to_string(),
        Sample::Bool(truth) => truth.to_string(),
        Sample::Error(chain) => chain.message.clone(),
        Sample::Fails => "<fmt error>".to_owned(),
    };
    let own = match sample {
        Sample::I64(integer) => json!(integer),
        Sample::U64(integer) => json!(integer),
        Sample::F64(float) if float.is_finite() => json!(float),
        Sample::Bool(truth) => json!(truth),
        Sample::Error(chain) => {
            let sources = std::iter::successors(chain.source.as_ref(), |chain| chain.source.as_ref());
            json!({"message": chain.message, "chain": sources.map(|chain| &chain.message).collect::<Vec<_>>()})
        }
        _ => json!(text),
    };
    let number = match sample {
        Sample::I128(integer) => i64::try_from(*integer).ok().map(|integer| json!(integer)),
        Sample::U128(integer) => u64::try_from(*integer).ok().map(|integer| json!(integer)),
        Sample::I64(_) | Sample::U64(_) => Some(own.clone()),
        _ => None,
    };
    let name = name.strip_prefix("r#").unwrap_or(name);
    let canonical = match name {
        "http.request.method" => "method",
        "url.path" => "path",
        "http.response.status_code" => "status",
        other => other,
    };
    match canonical {
        "message" if is_event => Some((canonical.to_owned(), true, json!(text))),
        "correlation_id" | "request_id" | "user_id" | "method" | "path" => {
            Some((canonical.to_owned(), true, json!(text)))
        }
        "status" => Some((canonical.to_owned(), true, number.unwrap_or(json!(text)))),
        "duration_ms" => match number {
            Some(number) => Some((canonical.to_owned(), true, number)),
            None => Some((canonical.to_owned(), own.is_f64(), own)),
        },
        _ if name.starts_with("otel.") || name.starts_with("radiosonde.") => None,
        _ => Some((canonical.to_owned(), false, own)),
    }
}

fn model(scene: &Scene) -> Json {
    let statics: Vec<Field> =
        scene.statics.iter().map(|(key, value)| (key.clone(), Sample::Str(value.clone()))).collect();
    let mut layers = vec![(scene.event.clone(), true)];
    layers.extend(scene.spans.iter().rev().map(|(first, later)| ([first.as_slice(), later].concat(), false)));
    layers.push((statics, false));

    let mut found: Vec<(String, bool, Json)> = Vec::new();
    for (fields, is_event) in layers {
        let mut own: Vec<(String, bool, Json)> = Vec::new();
        for (name, sample) in &fields {
            let Some(field) = modelled(name, sample, is_event) else { continue };
            own.retain(|other| other.0 != field.0);
            own.push(field);
        }
        // The message of the event and a field `message` of a span are two things.
        let is_message = |field: &(String, bool, Json)| field.0 == "message" && field.1;
        own.retain(|field| {
            !found.iter().any(|other| other.0 == field.0 && is_message(other) == is_message(field))
        });
        found.extend(own);
    }
    let mut top = Map::new();
    let mut metadata = Map::new();
    top.insert("timestamp".to_owned(), json!("2026-01-01T00:00:00.000Z"));
    top.insert("level".to_owned(), json!("INFO"));
    top.insert("service".to_owned(), json!("a \"service\""));
    top.insert("module".to_owned(), json!("made::target"));
    top.insert("message".to_owned(), json!(""));
    for (key, is_top, value) in found {
        if is_top { &mut top } else { &mut metadata }.insert(key, value);
    }
    if !metadata.is_empty() {
        top.insert("metadata".to_owned(), metadata.into());
    }
    top.into()
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
        "",
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

fn scene() -> impl Strategy<Value = Scene> {
    let statics =
        prop::collection::vec((prop::sample::select(vec!["a", "b", "user_id", "zone"]), text()), 0..3);
    (statics, prop::collection::vec((fields(), fields()), 0..4), fields()).prop_map(
        |(statics, spans, event)| {
            let statics = statics.into_iter().map(|(key, value)| (key.to_owned(), value)).collect();
            Scene { statics, spans, event }
        },
    )
}

fn parsed(line: &str) -> Json {
    let json = line.strip_suffix('\n').unwrap_or_else(|| panic!("no line feed at the end of {line:?}"));
    assert!(!json.chars().any(char::is_control), "{json:?}");
    let Unique(value) = serde_json::from_str(json).unwrap_or_else(|error| panic!("{error} in {json}"));
    value
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_line_says_what_the_model_says(scene in scene()) {
        let line = written(&scene, 250_000);
        prop_assert_eq!(parsed(&line), model(&scene));
    }

    #[test]
    fn a_long_line_is_cut_to_fit_and_stays_valid(
        scene in scene(),
        pads in prop::collection::vec((0_usize..4, 0_usize..9_000), 0..6),
        limit in 4_000_usize..6_000,
    ) {
        let mut scene = scene;
        for (at, (kind, length)) in pads.iter().enumerate() {
            let long = "ä\"\n\u{1b}x".repeat(length / 6);
            let field = match kind {
                0 => (format!("pad{at}"), Sample::Str(long)),
                1 => ("message".to_owned(), Sample::Display(long)),
                2 => (format!("pad{at}"), Sample::Error(Chain { message: long.clone(), source: Some(Box::new(Chain { message: long, source: None })) })),
                _ => ("request_id".to_owned(), Sample::Debug(long)),
            };
            match scene.spans.last_mut() {
                Some((fields, _)) if at % 2 == 0 => fields.push(field),
                _ => scene.event.push(field),
            }
        }
        let line = written(&scene, limit);
        let mut value = parsed(&line);
        prop_assert!(line.len() <= limit, "{} bytes of {limit}", line.len());
        let expected = model(&scene);
        let truncated = value.as_object_mut().unwrap().remove("truncated");
        if truncated.is_none() {
            prop_assert_eq!(value, expected);
            return Ok(());
        }
        prop_assert_eq!(truncated, Some(json!(true)));
        // Some things are never lost: every key at the top, and values that are short.
        let keys = |value: &Json| value.as_object().unwrap().keys().filter(|key| *key != "metadata").cloned().collect::<HashSet<_>>();
        prop_assert_eq!(keys(&value), keys(&expected));
        for key in keys(&expected) {
            if expected[&key].to_string().len() < 40 {
                prop_assert_eq!(&value[&key], &expected[&key]);
            }
        }
        // What was cut is a beginning of what was there.
        for (key, value) in value.get("metadata").and_then(Json::as_object).into_iter().flatten() {
            let whole = &expected["metadata"][key];
            match (value, whole) {
                (Json::String(cut), Json::String(whole)) => prop_assert!(whole.starts_with(cut.as_str())),
                (Json::Object(cut), Json::Object(whole)) => {
                    prop_assert!(whole["message"].as_str().unwrap().starts_with(cut["message"].as_str().unwrap()));
                }
                _ => prop_assert_eq!(value, whole),
            }
        }
    }
}
