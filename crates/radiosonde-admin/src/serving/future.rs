use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::header::{CACHE_CONTROL, HeaderValue};
use http::{Method, Request, Response, StatusCode, request};
use http_body::Body;
use pin_project_lite::pin_project;
use tower_service::Service;

use crate::answering::body::AdminBody;
use crate::answering::refusal::Refusal;
use crate::health::future::HealthFuture;
use crate::health::report::HealthReport;
use crate::metrics::self_metrics::Outcome;
use crate::metrics::service::MetricsFuture;
use crate::serving::levels_part::LevelsPartFuture;
use crate::serving::place::Place;
use crate::serving::service::AdminService;
use crate::serving::trust::Trust;

pin_project! {
    /// The response of an [`AdminService`]; needs no runtime.
    #[derive(Debug)]
    #[must_use = "futures do nothing unless polled"]
    pub struct AdminFuture<B> {
        #[pin]
        state: State<B>,
    }
}

pin_project! {
    #[derive(Debug)]
    #[project = StateOfFuture]
    enum State<B> {
        Ready { response: Option<Response<AdminBody>> },
        Metrics { #[pin] future: MetricsFuture },
        Levels { #[pin] future: LevelsPartFuture<B> },
        Health { #[pin] future: HealthFuture, with_failures: bool, is_head: bool },
    }
}

impl AdminService {
    fn begin<B: Body>(&self, head: &request::Parts, body: B) -> Result<State<B>, Refusal> {
        let parts = self.parts();
        let trust = parts.trust(head);
        let is_operator = trust == Trust::Operator;
        match parts.place(head.uri.path()) {
            Some(Place::Metrics(metrics)) => {
                parts.check_open(trust, metrics.has_credentials()).inspect_err(|_| {
                    self.count(Outcome::Unauthorized);
                })?;
                let future = metrics.answer(&head.method, &head.uri, &head.headers, is_operator);
                Ok(State::Metrics { future })
            }
            Some(Place::Livez(health)) => probe(health.live(), head, trust),
            Some(Place::Readyz(health)) => probe(health.ready(), head, trust),
            Some(Place::Levels(levels)) => {
                parts.check_open(trust, levels.has_credentials())?;
                Ok(State::Levels { future: levels.answer(head, body, is_operator) })
            }
            Some(Place::Requests(requests)) => {
                parts.check_closed(trust)?;
                let is_head = get_or_head(head)?;
                Ok(State::of(requests.respond(&head.headers, is_head)))
            }
            Some(Place::Index) => {
                let is_head = get_or_head(head)?;
                let index = Bytes::from(parts.index());
                Ok(State::of(AdminBody::response(index, "text/plain; charset=utf-8", is_head)))
            }
            None => {
                self.count(Outcome::NotFound);
                let reason = format!("not found: expected one of {}", parts.expected());
                Err(Refusal::new(StatusCode::NOT_FOUND, reason))
            }
        }
    }
}

fn probe<B>(future: HealthFuture, head: &request::Parts, trust: Trust) -> Result<State<B>, Refusal> {
    let is_head = get_or_head(head)?;
    Ok(State::Health { future, with_failures: trust != Trust::Stranger, is_head })
}

/// Whether the method is HEAD; a refusal if it is neither that nor GET.
fn get_or_head(head: &request::Parts) -> Result<bool, Refusal> {
    match head.method {
        Method::GET => Ok(false),
        Method::HEAD => Ok(true),
        _ => Err(Refusal::method("GET, HEAD")),
    }
}

fn report(report: &HealthReport, with_failures: bool, is_head: bool) -> Response<AdminBody> {
    let text = Bytes::from(report.to_json(with_failures));
    let mut response = AdminBody::response(text, "application/json", is_head);
    if !report.is_ok() {
        *response.status_mut() = StatusCode::SERVICE_UNAVAILABLE;
    }
    no_store(response)
}

/// Marks a response as one that no cache keeps.
fn no_store(mut response: Response<AdminBody>) -> Response<AdminBody> {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

impl<B> State<B> {
    fn of(response: Response<AdminBody>) -> Self {
        Self::Ready { response: Some(no_store(response)) }
    }
}

impl<B: Body> Service<Request<B>> for AdminService {
    type Response = Response<AdminBody>;
    type Error = Infallible;
    type Future = AdminFuture<B>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<B>) -> AdminFuture<B> {
        let (head, body) = request.into_parts();
        let state = self.begin(&head, body);
        AdminFuture { state: state.unwrap_or_else(|refusal| State::of(refusal.response())) }
    }
}

impl<B: Body> Future for AdminFuture<B> {
    type Output = Result<Response<AdminBody>, Infallible>;

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match self.project().state.project() {
            // Polled after its end, it stays pending.
            StateOfFuture::Ready { response } => {
                response.take().map_or(Poll::Pending, |response| Poll::Ready(Ok(response)))
            }
            StateOfFuture::Metrics { future } => future.poll(context),
            StateOfFuture::Levels { future } => future.poll(context),
            StateOfFuture::Health { future, with_failures, is_head } => {
                let health = ready!(future.poll(context));
                Poll::Ready(Ok(report(&health, *with_failures, *is_head)))
            }
        }
    }
}
