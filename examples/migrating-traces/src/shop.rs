use std::error::Error;
use std::fmt;
use std::thread;

use http::{HeaderMap, HeaderValue};
use tracing::field::Empty;
use tracing::{Span, error, info, info_span, instrument};

/// A request for some pieces of an article.
#[derive(Debug)]
pub struct Request {
    /// The number of the order.
    pub order_id: u64,
    /// The number of pieces.
    pub pieces: u64,
    /// Its headers, with the caller's trace context.
    pub headers: HeaderMap,
}

/// The requests of a day: one from a caller with a trace, one that cannot be met, one without a trace.
#[must_use]
pub fn requests() -> Vec<Request> {
    let traced = |order_id, pieces, parent: &'static str, state: &'static str| {
        let mut headers = HeaderMap::new();
        headers.insert("traceparent", HeaderValue::from_static(parent));
        headers.insert("tracestate", HeaderValue::from_static(state));
        Request { order_id, pieces, headers }
    };
    vec![
        traced(1001, 2, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "congo=t61rcWkgMzE"),
        traced(1002, 900, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "rojo=1"),
        Request { order_id: 1003, pieces: 1, headers: HeaderMap::new() },
    ]
}

/// The span of a request, before its parent is set. It uses only `tracing`, like everything below.
#[must_use]
pub fn request_span(request: &Request) -> Span {
    info_span!(
        "POST /orders",
        otel.kind = "server",
        http.request.method = "POST",
        http.response.status_code = Empty,
        order.id = request.order_id
    )
}

/// Handles a request within its span; returns the headers of the call to the warehouse. `inject` adds the trace context to them.
pub fn handle(request: &Request, inject: impl FnOnce(&mut HeaderMap)) -> HeaderMap {
    let mut headers = HeaderMap::new();
    let status = match reserve(request.pieces) {
        Ok(price) => {
            info!(price, in_stock = true, "order taken");
            info_span!("POST /parcels", otel.kind = "client").in_scope(|| inject(&mut headers));
            pack(request.order_id);
            201_u16
        }
        Err(out_of_stock) => {
            error!(error = &out_of_stock as &dyn Error, "order refused");
            409
        }
    };
    Span::current().record("http.response.status_code", status);
    headers
}

/// Reserves the pieces, and returns their price.
#[instrument(err)]
fn reserve(pieces: u64) -> Result<f64, OutOfStock> {
    if pieces > 100 { Err(OutOfStock { pieces }) } else { Ok(19.99 * pieces as f64) }
}

/// Packs the parcel on another thread, whose span is a child of the request's, and writes an invoice because of it.
fn pack(order_id: u64) {
    let pack = info_span!("pack parcel", order_id);
    let invoice = info_span!(parent: None, "write invoice");
    invoice.follows_from(&pack);
    let packer = thread::spawn(move || pack.in_scope(|| info!("packed")));
    packer.join().expect("packing does not panic");
    invoice.in_scope(|| info!("written"));
}

/// There are not enough pieces.
#[derive(Debug)]
pub struct OutOfStock {
    pieces: u64,
}

impl fmt::Display for OutOfStock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "there are no {} pieces", self.pieces)
    }
}

impl Error for OutOfStock {}
