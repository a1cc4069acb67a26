use std::fmt;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::task::Poll;

use bytes::{Bytes, BytesMut};
use http::{Request, Response, Uri};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::timeout_at;

use crate::client::builder::HttpClientBuilder;
use crate::client::request_error::{RequestError, RequestErrorKind};
use crate::client::response_future::ResponseFuture;
use crate::runtime_thread;
use crate::transport::endpoint::Endpoint;
use crate::transport::header;
use crate::transport::http_transport::HttpTransport;

/// Sends requests and returns their responses, on a thread of its own: for programs that query a backend.
///
/// # Shape
/// HTTP/1.1 over TCP or TLS, like a sink's: no redirects, no proxy. One request, one response; nothing is repeated. Cheap to
/// clone; all clones are the same thread, which ends when all of them and all response futures are dropped. It is
/// [silenced](radiosonde_core::silence), so that querying logs creates none.
///
/// ```
/// use bytes::Bytes;
/// use http::Request;
/// use radiosonde_delivery::{Endpoint, HttpClient};
/// use radiosonde_testkit::{HttpFake, Reaction};
///
/// let server = HttpFake::start([Reaction::status(200).body("ready")]);
///
/// let endpoint = Endpoint::parse(&server.url())?.join("/ready")?;
/// let client = HttpClient::builder(&endpoint).build()?;
/// let request = Request::get(endpoint.uri()).body(Bytes::new())?;
/// let response = client.send(request).wait()?; // or `.await`, on any runtime
/// assert_eq!(response.body(), "ready");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct HttpClient {
    pub(super) transport: HttpTransport,
    pub(super) jobs: UnboundedSender<Job>,
    pub(super) max_response_bytes: usize,
}

pub(super) type Job = Pin<Box<dyn Future<Output = ()> + Send>>;

impl HttpClient {
    /// A client for this endpoint. `build` loads the system's certificates if it is `https`.
    pub fn builder(endpoint: &Endpoint) -> HttpClientBuilder {
        HttpClientBuilder::new(endpoint)
    }

    pub(super) fn start(transport: HttpTransport, max_response_bytes: usize) -> io::Result<Self> {
        let (jobs, receiver) = unbounded_channel();
        runtime_thread::start("radiosonde-client", move |runtime| {
            runtime.block_on(serve(receiver));
            // A name look-up may hang on a thread of the runtime; do not wait for it.
            runtime.shutdown_background();
        })?;
        Ok(Self { transport, jobs, max_response_bytes })
    }

    /// Sends a request with an absolute URI and reads the response, whatever its status.
    ///
    /// # Errors
    /// The future's, see [`RequestErrorKind`].
    pub fn send(&self, request: Request<Bytes>) -> ResponseFuture<Response<Bytes>> {
        let (transport, limit_bytes) = (self.transport.clone(), self.max_response_bytes);
        self.run(async move {
            let (uri, deadline) = (request.uri().clone(), transport.deadline());
            header::check(request.headers()).map_err(|refused| RequestError::refused(&uri, refused))?;
            let response =
                transport.begin(request, deadline).await.map_err(|error| RequestError::of(&uri, error))?;
            let late = |_| RequestError::new(&uri, RequestErrorKind::Timeout { after: transport.timeout });
            timeout_at(deadline, read_whole(&uri, response, limit_bytes)).await.map_err(late)?
        })
    }

    /// Runs `work` on the client's thread until it is done or its future is dropped.
    pub(super) fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, RequestError>> + Send + 'static,
    ) -> ResponseFuture<T> {
        let (mut sender, receiver) = oneshot::channel();
        let job = async move {
            let mut work = pin!(work);
            let done = poll_fn(|context| match sender.poll_closed(context) {
                Poll::Ready(()) => Poll::Ready(None),
                Poll::Pending => work.as_mut().poll(context).map(Some),
            })
            .await;
            if let Some(done) = done {
                // The caller may have dropped the future just now.
                let _ = sender.send(done);
            }
        };
        // A thread that has ended drops the job, and the future reports it.
        let _ = self.jobs.send(Box::pin(job));
        ResponseFuture::new(receiver)
    }
}

/// Runs jobs until all senders are dropped and all jobs have ended.
async fn serve(mut jobs: UnboundedReceiver<Job>) {
    let mut running = JoinSet::new();
    while let Some(job) = jobs.recv().await {
        // Removes finished ones; otherwise the set would grow without bound.
        while running.try_join_next().is_some() {}
        running.spawn(job);
    }
    while running.join_next().await.is_some() {}
}

pub(crate) async fn read_whole(
    uri: &Uri,
    response: Response<Incoming>,
    limit_bytes: usize,
) -> Result<Response<Bytes>, RequestError> {
    let (parts, mut body) = response.into_parts();
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| RequestError::new(uri, RequestErrorKind::Broken).because(error))?;
        if let Ok(data) = frame.into_data() {
            if data.len() > limit_bytes - read.len() {
                return Err(RequestError::new(uri, RequestErrorKind::TooLarge { limit_bytes }));
            }
            read.extend_from_slice(&data);
        }
    }
    Ok(Response::from_parts(parts, read.freeze()))
}

impl fmt::Debug for HttpClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClient")
            .field("max_response_bytes", &self.max_response_bytes)
            .finish_non_exhaustive()
    }
}
