use crate::document::{Node, list, map, string};

/// A link of a dashboard or of a panel.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Link {
    title: String,
    tooltip: &'static str,
    to: To,
}

#[derive(Debug, Clone, PartialEq)]
enum To {
    Url(String),
    /// The dashboards with all of these tags.
    Tagged(Vec<String>),
}

impl Link {
    /// An address, in which variables of the dashboard are replaced.
    pub(crate) fn url(title: &str, tooltip: &'static str, url: impl Into<String>) -> Self {
        Self { title: title.to_owned(), tooltip, to: To::Url(url.into()) }
    }

    pub(crate) fn tagged(title: &str, tags: Vec<String>) -> Self {
        Self { title: title.to_owned(), tooltip: "Other dashboards of this service", to: To::Tagged(tags) }
    }

    /// The traces of a service in Explore, in the time of the dashboard.
    pub(crate) fn traces(service: &str) -> Self {
        let query = format!(r#""queryType":"search","service":{}"#, quoted(service));
        Self::url("Traces", "Traces of this service in Jaeger", explore("jaeger", &query))
    }

    /// Traces of requests that took longer, in seconds, than is good.
    pub(crate) fn slow_traces(service: &str, seconds: f64) -> Self {
        let longest = quoted(&format!("{}ms", seconds * 1000.0));
        let query = format!(r#""queryType":"search","service":{},"minDuration":{longest}"#, quoted(service));
        Self::url("Slow traces", "Traces that took longer than is good", explore("jaeger", &query))
    }

    /// Lines in Explore, by a query in LogQL, in the time of the dashboard.
    pub(crate) fn lines(title: &str, logql: &str) -> Self {
        Self::url(
            title,
            "Lines of this service in Loki",
            explore("loki", &format!(r#""expr":{}"#, quoted(logql))),
        )
    }

    pub(crate) fn node(&self) -> Node {
        let (kind, tags) = match &self.to {
            To::Url(_) => ("link", Vec::new()),
            To::Tagged(tags) => ("dashboards", tags.clone()),
        };
        let is_tagged = matches!(self.to, To::Tagged(_));
        let mut node: Vec<(&str, Node)> = vec![
            ("asDropdown", false.into()),
            ("icon", "external link".into()),
            ("includeVars", is_tagged.into()),
            ("keepTime", is_tagged.into()),
            ("tags", list(tags)),
            ("targetBlank", (!is_tagged).into()),
            ("title", (&self.title).into()),
            ("tooltip", self.tooltip.into()),
            ("type", kind.into()),
        ];
        if let To::Url(url) = &self.to {
            node.push(("url", url.into()));
        }
        map(node)
    }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::new();
    string(text, &mut quoted);
    quoted
}

/// The address of a query in Explore.
///
/// Source: <https://grafana.com/docs/grafana/latest/explore/get-started-with-explore/#generate-explore-urls-from-external-tools>
fn explore(source: &str, query: &str) -> String {
    let variable = format!("${{{source}}}");
    let panes = format!(
        r#"{{"a":{{"datasource":"{variable}","queries":[{{"refId":"A","datasource":{{"type":"{source}","uid":"{variable}"}},{query}}}],"range":{{"from":"${{__from}}","to":"${{__to}}"}}}}}}"#,
    );
    let mut panes = encoded(&panes);
    // Grafana replaces variables before the address is read.
    for name in [source, "__from", "__to"] {
        panes = panes.replace(&encoded(&format!("${{{name}}}")), &format!("${{{name}}}"));
    }
    format!("/explore?schemaVersion=1&panes={panes}")
}

/// Source: RFC 3986, section 2: <https://www.rfc-editor.org/rfc/rfc3986#section-2>
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push('%');
            encoded.extend(
                [byte >> 4, byte & 15].map(|digit| char::from(b"0123456789ABCDEF"[usize::from(digit)])),
            );
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_in_explore_keeps_its_variables() {
        let Link { to: To::Url(url), .. } = Link::lines("Lines", r#"{service_name="a b"} |= "x""#) else {
            panic!("an address")
        };
        assert!(
            url.starts_with(
                "/explore?schemaVersion=1&panes=%7B%22a%22%3A%7B%22datasource%22%3A%22${loki}%22"
            )
        );
        assert!(
            url.contains(
                "%22expr%22%3A%22%7Bservice_name%3D%5C%22a%20b%5C%22%7D%20%7C%3D%20%5C%22x%5C%22%22"
            )
        );
        assert!(
            url.ends_with(
                "%22range%22%3A%7B%22from%22%3A%22${__from}%22%2C%22to%22%3A%22${__to}%22%7D%7D%7D"
            )
        );
    }
}
