use bytes::Bytes;
use http::Response;
use http::header::{ACCEPT, HeaderMap, HeaderName, HeaderValue, USER_AGENT, VARY};
use radiosonde_trace::TracePipeline;

use crate::answering::body::AdminBody;
use crate::requests::live_request::LiveRequests;

/// The requests in flight, as an [`AdminService`](crate::AdminService) answers with them.
#[derive(Debug, Clone)]
pub(crate) struct RequestsPart(pub(crate) TracePipeline);

impl RequestsPart {
    pub(crate) fn respond(&self, headers: &HeaderMap, is_head: bool) -> Response<AdminBody> {
        let live = LiveRequests::of(&self.0.live_spans(), self.0.has_sinks());
        let (text, content_type) = match wants_table(headers) {
            true => (live.to_table(), "text/plain; charset=utf-8"),
            false => (live.to_json(), "application/json"),
        };
        let mut response = AdminBody::response(Bytes::from(text), content_type, is_head);
        response.headers_mut().insert(VARY, HeaderValue::from_static("accept, user-agent"));
        response
    }
}

/// By the media type that is asked for; curl, which asks for any, gets a table.
fn wants_table(headers: &HeaderMap) -> bool {
    let text =
        |name: &HeaderName| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let accept = text(&ACCEPT).to_ascii_lowercase();
    !accept.contains("json") && (accept.contains("text/plain") || text(&USER_AGENT).starts_with("curl/"))
}
