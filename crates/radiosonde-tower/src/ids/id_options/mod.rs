use std::fmt;
use std::sync::Arc;

use http::header::{HeaderMap, HeaderName, HeaderValue};
use radiosonde_core::canonical::CanonicalRecord;
use radiosonde_core::{Clock, WorkId, WorkIds, survive};
use radiosonde_trace::{RemoteContext, Traceparent, context_of};
use tracing::Span;

use crate::ids::generate_id::GenerateId;
use crate::ids::id_header::{CORRELATION_ID, IdValues, REQUEST_ID, read};

/// Source: <https://w3c.github.io/trace-context/#traceresponse-header>
const TRACERESPONSE: HeaderName = HeaderName::from_static("traceresponse");

/// How the ids of requests are received, made, answered and sent.
///
/// A request has two ids. The request id is its own, at one service. The correlation id is that of the business transaction: it
/// is kept by every service, and sent with every call. Both are in the request's span, and as `request_id` and
/// `correlation_id` in its lines and in those of tasks and consumers of messages that it leads to.
///
/// # Shape
/// Default: a valid id is taken from `x-request-id` and `x-correlation-id`, except at a
/// [trust boundary](crate::ServerLayerBuilder::trust_boundary). A missing request id is a UUID of version 7; a missing
/// correlation id is the request id. Both are answered. Calls have the correlation id.
///
/// Valid is one header with 1 to 128 characters out of `A-Z a-z 0-9 . _ : / + = @ -`; anything else counts as missing.
///
/// # Cost
/// Receiving and making ids allocates nothing; the response's two headers share one allocation.
///
/// ```
/// use http::HeaderName;
/// use radiosonde_tower::{IdOptions, Trust};
///
/// let options = IdOptions::new()
///     .trust(Trust::Ours)
///     .correlation_header(HeaderName::from_static("x-transaction"))
///     .forward_request_id(true);
/// ```
#[must_use]
#[derive(Clone)]
pub struct IdOptions {
    request_header: HeaderName,
    correlation_header: HeaderName,
    trust: Option<Trust>,
    generator: Arc<dyn GenerateId>,
    flags: Flags,
}

#[derive(Debug, Clone, Copy, Default)]
struct Flags {
    forwards_request_id: bool,
    keeps_answered: bool,
    rewrites_request: bool,
    has_traceresponse: bool,
}

/// Whose ids a server takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trust {
    /// Ids that come with a request are kept if they are valid.
    Outside,
    /// Ids that come with a request are replaced by new ones: for a public edge, where a caller must not choose the ids by which
    /// lines are found.
    Ours,
}

impl IdOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self {
            request_header: REQUEST_ID,
            correlation_header: CORRELATION_ID,
            trust: None,
            generator: Arc::new(()),
            flags: Flags::default(),
        }
    }

    /// Sets the header of the request id; default: [`REQUEST_ID`](crate::REQUEST_ID).
    pub fn request_header(self, name: HeaderName) -> Self {
        Self { request_header: name, ..self }
    }

    /// Sets the header of the correlation id; default: [`CORRELATION_ID`](crate::CORRELATION_ID).
    pub fn correlation_header(self, name: HeaderName) -> Self {
        Self { correlation_header: name, ..self }
    }

    /// Sets whose ids are taken; default: [`Trust::Ours`] at a trust boundary, otherwise [`Trust::Outside`].
    pub fn trust(self, trust: Trust) -> Self {
        Self { trust: Some(trust), ..self }
    }

    /// Sets what makes ids; default: UUIDs of version 7.
    pub fn generator(self, generator: impl GenerateId) -> Self {
        Self { generator: Arc::new(generator), ..self }
    }

    /// Sets whether calls have the request id of the request for which they are made; default: `false`, each service has its own.
    pub fn forward_request_id(mut self, forwards: bool) -> Self {
        self.flags.forwards_request_id = forwards;
        self
    }

    /// Sets whether id headers that a handler has set are left in its response; default: `false`, they are replaced.
    pub fn keep_answered(mut self, keeps: bool) -> Self {
        self.flags.keeps_answered = keeps;
        self
    }

    /// Sets whether the ids are written to the headers of the request, for services within that read them there; default:
    /// `false`.
    pub fn rewrite_request(mut self, rewrites: bool) -> Self {
        self.flags.rewrites_request = rewrites;
        self
    }

    /// Sets whether responses have a `traceresponse` with the ids of trace and span; default: `false`.
    ///
    /// # Source
    /// A draft: <https://w3c.github.io/trace-context/#traceresponse-header>
    pub fn traceresponse(mut self, has_one: bool) -> Self {
        self.flags.has_traceresponse = has_one;
        self
    }

    /// The ids of a request with these headers.
    pub(crate) fn receive(&self, headers: &HeaderMap, is_edge: bool, clock: &dyn Clock) -> WorkIds {
        let trust = self.trust.unwrap_or(if is_edge { Trust::Ours } else { Trust::Outside });
        let received = |name| if trust == Trust::Outside { read(headers, name) } else { None };
        let request = received(&self.request_header).unwrap_or_else(|| self.make(clock));
        let correlation = received(&self.correlation_header);
        WorkIds::new(Some(&request), Some(correlation.as_ref().unwrap_or(&request)))
    }

    fn make(&self, clock: &dyn Clock) -> WorkId {
        let now = clock.now();
        survive(|| self.generator.generate(now)).unwrap_or_else(|| WorkId::uuid_v7(now))
    }

    /// Writes the ids to the headers of the received request, if that was asked for.
    pub(crate) fn rewrite(&self, ids: &WorkIds, request: &mut HeaderMap) {
        if self.flags.rewrites_request {
            self.put(ids, request, true, false);
        }
    }

    /// Writes the ids, and those of the span, to the headers of the response.
    pub(crate) fn answer(&self, ids: &WorkIds, span: &Span, response: &mut HeaderMap) {
        self.put(ids, response, true, self.flags.keeps_answered);
        if self.flags.has_traceresponse
            && let Some(context) = context_of(span)
            && let Ok(value) = HeaderValue::from_bytes(&Traceparent::new(context).to_bytes())
        {
            response.insert(TRACERESPONSE, value);
        }
    }

    /// Writes the ids of the current work to the headers of a call with this context. Without ids, the headers are unchanged.
    pub(crate) fn inject(&self, context: Option<&RemoteContext>, request: &mut HeaderMap) {
        let mut put = |ids: &WorkIds| self.put(ids, request, self.flags.forwards_request_id, false);
        match context.map(RemoteContext::work_ids).filter(|ids| !ids.is_empty()) {
            Some(ids) => put(ids),
            // The request's span may be off.
            None => CanonicalRecord::with_current(|record| put(record.work_ids())).unwrap_or_default(),
        }
    }

    fn put(&self, ids: &WorkIds, headers: &mut HeaderMap, with_request_id: bool, keeps: bool) {
        if ids.is_empty() {
            return;
        }
        let values = IdValues::new(ids);
        let mut put = |name: &HeaderName, value: Option<HeaderValue>| match value {
            Some(value) if !(keeps && headers.contains_key(name)) => {
                headers.insert(name, value);
            }
            _ => {}
        };
        if with_request_id {
            put(&self.request_header, values.request());
        }
        put(&self.correlation_header, values.correlation());
    }
}

impl Default for IdOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for IdOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IdOptions")
            .field("request_header", &self.request_header)
            .field("correlation_header", &self.correlation_header)
            .field("trust", &self.trust)
            .field("flags", &self.flags)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
