use http::StatusCode;
use http::header::{ACCEPT, ACCEPT_ENCODING, HeaderMap, HeaderName, VARY};
use radiosonde_core::decode_percent;
use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::{Dialect, Selection};

use crate::answering::refusal::Refusal;
use crate::scraping::coding::{AcceptedCodings, Coding};

/// The headers of a request that its response depends on.
pub(crate) const VARIES_BY: &str = "accept, accept-encoding";

/// What one request asks for. Equal ones share a gathering.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Scrape {
    pub(crate) dialect: Dialect,
    selection: Selection,
    codings: AcceptedCodings,
}

impl Scrape {
    pub(crate) fn read(query: Option<&str>, headers: &HeaderMap) -> Result<Self, Refusal> {
        let dialect = Dialect::negotiate(&list(headers, &ACCEPT).unwrap_or_default());
        let codings = AcceptedCodings::negotiate(list(headers, &ACCEPT_ENCODING).as_deref());
        let codings = codings.ok_or_else(|| {
            Refusal::new(StatusCode::NOT_ACCEPTABLE, "every coding of the body is refused")
                .header(VARY, VARIES_BY)
        })?;
        let selection = selection(query.unwrap_or_default())
            .ok_or_else(|| Refusal::bad_request("a name[] is not percent-encoded UTF-8"))?;
        Ok(Self { dialect, selection, codings })
    }

    /// The body as it is sent, and how it is coded.
    pub(crate) fn make(&self, registry: &Registry) -> (Vec<u8>, Coding) {
        let mut body = Vec::new();
        registry.encode_into(&mut body, self.dialect, &self.selection);
        self.codings.encode(body)
    }
}

/// The lines of a list-valued header joined to one; `None` without any.
fn list(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines = headers.get_all(name);
    let mut lines = lines.iter().filter_map(|value| value.to_str().ok()).peekable();
    lines.peek()?;
    Some(lines.collect::<Vec<_>>().join(","))
}

/// The families of every `name[]`, as in exporters of the Java client; all families without one.
fn selection(query: &str) -> Option<Selection> {
    let mut names = Vec::new();
    for pair in query.split('&') {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        // Other parameters are ignored, even malformed ones.
        if decode_percent(key).is_some_and(|key| key == "name[]") && !value.is_empty() {
            names.push(decode_percent(value)?);
        }
    }
    Some(if names.is_empty() { Selection::all() } else { Selection::of(names) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_the_query() {
        let cases = [
            ("", Some(Selection::all())),
            ("name=a&name[]=&x%ff=1", Some(Selection::all())),
            ("name[]=a_total", Some(Selection::of(["a_total"]))),
            ("name%5B%5D=a&debug&name%5b%5d=b%2Ec", Some(Selection::of(["a", "b.c"]))),
            ("name[]=%ff", None),
            ("name[]=a%", None),
        ];
        for (query, wanted) in cases {
            assert_eq!(selection(query), wanted, "{query}");
        }
    }

    #[test]
    fn a_header_of_several_lines_is_one_list() {
        let mut headers = HeaderMap::new();
        assert_eq!(list(&headers, &ACCEPT), None);
        for line in ["a", "b;q=0.5"] {
            headers.append(ACCEPT, http::HeaderValue::from_static(line));
        }
        assert_eq!(list(&headers, &ACCEPT).as_deref(), Some("a,b;q=0.5"));
    }
}
