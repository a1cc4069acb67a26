//! Lines of the `ecs` profile, checked against the field types that Elastic publishes and the rules of its logging libraries.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod scenes;

use proptest::prelude::*;
use radiosonde_log::{ACCESS_TARGET, AUDIT_TARGET, METRIC_TARGET, Profile};
use serde_json::Value as Json;

use crate::scenes::{Chain, Sample, parsed, scene, written};

/// Every field that the profile writes and its type, from `generated/csv/fields.csv` of <https://github.com/elastic/ecs> at
/// commit 7b665790c7c477dc8452ff16024dda76c706cc9c, whose version is 8.12.0-dev: the work after 8.11, the version in the
/// lines. `log.flags` is from the fields that Filebeat exports; `metric.*` is in no schema, and collides with none of these.
const TYPES: [(&str, &str); 28] = [
    ("@timestamp", "date"),
    ("ecs.version", "keyword"),
    ("error.message", "match_only_text"),
    ("error.stack_trace", "wildcard"),
    ("error.type", "keyword"),
    ("event.action", "keyword"),
    ("event.dataset", "keyword"),
    ("event.duration", "long"),
    ("event.kind", "keyword"),
    ("event.outcome", "keyword"),
    ("http.request.id", "keyword"),
    ("http.request.method", "keyword"),
    ("http.response.status_code", "long"),
    ("labels", "object"),
    ("log.flags", "keyword"),
    ("log.level", "keyword"),
    ("log.logger", "keyword"),
    ("message", "match_only_text"),
    ("metric.name", "keyword"),
    ("metric.value", "double"),
    ("service.environment", "keyword"),
    ("service.name", "keyword"),
    ("service.version", "keyword"),
    ("span.id", "keyword"),
    ("trace.id", "keyword"),
    ("url.path", "wildcard"),
    ("user.id", "keyword"),
    ("user.name", "keyword"),
];

/// The keys that `spec/spec.json` of <https://github.com/elastic/ecs-logging> requires.
const REQUIRED: [&str; 4] = ["@timestamp", "log.level", "message", "ecs.version"];

/// The reason why Elasticsearch could reject a line, if any.
fn conflict(line: &str) -> Result<(), String> {
    let value = parsed(line);
    let object = value.as_object().ok_or("no object")?;
    // The order of the specification: these three first.
    let start =
        line.strip_prefix("{\"@timestamp\":\"").and_then(|rest| rest.split_once('"')).ok_or("time")?.1;
    let start =
        start.strip_prefix(",\"log.level\":\"").and_then(|rest| rest.split_once('"')).ok_or("level")?.1;
    start.strip_prefix(",\"message\":\"").ok_or("message is not the third key")?;
    for key in REQUIRED {
        object.get(key).ok_or_else(|| format!("{key} is missing"))?;
    }
    for (key, value) in object {
        match (key.as_str(), value) {
            ("error", Json::Object(parts)) => {
                for (part, value) in parts {
                    check(&format!("error.{part}"), value)?;
                }
            }
            (key, value) => check(key, value)?,
        }
    }
    Ok(())
}

fn check(key: &str, value: &Json) -> Result<(), String> {
    let (_, kind) =
        TYPES.iter().find(|(known, _)| *known == key).ok_or_else(|| format!("{key} is not in ECS"))?;
    let fits = match *kind {
        "keyword" | "match_only_text" | "wildcard" => match value {
            Json::Array(values) => values.iter().all(Json::is_string),
            value => value.is_string(),
        },
        "date" => value.as_str().is_some_and(|text| text.len() == 24 && text.ends_with('Z')),
        "long" => value.is_i64(),
        "double" => value.is_number() || value.is_null(),
        // Labels: keywords whose names do not nest.
        _ => value.as_object().is_some_and(|labels| {
            labels.iter().all(|(name, value)| {
                let is_name = !name.trim().is_empty() && !name.contains(['.', '*', '\\']);
                is_name && value.is_string()
            })
        }),
    };
    if fits { Ok(()) } else { Err(format!("{key} is a {kind}, and not {value}")) }
}

#[test]
fn the_checker_itself_sees_what_elasticsearch_would_refuse() {
    let line = |rest: &str| {
        format!(
            "{{\"@timestamp\":\"2026-01-01T00:00:00.000Z\",\"log.level\":\"info\",\"message\":\"\",\"ecs.version\":\"1\"{rest}}}\n"
        )
    };
    assert_eq!(conflict(&line("")), Ok(()));
    for wrong in [
        ",\"http.response.status_code\":\"200\"",
        ",\"http.response.status_code\":18446744073709551615",
        ",\"event.duration\":1.5",
        ",\"status\":200",
        ",\"labels\":{\"a\":1}",
        ",\"labels\":{\"a.b\":\"1\"}",
        ",\"labels\":{\" \":\"1\"}",
        ",\"error\":\"text\"",
        ",\"error\":{\"chain\":[]}",
        ",\"user.id\":42",
    ] {
        assert!(conflict(&line(wrong)).is_err(), "{wrong}");
    }
    assert!(
        conflict("{\"log.level\":\"info\",\"@timestamp\":\"2026-01-01T00:00:00.000Z\",\"message\":\"\"}\n")
            .is_err()
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn no_field_of_any_line_conflicts_with_its_published_type(
        scene in scene(),
        target in prop::sample::select(vec!["made::target", ACCESS_TARGET, AUDIT_TARGET, METRIC_TARGET]),
        pad in 0_usize..9_000,
        limit in prop::sample::select(vec![7_000_usize, 250_000]),
    ) {
        let mut scene = scene;
        scene.target = target;
        let long = "ä\"\n\u{1b}x".repeat(pad / 6);
        scene.event.push(("pad.pad".to_owned(), Sample::Str(long.clone())));
        if let Some((fields, _)) = scene.spans.last_mut() {
            let source = Some(Box::new(Chain { message: long.clone(), source: None }));
            fields.push(("error".to_owned(), Sample::Error(Chain { message: long, source })));
        }
        let line = written(&scene, limit, |builder| builder.profile(Profile::Ecs));
        prop_assert!(line.len() <= limit);
        prop_assert_eq!(conflict(&line), Ok(()), "{}", line);
    }
}
