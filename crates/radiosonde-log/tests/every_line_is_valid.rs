//! Lines with any field names and values, in events and nested spans, are one JSON object with unique keys, and match a
//! simple model.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod scenes;

use std::collections::HashSet;

use proptest::prelude::*;
use serde_json::{Map, Value as Json, json};

use crate::scenes::{Chain, Field, Sample, Scene, Unique, parsed, scene, written};

#[test]
fn the_checker_itself_sees_a_key_twice() {
    assert!(serde_json::from_str::<Unique>(r#"{"a":{"b":1,"b":2}}"#).is_err());
    assert!(serde_json::from_str::<Unique>(r#"{"a":{"b":1},"b":2}"#).is_ok());
}

/// The model of a field: its key, whether it is at the top level, and its value.
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
        // The message of the event and a field `message` of a span are different.
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

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn a_line_says_what_the_model_says(scene in scene()) {
        let line = written(&scene, 250_000, |builder| builder);
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
        let line = written(&scene, limit, |builder| builder);
        let mut value = parsed(&line);
        prop_assert!(line.len() <= limit, "{} bytes of {limit}", line.len());
        let expected = model(&scene);
        let truncated = value.as_object_mut().unwrap().remove("truncated");
        if truncated.is_none() {
            prop_assert_eq!(value, expected);
            return Ok(());
        }
        prop_assert_eq!(truncated, Some(json!(true)));
        // Never lost: every top-level key, and short values.
        let keys = |value: &Json| value.as_object().unwrap().keys().filter(|key| *key != "metadata").cloned().collect::<HashSet<_>>();
        prop_assert_eq!(keys(&value), keys(&expected));
        for key in keys(&expected) {
            if expected[&key].to_string().len() < 40 {
                prop_assert_eq!(&value[&key], &expected[&key]);
            }
        }
        // A truncated value is a prefix of the original.
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
