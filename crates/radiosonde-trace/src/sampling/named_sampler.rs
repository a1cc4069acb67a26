use std::collections::BTreeMap;

use radiosonde_core::Rate;

use crate::sampling::invalid_sampler::InvalidSampler;
use crate::sampling::per_operation::PerOperation;
use crate::sampling::sampler::Sampler;
use crate::sampling::span_match::SpanMatch;
use crate::spans::attribute::AttributeValue;
use crate::spans::finished_span::SpanKind;

/// A sampler by the name of its constructor, as a configuration file has it.
#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum NamedSampler {
    AlwaysOn,
    AlwaysOff,
    Ratio(f64),
    ParentBasedAlwaysOn,
    ParentBasedAlwaysOff,
    ParentBasedRatio(f64),
    ParentBased(ByParent),
    /// Spans per second.
    RateLimited(f64),
    Rules(ByRules),
    PerOperation(ByOperation),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByParent {
    root: Sampler,
    if_remote_sampled: Option<Sampler>,
    if_remote_not_sampled: Option<Sampler>,
    if_local_sampled: Option<Sampler>,
    if_local_not_sampled: Option<Sampler>,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByRules {
    #[serde(rename = "match")]
    rules: Vec<Rule>,
    otherwise: Sampler,
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    name: Option<String>,
    route: Option<String>,
    kind: Option<Kind>,
    #[serde(default)]
    attributes: BTreeMap<String, Value>,
    sampler: Sampler,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Internal,
    Server,
    Client,
    Producer,
    Consumer,
}

#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Value {
    Bool(bool),
    I64(i64),
    F64(f64),
    Text(String),
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByOperation {
    ratio: f64,
    #[serde(default)]
    lower_bound: f64,
    #[serde(default)]
    operations: BTreeMap<String, f64>,
}

impl TryFrom<NamedSampler> for Sampler {
    type Error = InvalidSampler;

    fn try_from(named: NamedSampler) -> Result<Self, InvalidSampler> {
        Ok(match named {
            NamedSampler::AlwaysOn => Self::always_on(),
            NamedSampler::AlwaysOff => Self::always_off(),
            NamedSampler::Ratio(ratio) => Self::ratio(ratio)?,
            NamedSampler::ParentBasedAlwaysOn => Self::parent_based_always_on(),
            NamedSampler::ParentBasedAlwaysOff => Self::parent_based_always_off(),
            NamedSampler::ParentBasedRatio(ratio) => Self::parent_based_ratio(ratio)?,
            NamedSampler::ParentBased(branches) => branches.into(),
            NamedSampler::RateLimited(per_second) => Self::rate_limited(Rate::per_second_f64(per_second)),
            NamedSampler::Rules(ByRules { rules, otherwise }) => {
                Self::rules(rules.into_iter().map(Rule::into_pair), otherwise)
            }
            NamedSampler::PerOperation(operations) => Self::per_operation(operations.try_into()?),
        })
    }
}

impl From<ByParent> for Sampler {
    fn from(branches: ByParent) -> Self {
        type Set = fn(Sampler, Sampler) -> Sampler;

        let settings: [(Option<Self>, Set); 4] = [
            (branches.if_remote_sampled, Self::if_remote_sampled),
            (branches.if_remote_not_sampled, Self::if_remote_not_sampled),
            (branches.if_local_sampled, Self::if_local_sampled),
            (branches.if_local_not_sampled, Self::if_local_not_sampled),
        ];
        let set = settings.into_iter().filter_map(|(sampler, set)| Some((sampler?, set)));
        set.fold(Self::parent_based(branches.root), |all, (sampler, set)| set(all, sampler))
    }
}

impl Rule {
    fn into_pair(self) -> (SpanMatch, Sampler) {
        let Self { name, route, kind, attributes, sampler } = self;
        let mut condition = SpanMatch::new();
        if let Some(name) = name {
            condition = condition.name(&name);
        }
        if let Some(route) = route {
            condition = condition.route(&route);
        }
        if let Some(kind) = kind {
            condition = condition.kind(kind.into());
        }
        for (key, value) in attributes {
            condition = condition.attribute(key, value);
        }
        (condition, sampler)
    }
}

impl From<Kind> for SpanKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Internal => Self::Internal,
            Kind::Server => Self::Server,
            Kind::Client => Self::Client,
            Kind::Producer => Self::Producer,
            Kind::Consumer => Self::Consumer,
        }
    }
}

impl From<Value> for AttributeValue {
    fn from(value: Value) -> Self {
        match value {
            Value::Bool(truth) => truth.into(),
            Value::I64(number) => number.into(),
            Value::F64(number) => number.into(),
            Value::Text(text) => text.into(),
        }
    }
}

impl TryFrom<ByOperation> for PerOperation {
    type Error = InvalidSampler;

    fn try_from(named: ByOperation) -> Result<Self, InvalidSampler> {
        let strategies = Self::new(named.ratio)?.lower_bound(named.lower_bound);
        named
            .operations
            .into_iter()
            .try_fold(strategies, |strategies, (name, ratio)| strategies.operation(name, ratio))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Sampler, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn composed_samplers_are_read_as_data() {
        let rules = r#"{"rules": {
            "match": [
                {"route": "/health/*", "kind": "server", "sampler": "always_off"},
                {"name": "GET *", "attributes": {"tenant.id": "acme", "retry": 1, "debug": true}, "sampler": {"ratio": 0.5}}
            ],
            "otherwise": {"rate_limited": 0.5}
        }}"#;
        let health = SpanMatch::new().route("/health/*").kind(SpanKind::Server);
        let tenant = SpanMatch::new().name("GET *").attribute("debug", true).attribute("retry", 1);
        let tenant = tenant.attribute("tenant.id", "acme");
        let expected = Sampler::rules(
            [(health, Sampler::always_off()), (tenant, Sampler::ratio(0.5).unwrap())],
            Sampler::rate_limited(Rate::per_second_f64(0.5)),
        );
        assert_eq!(read(rules).unwrap(), expected);

        let branches = r#"{"parent_based": {
            "root": {"per_operation": {"ratio": 0.1, "lower_bound": 0.5, "operations": {"a": 1.0}}},
            "if_remote_sampled": {"rate_limited": 5},
            "if_local_not_sampled": "always_on"
        }}"#;
        let operations = PerOperation::new(0.1).unwrap().lower_bound(0.5).operation("a", 1.0).unwrap();
        let expected = Sampler::parent_based(Sampler::per_operation(operations))
            .if_remote_sampled(Sampler::rate_limited(Rate::per_second_f64(5.0)))
            .if_local_not_sampled(Sampler::always_on());
        assert_eq!(read(branches).unwrap(), expected);
    }

    #[test]
    fn a_mistake_within_a_composed_sampler_is_named() {
        for (text, expected) in [
            (r#"{"parent_based": {"root": {"ratio": 2}}}"#, "invalid sampling ratio 2"),
            (r#"{"per_operation": {"ratio": 0.1, "operations": {"a": -1.0}}}"#, "invalid sampling ratio -1"),
            (r#"{"parent_based": {"root": "always_on", "remote": "always_on"}}"#, "unknown field `remote`"),
            (
                r#"{"rules": {"match": [{"kind": "bus", "sampler": "always_on"}], "otherwise": "always_on"}}"#,
                "bus",
            ),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error}");
        }
    }
}
