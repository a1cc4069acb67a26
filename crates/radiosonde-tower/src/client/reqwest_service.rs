use std::pin::Pin;
use std::task::{Context, Poll, ready};

use http::{Request, Response};
use pin_project_lite::pin_project;
use reqwest::{Body, Client, Error};
use tower_service::Service;

/// A `reqwest::Client` as a service of `http::Request`, for the layers of a stack to be put around.
///
/// ```no_run
/// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
/// use http_body_util::BodyExt as _;
/// use radiosonde_tower::{ClientLayer, ReqwestService, Route};
/// use tower::{ServiceBuilder, ServiceExt as _};
///
/// let client = reqwest::Client::new();
/// let client = ServiceBuilder::new().layer(ClientLayer::new()?).service(ReqwestService::new(client));
///
/// let request = http::Request::get("https://orders.internal/orders/7")
///     .extension(Route::new("/orders/{id}"))
///     .body(reqwest::Body::default())?;
/// let response = client.clone().oneshot(request).await?;
/// let order = response.into_body().collect().await?.to_bytes();
/// # drop(order);
/// # Ok(())
/// # }
/// ```
///
/// A response that is to be read by reqwest's own methods is `reqwest::Response::from(response.map(reqwest::Body::wrap))`.
///
/// # Shape
/// The settings of the client apply within the call: its time limits, its redirects and its retries. A request that it redirects is
/// one call, to the first server.
#[derive(Debug, Clone)]
pub struct ReqwestService(Client);

impl ReqwestService {
    /// Wraps a client, which shares its connections with its clones.
    #[must_use]
    pub const fn new(client: Client) -> Self {
        Self(client)
    }
}

impl Service<Request<Body>> for ReqwestService {
    type Response = Response<Body>;
    type Error = Error;
    type Future = ReqwestFuture;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Error>> {
        Service::<reqwest::Request>::poll_ready(&mut self.0, cx)
    }

    fn call(&mut self, request: Request<Body>) -> ReqwestFuture {
        match request.try_into() {
            Ok(request) => ReqwestFuture { sent: Some(self.0.call(request)), refused: None },
            Err(error) => ReqwestFuture { sent: None, refused: Some(error) },
        }
    }
}

pin_project! {
    /// The future response of a [`ReqwestService`].
    pub struct ReqwestFuture {
        #[pin]
        sent: Option<<Client as Service<reqwest::Request>>::Future>,
        // The error of a request whose URI is not absolute.
        refused: Option<Error>,
    }
}

impl Future for ReqwestFuture {
    type Output = Result<Response<Body>, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.project();
        if let Some(sent) = this.sent.as_pin_mut() {
            return Poll::Ready(ready!(sent.poll(cx)).map(Response::from));
        }
        this.refused.take().map_or(Poll::Pending, |error| Poll::Ready(Err(error)))
    }
}

impl std::fmt::Debug for ReqwestFuture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ReqwestFuture").finish_non_exhaustive()
    }
}
