use crate::dashboards::target::Source;
use crate::document::{Node, list, map};

/// A template variable of a dashboard.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    label: &'static str,
    kind: VariableKind,
    /// The value that is selected; `None` stands for all.
    pub(crate) value: Option<String>,
}

#[derive(Debug, Clone, PartialEq)]
enum VariableKind {
    /// One of the data sources with this plugin.
    DataSource(&'static str),
    /// The values of a label.
    Labels(String),
}

impl Variable {
    /// A data source, initially that whose uid is the name of its plugin. Without it, Grafana takes another one.
    pub(crate) fn source(plugin: &'static str, label: &'static str) -> Self {
        Self {
            name: plugin.to_owned(),
            label,
            kind: VariableKind::DataSource(plugin),
            value: Some(plugin.to_owned()),
        }
    }

    /// The values of a label that these series have.
    pub(crate) fn label(name: &str, label: &'static str, series: &str) -> Self {
        let query = format!("label_values({series}, {name})");
        Self { name: name.to_owned(), label, kind: VariableKind::Labels(query), value: None }
    }

    pub(crate) fn node(&self) -> Node {
        let mut node: Vec<(&str, Node)> = vec![("name", (&self.name).into()), ("label", self.label.into())];
        match &self.kind {
            VariableKind::DataSource(plugin) => {
                let value = self.value.as_deref().unwrap_or(plugin);
                node.extend([
                    ("type", "datasource".into()),
                    ("query", (*plugin).into()),
                    ("current", map([("text", Node::from(value)), ("value", value.into())])),
                    ("includeAll", false.into()),
                    ("multi", false.into()),
                    ("regex", "".into()),
                    ("refresh", 1.0.into()),
                ]);
            }
            VariableKind::Labels(query) => {
                let (text, value) = match &self.value {
                    Some(value) => (value.as_str(), value.as_str()),
                    None => ("All", "$__all"),
                };
                let current = map([("text", list([text])), ("value", list([value]))]);
                let query = map([("query", Node::from(query)), ("refId", (&self.name).into())]);
                node.extend([
                    ("type", "query".into()),
                    ("datasource", Source::Prometheus.node()),
                    ("query", query),
                    ("current", current),
                    // Also of series without the label.
                    ("allValue", ".*".into()),
                    ("includeAll", true.into()),
                    ("multi", true.into()),
                    ("refresh", 2.0.into()),
                    ("sort", 1.0.into()),
                ]);
            }
        }
        node.push(("hide", 0.0.into()));
        map(node)
    }
}
