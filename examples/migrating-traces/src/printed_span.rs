use serde_json::{Map, Value};

/// A span as one line of JSON on standard output, where a service sends it to a collector.
#[derive(Debug)]
pub(crate) struct PrintedSpan {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
    /// `None` for the root of a trace.
    pub(crate) parent_id: Option<String>,
    pub(crate) name: String,
    pub(crate) kind: String,
    /// `Unset`, `Ok` or `Error`.
    pub(crate) status: &'static str,
    /// The description of the error.
    pub(crate) description: String,
    pub(crate) attributes: Map<String, Value>,
    /// The name of each event, and its attributes.
    pub(crate) events: Vec<(String, Map<String, Value>)>,
    /// The ids of the spans that it links to.
    pub(crate) links: Vec<String>,
}

impl PrintedSpan {
    pub(crate) fn print(self) {
        let line = serde_json::json!({
            "trace_id": self.trace_id,
            "span_id": self.span_id,
            "parent_id": self.parent_id,
            "name": self.name,
            "kind": self.kind,
            "status": self.status,
            "description": self.description,
            "attributes": self.attributes,
            "events": self.events,
            "links": self.links,
        });
        println!("{line}");
    }
}
