use radiosonde_metrics::Registry;

use crate::golden::GoldenSignals;

/// Work whose golden signals an objective is about, declared before or after it.
///
/// # Shape
/// A kind of work, as [`GoldenSignals::kind`] has it, the name of one of that kind, and labels. Work that several signals fit is all of theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    kind: String,
    name: Option<String>,
    /// The value of the item label: the route of a server, the operation of a database.
    items: Vec<String>,
    labels: Vec<(String, String)>,
}

impl Work {
    /// Everything of this kind, such as `database`.
    pub fn of_kind(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: None, items: Vec::new(), labels: Vec::new() }
    }

    /// All requests that the service serves.
    #[must_use]
    pub fn http_server() -> Self {
        Self::of_kind("http_server")
    }

    /// Requests to a route, by its template, such as `/orders/{id}`.
    pub fn route(template: impl Into<String>) -> Self {
        Self::http_server().item(template)
    }

    /// All calls over HTTP to a server, by its host and port.
    pub fn http_client(server: impl Into<String>) -> Self {
        Self::of_kind("http_client").item(server)
    }

    /// The calls of an [`Operation`](crate::Operation), or of a function under `#[observe]`.
    pub fn operation(name: impl Into<String>) -> Self {
        Self::of_kind("operation").named(name)
    }

    /// Only that with this name, such as the name of a database.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Only this item, or also this one: a route of a server, a server of a client.
    #[must_use]
    pub fn item(mut self, item: impl Into<String>) -> Self {
        self.items.push(item.into());
        self
    }

    /// Only series with this label.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// The kind of work.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The signals of the work that are declared so far, narrowed to its items and labels.
    #[must_use]
    pub fn signals(&self, registry: &Registry) -> Vec<GoldenSignals> {
        self.among(&GoldenSignals::of(registry))
    }

    /// Those of these signals that are of the work, narrowed to its items and labels.
    pub(crate) fn among(&self, signals: &[GoldenSignals]) -> Vec<GoldenSignals> {
        let is_meant = |signals: &&GoldenSignals| {
            signals.kind() == self.kind && self.name.as_deref().is_none_or(|name| signals.name() == name)
        };
        signals.iter().filter(is_meant).map(|signals| self.narrowed(signals.clone())).collect()
    }

    fn narrowed(&self, signals: GoldenSignals) -> GoldenSignals {
        let item = signals.item_label().filter(|_| !self.items.is_empty()).map(str::to_owned);
        let of_items = match item {
            Some(label) => signals.map_series(|series| series.with_any(&*label, self.items.clone())),
            None => signals,
        };
        self.labels
            .iter()
            .fold(of_items, |signals, (label, value)| signals.map_series(|series| series.with(label, value)))
    }
}
