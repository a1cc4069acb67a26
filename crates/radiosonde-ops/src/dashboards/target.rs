use crate::document::{Node, map};

/// The kind of data source that a query is for: a variable of the dashboard with this name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    Prometheus,
    Loki,
}

impl Source {
    /// The type of its plugin, the name of the variable, and the uid in this repository's provisioning.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Prometheus => "prometheus",
            Self::Loki => "loki",
        }
    }

    /// The data source that is selected.
    pub(crate) fn node(self) -> Node {
        map([("type", self.name().into()), ("uid", Node::from(format!("${{{}}}", self.name())))])
    }
}

/// A query of a panel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Target {
    pub(crate) expr: String,
    pub(crate) legend: String,
    source: Source,
    /// Traces as dots on the graph.
    exemplar: bool,
    /// The value now, instead of a graph.
    instant: bool,
    format: &'static str,
}

impl Target {
    pub(crate) fn new(expr: impl Into<String>, legend: impl Into<String>) -> Self {
        Self {
            expr: expr.into(),
            legend: legend.into(),
            source: Source::Prometheus,
            exemplar: false,
            instant: false,
            format: "time_series",
        }
    }

    pub(crate) fn lines(expr: impl Into<String>) -> Self {
        Self { source: Source::Loki, ..Self::new(expr, "") }
    }

    pub(crate) fn with_exemplars(self) -> Self {
        Self { exemplar: true, ..self }
    }

    pub(crate) fn table(self) -> Self {
        Self { instant: true, format: "table", ..self }
    }

    pub(crate) fn heatmap(self) -> Self {
        Self { format: "heatmap", legend: "{{le}}".to_owned(), ..self }
    }

    pub(crate) const fn source(&self) -> Source {
        self.source
    }

    pub(crate) fn node(&self, at: usize) -> Node {
        let mut node: Vec<(&str, Node)> = vec![
            ("refId", reference(at).into()),
            ("datasource", self.source.node()),
            ("editorMode", "code".into()),
            ("expr", (&self.expr).into()),
        ];
        if self.source == Source::Loki {
            node.push(("queryType", "range".into()));
            return map(node);
        }
        node.extend([
            ("legendFormat", (&self.legend).into()),
            ("format", self.format.into()),
            ("instant", self.instant.into()),
            ("range", (!self.instant).into()),
            ("exemplar", self.exemplar.into()),
        ]);
        map(node)
    }
}

/// `A` to `Z`, then `A1` and so on.
fn reference(at: usize) -> String {
    let letter = char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ"[at % 26]);
    if at < 26 { letter.to_string() } else { format!("{letter}{}", at / 26) }
}
