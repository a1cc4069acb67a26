use crate::document::Node;

/// A dashboard of Grafana, as a file of its provisioning.
#[derive(Debug, Clone, PartialEq)]
pub struct Dashboard {
    uid: String,
    title: String,
    pub(crate) node: Node,
}

impl Dashboard {
    #[allow(dead_code, reason = "until there are dashboards")]
    pub(crate) fn new(uid: impl Into<String>, title: impl Into<String>, node: Node) -> Self {
        Self { uid: uid.into(), title: title.into(), node }
    }

    /// The identifier in its address: the name of its file, and the name to ask for it.
    #[must_use]
    pub fn uid(&self) -> &str {
        &self.uid
    }

    /// The title.
    #[must_use]
    pub fn title(&self) -> &str {
        &self.title
    }

    /// The JSON of its file.
    #[must_use]
    pub fn to_json(&self) -> String {
        self.node.to_json()
    }
}
