//! The trickle: good, slow and failing requests, one after the other, in a circle.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::body::Body;
use axum::http::{Method, Request};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use radiosonde::tower::{ClientLayer, ClientService};
use tokio::{select, time};
use tower::{Layer as _, ServiceExt as _};

const REQUESTS: [(Method, &str, &str); 9] = [
    (Method::GET, "/stations/1", ""),
    (Method::POST, "/readings", r#"{"sensor":"thermometer","value":14.5}"#),
    (Method::GET, "/forecast?hours=12", ""),
    (Method::POST, "/readings", r#"{"sensor":"hygrometer","value":61.0}"#), // fails
    (Method::GET, "/stations/3", ""),
    (Method::POST, "/readings", r#"{"sensor":"barometer","value":2.5}"#),
    (Method::GET, "/forecast?hours=72", ""),   // slow
    (Method::GET, "/stations/4", ""),          // not there
    (Method::GET, "/forecast?hours=1000", ""), // too far
];

const PAUSE: Duration = Duration::from_millis(200);

#[derive(Debug)]
pub(crate) struct Traffic {
    client: ClientService<Client<HttpConnector, Body>>,
    to: SocketAddr,
}

impl Traffic {
    /// An ordinary client of hyper, wrapped: each of its requests is counted, timed and traced, and takes the trace along.
    pub(crate) fn new(to: SocketAddr, layer: ClientLayer) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client: layer.layer(client), to }
    }

    /// Finishes the request that is under way when it is time to stop.
    pub(crate) async fn send_until(self, stop: impl Future<Output = ()>) {
        let mut stop = pin!(stop);
        for request in REQUESTS.iter().cycle() {
            select! {
                () = &mut stop => return,
                () = time::sleep(PAUSE) => self.send(request).await,
            }
        }
    }

    async fn send(&self, (method, path, body): &(Method, &str, &'static str)) {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.to))
            .header("content-type", "application/json")
            .body(Body::from(*body))
            .expect("the requests above are valid");
        // What went wrong is in the client layer's metrics, span and line.
        if let Ok(response) = self.client.clone().oneshot(request).await {
            let _ = response.into_body().collect().await;
        }
    }
}
