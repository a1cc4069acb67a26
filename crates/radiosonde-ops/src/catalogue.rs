use std::fmt::{self, Write as _};

use radiosonde_metrics::{Descriptor, Registry};

use crate::json;
use crate::markdown::cell;

/// Lists every metric declared in a registry, sorted by name, whether or not anything was recorded.
///
/// Its `Display` is a Markdown table. Metrics of collectors are not declared, and not included.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_ops::Catalogue;
///
/// let registry = Registry::new();
/// registry.counter("payments_total", "Payments taken.").labels(&["method"])?;
/// let catalogue = Catalogue::of(&registry);
/// assert!(catalogue.to_string().ends_with("| `payments_total` | counter | `method` | | | Payments taken. |\n"));
/// assert!(catalogue.to_json().starts_with(r#"[{"name":"payments_total","kind":"counter","help":"Payments taken.""#));
/// assert_eq!(catalogue.metrics()[0].max_series(), 2000);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Catalogue {
    metrics: Vec<Descriptor>,
}

impl Catalogue {
    /// Lists the metrics declared in `registry`, without a scrape.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        Self { metrics: registry.descriptors() }
    }

    /// The metrics, sorted by name.
    #[must_use]
    pub fn metrics(&self) -> &[Descriptor] {
        &self.metrics
    }

    /// A JSON list of objects with `name`, `kind`, `help`, `unit`, `labels`, `label_values`, `constant_labels`, `buckets`,
    /// `quantiles`, `max_series` and `declared_at`; absent values are `null`. `label_values` has the possible values of the labels of
    /// which they are known.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut out = String::new();
        json::list(&self.metrics, &mut out, write_json);
        out
    }
}

fn write_json(metric: &Descriptor, out: &mut String) {
    let key = |out: &mut String, key: &str| {
        out.push_str(if key == "name" { "{" } else { "," });
        json::string(key, out);
        out.push(':');
    };
    let texts = [("name", metric.name()), ("kind", metric.kind().as_str()), ("help", metric.help())];
    for (name, text) in texts {
        key(out, name);
        json::string(text, out);
    }
    key(out, "unit");
    match metric.unit() {
        Some(unit) => json::string(unit, out),
        None => out.push_str("null"),
    }
    key(out, "labels");
    json::list(metric.labels(), out, json::string);
    key(out, "label_values");
    json::object(known_values(metric), out, |values, out| json::list(values, out, json::string));
    key(out, "constant_labels");
    json::list(metric.constant_labels(), out, |(name, value), out| {
        json::list([name, value], out, json::string);
    });
    for (name, numbers) in [("buckets", metric.buckets()), ("quantiles", metric.quantiles())] {
        key(out, name);
        match numbers {
            // Writing to a String does not fail. All numbers are finite.
            Some(numbers) => json::list(numbers, out, |number, out| {
                let _ = write!(out, "{number:?}");
            }),
            None => out.push_str("null"),
        }
    }
    key(out, "max_series");
    let _ = write!(out, "{}", metric.max_series());
    key(out, "declared_at");
    json::string(&metric.declared_at().to_string(), out);
    out.push('}');
}

/// The labels of which the possible values are known, with those values.
fn known_values(metric: &Descriptor) -> impl Iterator<Item = (&str, Vec<&str>)> {
    let labels = metric.labels().map(|label| (label, metric.label_values(label).collect::<Vec<_>>()));
    labels.filter(|(_, values)| !values.is_empty())
}

/// Names in code, separated by commas.
fn in_code<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<_> = names.into_iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}

impl fmt::Display for Catalogue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("| Metric | Kind | Labels | Label values | Unit | Help |\n|---|---|---|---|---|---|\n")?;
        for metric in &self.metrics {
            let values: Vec<_> = known_values(metric)
                .map(|(label, values)| format!("`{label}`: {}", in_code(values)))
                .collect();
            let (labels, values) = (cell(&in_code(metric.labels())), cell(&values.join("; ")));
            let (unit, help) = (cell(metric.unit().unwrap_or("")), cell(metric.help()));
            let (name, kind) = (metric.name(), metric.kind().as_str());
            writeln!(f, "| `{name}` | {kind} |{labels}|{values}|{unit}|{help}|")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use radiosonde_metrics::Buckets;

    fn registry() -> Registry {
        let registry = Registry::new();
        registry.info("a_info", "An \"info\".\nOf | two lines.", &[("x", "1")]).unwrap();
        let seconds = registry.histogram("b_seconds", "B.").unit("seconds").constant_labels(&[("zone", "a")]);
        let seconds = seconds.possible_values(&[("shard", &["odd", "a|b"]), ("state", &["done"])]);
        seconds.buckets(Buckets::from_static(&[0.5, 1.0])).labels(&["queue", "shard", "state"]).unwrap();
        registry.summary("c", "C.").quantiles(&[0.5]).build().unwrap();
        registry
    }

    #[test]
    fn as_a_table_each_metric_is_a_row() {
        let expected = "\
| Metric | Kind | Labels | Label values | Unit | Help |
|---|---|---|---|---|---|
| `a_info` | info | `x` | | | An \"info\". Of \\| two lines. |
| `b_seconds` | histogram | `queue`, `shard`, `state` | `shard`: `odd`, `a\\|b`; `state`: `done` | seconds | B. |
| `c` | summary | | | | C. |
";
        assert_eq!(Catalogue::of(&registry()).to_string(), expected);
    }

    #[test]
    fn as_json_nothing_is_left_out() {
        let json = Catalogue::of(&registry()).to_json();
        let without_places: String =
            json.split("\"declared_at\":\"").enumerate().fold(String::new(), |all, (at, part)| {
                all + if at == 0 { part } else { part.split_once('"').unwrap().1 }
            });
        let expected = concat!(
            r#"[{"name":"a_info","kind":"info","help":"An \"info\".\u000aOf | two lines.","unit":null,"labels":["x"],"#,
            r#""label_values":{},"constant_labels":[],"buckets":null,"quantiles":null,"max_series":2000,},"#,
            r#"{"name":"b_seconds","kind":"histogram","help":"B.","unit":"seconds","labels":["queue","shard","state"],"#,
            r#""label_values":{"shard":["odd","a|b"],"state":["done"]},"constant_labels":[["zone","a"]],"buckets":[0.5,1.0],"quantiles":null,"max_series":2000,},"#,
            r#"{"name":"c","kind":"summary","help":"C.","unit":null,"labels":[],"#,
            r#""label_values":{},"constant_labels":[],"buckets":null,"quantiles":[0.5],"max_series":2000,}]"#,
        );
        assert_eq!(without_places, expected);
        assert_eq!(json.matches("catalogue.rs:").count(), 3);
    }
}
