use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Request, Response, Uri};
use http_body::Body;
use radiosonde_core::diagnostics;
use radiosonde_signals::Record;
use radiosonde_trace::RemoteContext;
use tower_service::Service;
use tracing::Span;

use crate::client::client_call::ClientCall;
use crate::client::client_settings::ClientSettings;
use crate::client::opening::Opening;
use crate::debugging;
use crate::describing::subscriber::has_subscriber;
use crate::describing::target::Target;
use crate::lifecycle::response_body::ResponseBody;
use crate::lifecycle::response_future::ResponseFuture;
use crate::routing::matched_path;
use crate::server::served::Served;
use crate::server::signals::Signals;

/// The service created by [`ClientLayer`](crate::ClientLayer).
#[derive(Debug, Clone)]
pub struct ClientService<S> {
    inner: S,
    settings: Arc<ClientSettings>,
    forwards_debug: bool,
    /// What the connection is to, for requests that do not name their server.
    server: Option<Arc<Uri>>,
}

impl<S> ClientService<S> {
    pub(crate) const fn new(
        inner: S,
        settings: Arc<ClientSettings>,
        forwards_debug: bool,
        server: Option<Arc<Uri>>,
    ) -> Self {
        Self { inner, settings, forwards_debug, server }
    }
}

impl<S, Q, B> Service<Request<Q>> for ClientService<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
    B: Body,
{
    type Response = Response<ResponseBody<B, ClientCall>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ClientCall>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let target = Target::of(request.uri(), request.headers(), self.server.as_deref());
        if target.is_none_or(|target| target.scheme.is_none())
            && matched_path::of(request.extensions()).is_some()
        {
            misplaced();
        }
        let opening = Opening::new(&request, target);
        let call = ClientCall::new(&self.settings, &opening);
        let mut record = Record::start(call, |_| match self.settings.signals.contains(Signals::SPAN) {
            true if has_subscriber() => opening.span(),
            _ => Span::none(),
        });
        // Without a span of its own, the call propagates the current context.
        let context = RemoteContext::of(record.span()).or_else(RemoteContext::current);
        if let Some(context) = &context {
            context.inject(request.headers_mut());
        }
        self.settings.ids.inject(context.as_ref(), request.headers_mut());
        if self.forwards_debug {
            debugging::forward(record.span(), request.headers_mut());
        }
        // A server layer behind this one serves another request.
        Served::forget(request.extensions_mut());
        let future = record.in_scope(|| self.inner.call(request));
        ResponseFuture::new(future, record, None)
    }
}

/// A router has matched the request, and it has not been given a server since.
#[cold]
fn misplaced() {
    let message = format_args!(
        "a client layer is around a server's routes, whose requests it records as calls: \
         use ServerLayer for requests that are served"
    );
    diagnostics::report("tower", "misplaced client layer", message);
}
