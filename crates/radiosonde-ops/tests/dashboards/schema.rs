//! The part of JSON Schema that the types of `@grafana/schema` need.

use serde_json::Value;

/// What is not as the schema has it. A panel is looked at by its type.
pub(crate) fn violations(dashboard: &Value) -> Vec<String> {
    let schema: Value = serde_json::from_str(include_str!("../grafana_schema.json")).unwrap();
    let mut found = Vec::new();
    check(&schema["dashboard"], dashboard, "dashboard", &mut found);
    for panel in dashboard["panels"].as_array().unwrap() {
        let (kind, title) = (panel["type"].as_str().unwrap(), panel["title"].as_str().unwrap());
        let path = format!("{kind} {title:?}");
        if kind == "row" {
            check(&schema["row"], panel, &path, &mut found);
            continue;
        }
        check(&schema["panel"], panel, &path, &mut found);
        match schema["options"].get(kind) {
            Some(options) => check(options, &panel["options"], &format!("{path}.options"), &mut found),
            None => found.push(format!("{path}: unknown type")),
        }
        let custom = &panel["fieldConfig"]["defaults"]["custom"];
        match schema["custom"].get(kind) {
            Some(settings) => check(settings, custom, &format!("{path}.custom"), &mut found),
            None if custom.as_object().is_some_and(serde_json::Map::is_empty) => {}
            None if schema["options"].get(kind).is_none() => {}
            None => found.push(format!("{path}.custom: expected nothing")),
        }
    }
    found
}

fn check(schema: &Value, value: &Value, path: &str, found: &mut Vec<String>) {
    if let Some(any) = schema["anyOf"].as_array() {
        let fits = any.iter().any(|one| {
            let mut own = Vec::new();
            check(one, value, path, &mut own);
            own.is_empty()
        });
        if !fits {
            found.push(format!("{path}: {value} fits nothing of {schema}"));
        }
        return;
    }
    let is_type = |name: &str| match name {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => value.is_null(),
    };
    let types = match &schema["type"] {
        Value::Array(types) => types.iter().filter_map(Value::as_str).collect(),
        Value::String(one) => vec![one.as_str()],
        _ => Vec::new(),
    };
    // A number of the schema is an integer, one of a dashboard may be written as `1.0`.
    let equals = |of: &Value| of == value || (of.is_number() && of.as_f64() == value.as_f64());
    let in_list = schema["enum"].as_array().is_none_or(|all| all.iter().any(equals));
    let is_const = schema.get("const").is_none_or(equals);
    if !(types.is_empty() || types.into_iter().any(is_type)) || !in_list || !is_const {
        return found.push(format!("{path}: {value} is not {schema}"));
    }
    for item in value.as_array().into_iter().flatten() {
        check(&schema["items"], item, &format!("{path}[]"), found);
    }
    let Some(object) = value.as_object() else { return };
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !object.contains_key(name) {
            found.push(format!("{path}: no {name}"));
        }
    }
    for (name, value) in object {
        match (schema["properties"].get(name), &schema["additionalProperties"]) {
            (Some(own), _) => check(own, value, &format!("{path}.{name}"), found),
            (None, Value::Bool(false)) => found.push(format!("{path}: unknown {name}")),
            (None, others) => check(others, value, &format!("{path}.{name}"), found),
        }
    }
}
