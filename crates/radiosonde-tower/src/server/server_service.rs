use std::borrow::Cow;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::{Extensions, Request, Response};
use http_body::Body;
use radiosonde_core::survive;
use radiosonde_signals::Record;
use radiosonde_trace::{RemoteContext, SpanLink};
use tower_service::Service;
use tracing::Span;

use crate::connections::connection_handle::ConnectionHandle;
use crate::debugging::Granted;
use crate::describing::forwarded::Forwarded;
use crate::describing::method::MethodName;
use crate::describing::peer;
use crate::describing::scheme::Scheme;
use crate::describing::subscriber::has_subscriber;
use crate::grpc::rpc::Rpc;
use crate::lifecycle::response_body::ResponseBody;
use crate::lifecycle::response_future::ResponseFuture;
use crate::routing::matched_path;
use crate::routing::request_head::RequestHead;
use crate::routing::route::Route;
use crate::server::exclusion::Exclusion;
use crate::server::opening::Opening;
use crate::server::served::{Parent, Served};
use crate::server::server_request::ServerRequest;
use crate::server::server_settings::ServerSettings;
use crate::server::signals::Signals;

/// The service created by [`ServerLayer`](crate::ServerLayer).
#[derive(Debug, Clone)]
pub struct ServerService<S> {
    inner: S,
    settings: Arc<ServerSettings>,
    is_edge: bool,
}

impl<S> ServerService<S> {
    pub(crate) const fn new(inner: S, settings: Arc<ServerSettings>, is_edge: bool) -> Self {
        Self { inner, settings, is_edge }
    }
}

impl<S, Q, B> Service<Request<Q>> for ServerService<S>
where
    S: Service<Request<Q>, Response = Response<B>>,
    B: Body,
{
    type Response = Response<ResponseBody<B, ServerRequest>>;
    type Error = S::Error;
    type Future = ResponseFuture<S::Future, ServerRequest>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Q>) -> Self::Future {
        let (mut record, route) = match begin(&self.settings, self.is_edge, &mut request) {
            Ok(record) => record,
            // Another layer records the request, or it is excluded.
            Err(route) => return ResponseFuture::unrecorded(self.inner.call(request), route),
        };
        // A service may do all its work in `call`, and panic in it: the record is already open.
        let future = record.in_scope(|| self.inner.call(request));
        ResponseFuture::new(future, record, route)
    }
}

/// A record, and the route that the layer outside may not know.
type Begun = (Record<ServerRequest>, Option<Route>);

/// Starts the record of a request; without one, the route that the layer outside may not know.
fn begin<Q>(
    settings: &Arc<ServerSettings>,
    is_edge: bool,
    request: &mut Request<Q>,
) -> Result<Begun, Option<Route>> {
    let head = RequestHead::of(request);
    let outer = Served::by_outer_layer(head.extensions);
    let recorded = outer.map_or(Signals::NONE, Served::signals);
    let route = route_of(settings, &head);
    let excluded = Exclusion::of(&settings.exclusions, head.uri.path(), route.as_deref());
    let signals = settings.signals.without(excluded).without(recorded);
    let ids = match outer {
        Some(_) if signals.is_none() => return Err(route.map(|route| Route::new(route.into_owned()))),
        Some(outer) => outer.ids().clone(),
        None => settings.ids.receive(head.headers, is_edge, &*settings.clock),
    };
    // What is excluded here is not for a layer further in.
    let taken = recorded | settings.signals;
    if signals.is_none() {
        drop(route);
        request.extensions_mut().insert(Served::new(None, taken, ids));
        return Err(None);
    }
    let granted = settings.debug.as_ref().and_then(|debug| debug.granted(head.headers));
    let forwarded = Forwarded::read(head.headers, settings.proxies);
    let scheme = head.uri.scheme_str().and_then(Scheme::parse);
    let opening = Opening {
        method: MethodName::of(head.method),
        rpc: Rpc::of_request(head.headers),
        version: request.version(),
        route: route.as_deref(),
        ids: &ids,
        scheme: forwarded.scheme.or(scheme).unwrap_or(Scheme::Http),
        client: forwarded.client.or_else(|| peer_of(head.extensions)).map(|address| address.to_canonical()),
        level: granted.as_ref().map(Granted::level),
        head,
    };
    let work = ServerRequest::new(settings, signals, &opening);
    // Otherwise the layer outside answers them.
    let work = work.with_ids(ids.clone(), outer.is_none());
    let mut record = Record::start(work, |_| match signals.contains(Signals::SPAN) && has_subscriber() {
        true => {
            let incoming = radiosonde_trace::extract(head.headers);
            open(settings, &opening, Parent::of(outer, incoming.as_ref(), is_edge))
        }
        false => Span::none(),
    });
    if record.span().is_none() && outer.is_none() && !is_edge && has_subscriber() {
        // The calls of the handler stay in the caller's trace.
        record.work_mut().context = radiosonde_trace::extract(head.headers);
    }
    if let Some(canonical) = record.canonical() {
        canonical.set_work_ids(ids.clone());
    }
    radiosonde_trace::set_work_ids(record.span(), &ids);
    if let Some(granted) = granted {
        granted.carry(record.span());
    }
    let context = RemoteContext::of(record.span());
    let route = outer.and(route).map(|route| Route::new(route.into_owned()));
    settings.ids.rewrite(&ids, request.headers_mut());
    request.extensions_mut().insert(Served::new(context, taken, ids));
    Ok((record, route))
}

fn peer_of(extensions: &Extensions) -> Option<IpAddr> {
    let connection = extensions.get::<ConnectionHandle>();
    connection.and_then(|connection| Some(connection.peer()?.ip())).or_else(|| peer::of(extensions))
}

fn route_of<'r>(settings: &ServerSettings, head: &RequestHead<'r>) -> Option<Cow<'r, str>> {
    let given = head.extensions.get::<Route>().map(Route::as_str);
    if let Some(route) = given.or_else(|| matched_path::of(head.extensions)) {
        return Some(route.into());
    }
    let find = settings.find_route.as_ref()?;
    survive(|| find.route(head)).flatten()
}

fn open(settings: &ServerSettings, opening: &Opening<'_>, parent: Parent) -> Span {
    let make = || opening.span();
    let span = match parent {
        Parent::Current => make(),
        Parent::Context(parent) => radiosonde_trace::child_of(&parent, make),
        Parent::LinkedRoot(caller) => {
            let span = radiosonde_trace::root_of(make);
            if let Some(caller) = caller {
                radiosonde_trace::add_link(&span, SpanLink::to(&caller));
            }
            span
        }
    };
    radiosonde_trace::describe(&span, |attributes| opening.describe(settings, attributes));
    span
}
