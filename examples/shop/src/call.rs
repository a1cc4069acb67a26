//! Calls from service to service.

use std::error::Error;
use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::header::CONTENT_TYPE;
use axum::http::{Method, Request, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt as _;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use radiosonde::Telemetry;
use radiosonde::tower::{ClientService, Route};
use serde::Serialize;
use tokio::time::timeout;
use tower::{Layer as _, ServiceExt as _};

const LIMIT: Duration = Duration::from_secs(5);

/// A client of one other service. Every call is counted, timed and traced, and takes the trace along in its headers.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    client: ClientService<Client<HttpConnector, Body>>,
    server: SocketAddr,
}

impl Caller {
    pub(crate) fn new(telemetry: &Telemetry, server: SocketAddr) -> Self {
        let client = Client::builder(TokioExecutor::new()).build_http();
        Self { client: telemetry.client_layer().layer(client), server }
    }

    pub(crate) async fn get(&self, route: &'static str, path: &str) -> Result<Answer, CallError> {
        self.call(Method::GET, route, path, Body::empty()).await
    }

    pub(crate) async fn post(&self, route: &'static str, body: &impl Serialize) -> Result<Answer, CallError> {
        let body = serde_json::to_vec(body).expect("what the services say to each other can be JSON");
        self.call(Method::POST, route, route, body.into()).await
    }

    async fn call(
        &self,
        method: Method,
        route: &'static str,
        path: &str,
        body: Body,
    ) -> Result<Answer, CallError> {
        let request = Request::builder()
            .method(method)
            .uri(format!("http://{}{path}", self.server))
            .header(CONTENT_TYPE, "application/json")
            // Names the call's span; without it, the span is called by its method alone.
            .extension(Route::new(route))
            .body(body)
            .expect("routes are valid");
        let answer = async {
            let response =
                self.client.clone().oneshot(request).await.map_err(|error| CallError(error.into()))?;
            let status = response.status();
            let body = response.into_body().collect().await.map_err(|error| CallError(error.into()))?;
            Ok(Answer { status, body: body.to_bytes() })
        };
        timeout(LIMIT, answer).await.unwrap_or_else(|late| Err(CallError(late.into())))
    }
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Bytes,
}

impl IntoResponse for Answer {
    /// Hands the answer on as it is.
    fn into_response(self) -> Response {
        (self.status, [(CONTENT_TYPE, "application/json")], self.body).into_response()
    }
}

/// There was no answer.
#[derive(Debug)]
pub(crate) struct CallError(Box<dyn Error + Send + Sync>);

impl fmt::Display for CallError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no answer")
    }
}

impl Error for CallError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&*self.0)
    }
}
