//! A foreign layer that panics at the access line, while a handler's panic unwinds. Without a guard the process aborts.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::{Context, Waker};

use http::{Request, Response};
use http_body_util::Empty;
use radiosonde_metrics::Registry;
use radiosonde_tower::ServerLayer;
use tower::{Layer as _, Service as _, service_fn};
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};

struct Panics;

impl<S: Subscriber> Layer<S> for Panics {
    fn on_event(&self, _: &Event<'_>, _: tracing_subscriber::layer::Context<'_, S>) {
        panic!("in a layer");
    }
}

async fn panics(_: Request<()>) -> Result<Response<Empty<&'static [u8]>>, Infallible> {
    panic!("in a handler")
}

#[test]
fn a_layer_that_panics_while_a_handler_unwinds_aborts_nothing() {
    let registry = Registry::new();
    let mut service = ServerLayer::builder().registry(&registry).build().unwrap().layer(service_fn(panics));
    tracing::subscriber::with_default(tracing_subscriber::registry().with(Panics), || {
        let answered = catch_unwind(AssertUnwindSafe(|| {
            let mut response = pin!(service.call(Request::new(())));
            response.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
        }));
        assert!(answered.is_err(), "the handler's panic continues");
    });
    assert_eq!(registry.snapshot().sum("http_requests_total", &[("status", "500")]), 1.0);
}
