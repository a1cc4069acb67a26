use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::Response;
use radiosonde_core::SharedClock;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::accounting::report::Report;
use crate::accounting::self_metrics::SelfMetrics;
use crate::batching::buffer::{AnyBuffer, Buffer};
use crate::batching::queue::Queue;
use crate::client::request_error::RequestError;
use crate::deadline::{Deadline, FOREVER};
use crate::handle::builder::DeliveryBuilder;
use crate::handle::poll_error::PollError;
use crate::handle::sink_error::SinkError;
use crate::options::poll_options::PollOptions;
use crate::options::sink_options::SinkOptions;
use crate::protocol::Protocol;
use crate::transport::endpoint::Endpoint;
use crate::transport::http_transport::HttpTransport;
use crate::transport::http_version::HttpVersion;
use crate::transport::options::HttpOptions;
use crate::transport::pool::Connections;
use crate::worker::completion::Completion;
use crate::worker::poll_task::PollTask;
use crate::worker::sink_task::SinkTask;
use crate::worker::thread::{self, Command, FlushJob, Shared};

/// How long after the deadline [`Delivery::shutdown_blocking`] waits for the thread's report.
const GRACE: Duration = Duration::from_secs(1);

/// The thread that carries telemetry to its backends.
///
/// Cheap to clone; all clones are handles of the same thread. It has its own runtime, independent of the application's. When
/// the last clone is dropped without a shutdown, the thread closes its queues, tries for one more second to send the queued
/// items, and ends. Nothing waits for it, not even the exit of the process, so call [`shutdown`](Self::shutdown).
///
/// After a `fork` the child has no delivery thread, and a lock may stay locked forever. Start a delivery after the fork, and do
/// not push to one from before.
#[derive(Clone)]
pub struct Delivery {
    handle: Arc<Handle>,
}

struct Handle {
    shared: Arc<Shared>,
    commands: UnboundedSender<Command>,
    metrics: SelfMetrics,
    clock: SharedClock,
}

impl fmt::Debug for Delivery {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Delivery").field("report", &self.report()).finish_non_exhaustive()
    }
}

impl Delivery {
    /// Default: the global registry and the system's clock.
    pub fn builder() -> DeliveryBuilder {
        DeliveryBuilder::new()
    }

    pub(crate) fn start(metrics: SelfMetrics, clock: SharedClock) -> io::Result<Self> {
        let shared = Arc::new(Shared::new());
        let (commands, receiver) = unbounded_channel();
        thread::spawn(Arc::clone(&shared), receiver)?;
        let handle = Handle { shared, commands, metrics, clock };
        Ok(Self { handle: Arc::new(handle) })
    }

    /// Adds a sink and returns its queue.
    ///
    /// Each sink has its own queue, batches, connections and retries: a backend that hangs does not delay another sink.
    ///
    /// # Errors
    /// [`SinkError`] if a setting is out of range, a header, credentials or certificates are refused, the name is taken, or the
    /// delivery is shutting down.
    pub fn sink<P: Protocol>(
        &self,
        options: SinkOptions,
        http: &HttpOptions,
        protocol: P,
    ) -> Result<Queue<P::Item>, SinkError> {
        let options = options.check().map_err(SinkError::Option)?;
        let connections = Connections {
            version: protocol.http_version(),
            timeout: options.timeout,
            requests: options.max_in_flight,
        };
        let transport =
            HttpTransport::new(protocol.endpoint(), http, connections).map_err(SinkError::Http)?;
        let name = options.name;
        let handle = &*self.handle;
        // Locked until the command is sent, so that a sink is either refused or served, even during a shutdown.
        let mut sinks = handle.shared.sinks();
        if sinks.closed {
            return Err(SinkError::Stopped { name });
        }
        if sinks.all.iter().any(|sink| sink.name() == name) {
            return Err(SinkError::NameTaken { name });
        }
        let buffer = Arc::new(Buffer::new(options, handle.metrics.of(name)));
        let task = SinkTask::new(
            Arc::clone(&buffer),
            protocol,
            transport,
            Arc::clone(&handle.clock),
            handle.shared.stopping.subscribe(),
        );
        // A thread that has ended drops the task, which closes the queue.
        let _ = handle.commands.send(Command::Run(Box::pin(task.run())));
        sinks.all.push(Arc::clone(&buffer) as Arc<dyn AnyBuffer>);
        Ok(Queue::new(buffer))
    }

    /// Gets an endpoint again and again, until the shutdown begins: for settings that a server decides on.
    ///
    /// The first request begins at once. `receive` gets each response, whatever its status, or the error in its place. It
    /// runs on the delivery thread, which all sinks share: it must not block. A panic in it is caught.
    ///
    /// # Errors
    /// [`PollError`] if a setting is out of range, a header, credentials or certificates are refused, or the delivery is shutting
    /// down.
    pub fn poll(
        &self,
        endpoint: &Endpoint,
        options: PollOptions,
        http: &HttpOptions,
        receive: impl FnMut(Result<Response<Bytes>, RequestError>) + Send + 'static,
    ) -> Result<(), PollError> {
        let options = options.check().map_err(PollError::Option)?;
        let connections = Connections { version: HttpVersion::Http1, timeout: options.timeout, requests: 1 };
        let transport = HttpTransport::new(endpoint, http, connections).map_err(PollError::Http)?;
        let handle = &*self.handle;
        let stopping = handle.shared.stopping.subscribe();
        let task = PollTask { uri: endpoint.uri().clone(), options, transport, stopping, receive };
        // Locked until the command is sent, as for a sink.
        let sinks = handle.shared.sinks();
        if sinks.closed {
            return Err(PollError::Stopped);
        }
        // A thread that has ended drops the task.
        let _ = handle.commands.send(Command::Run(Box::pin(task.run())));
        drop(sinks);
        Ok(())
    }

    /// The counts so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.handle.shared.report()
    }

    /// Sends all items pushed so far without waiting for full batches.
    ///
    /// It begins with the call; the future needs no runtime and only waits. Its output is whether all items were delivered or
    /// dropped by the deadline. Pushing continues meanwhile.
    #[allow(clippy::must_use_candidate, reason = "it acts even if the result is unused")]
    pub fn flush(&self, deadline: Duration) -> Flush {
        let handle = &*self.handle;
        let targets = handle.shared.sinks().all.iter().map(|sink| (Arc::clone(sink), sink.flush())).collect();
        let done = Completion::new();
        let job = FlushJob { targets, deadline: Deadline::after(deadline), done: done.clone() };
        // A thread that has ended drops the job, which completes the flush.
        let _ = handle.commands.send(Command::Flush(job));
        Flush { done }
    }

    /// Refuses further items, sends the queued ones until the deadline, and reports.
    ///
    /// It begins with the call: later pushes are refused and counted as `shutdown`, even if the future is not awaited. The future
    /// needs no runtime; the delivery thread keeps the deadline. Retries continue, without long waits. A request without a response
    /// at the deadline is aborted and its items count as left, although the backend may have accepted them. A second call returns
    /// the first one's report, at the first one's deadline.
    #[allow(clippy::must_use_candidate, reason = "it acts even if the result is unused")]
    pub fn shutdown(&self, deadline: Duration) -> Shutdown {
        let handle = &*self.handle;
        if handle.shared.close() {
            // A thread that has ended has completed its report.
            let _ = handle.commands.send(Command::Shutdown { deadline: Deadline::after(deadline) });
        }
        Shutdown { ended: handle.shared.ended.clone() }
    }

    /// [`shutdown`](Self::shutdown) for callers that cannot await; blocks this thread until about the deadline at most.
    ///
    /// Safe on a thread of a runtime, even the only one of a current-thread runtime: delivery does not need it.
    #[allow(clippy::must_use_candidate, reason = "it acts even if the result is unused")]
    pub fn shutdown_blocking(&self, deadline: Duration) -> Report {
        let timeout = deadline.min(FOREVER) + GRACE;
        // The wait times out only if a protocol blocks the delivery thread; the sums still add up.
        self.shutdown(deadline).ended.wait(timeout).unwrap_or_else(|| self.report())
    }
}

/// Future of a [`Delivery::flush`]: true if everything was settled in time.
#[derive(Debug)]
pub struct Flush {
    done: Completion<bool>,
}

impl Future for Flush {
    type Output = bool;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<bool> {
        Pin::new(&mut self.done).poll(context)
    }
}

/// Future of a [`Delivery::shutdown`]: its report.
#[derive(Debug)]
pub struct Shutdown {
    ended: Completion<Report>,
}

impl Future for Shutdown {
    type Output = Report;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Report> {
        Pin::new(&mut self.ended).poll(context)
    }
}
