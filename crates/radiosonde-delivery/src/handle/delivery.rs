use std::fmt;
use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use radiosonde_core::SharedClock;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

use crate::accounting::report::Report;
use crate::accounting::self_metrics::SelfMetrics;
use crate::batching::buffer::{AnyBuffer, Buffer};
use crate::batching::queue::Queue;
use crate::deadline::{Deadline, FOREVER};
use crate::handle::builder::DeliveryBuilder;
use crate::handle::sink_error::SinkError;
use crate::options::sink_options::SinkOptions;
use crate::protocol::Protocol;
use crate::transport::http_transport::HttpTransport;
use crate::transport::options::HttpOptions;
use crate::worker::completion::Completion;
use crate::worker::sink_task::SinkTask;
use crate::worker::thread::{self, Command, FlushJob, Shared};

/// How much longer than its deadline [`Delivery::shutdown_blocking`] waits for the thread to say so.
const GRACE: Duration = Duration::from_secs(1);

/// The thread that carries telemetry to its backends.
///
/// Cheap to clone; all clones are the same thread. It has a runtime of its own, so it neither needs nor disturbs the
/// application's, whatever that is. When the last clone is dropped without a shutdown, the thread closes its queues, tries for
/// one more second to send what is there, and ends by itself; nobody waits for it, and a process that exits does not either.
/// So call [`shutdown`](Self::shutdown).
///
/// After a `fork` the child has no delivery thread, and may find a lock taken that nobody will release. Start a delivery after
/// forking and push to none from before.
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
    /// Each sink has its own queue, batches, connections and retries: one whose backend hangs does not hold up another.
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
        options.check().map_err(SinkError::Option)?;
        let transport =
            HttpTransport::new(protocol.endpoint(), http, options.timeout).map_err(SinkError::Http)?;
        let name = options.name;
        let handle = &*self.handle;
        // Held until the command is sent, so that a sink is either refused or served, also beside a shutdown.
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
        // A thread that is gone drops the task, which closes the queue.
        let _ = handle.commands.send(Command::Run(Box::pin(task.run())));
        sinks.all.push(Arc::clone(&buffer) as Arc<dyn AnyBuffer>);
        Ok(Queue::new(buffer))
    }

    /// What became of everything so far.
    #[must_use]
    pub fn report(&self) -> Report {
        self.handle.shared.report()
    }

    /// Sends what has been pushed until now without waiting for full batches.
    ///
    /// It begins with the call; the future, of any runtime, only waits. It says whether all of it had been delivered or
    /// dropped by the deadline. Pushing goes on meanwhile.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody waits or not")]
    pub fn flush(&self, deadline: Duration) -> Flush {
        let handle = &*self.handle;
        let targets = handle.shared.sinks().all.iter().map(|sink| (Arc::clone(sink), sink.flush())).collect();
        let done = Completion::new();
        let job = FlushJob { targets, deadline: Deadline::after(deadline), done: done.clone() };
        // A thread that is gone drops the job, which tells.
        let _ = handle.commands.send(Command::Flush(job));
        Flush { done }
    }

    /// Stops taking items, sends what is there until the deadline, and reports.
    ///
    /// It begins with the call: later pushes are refused and counted as `shutdown`, whether the future is awaited or not. The
    /// future belongs to no runtime; the deadline is kept by the delivery thread. Retries go on, without long waits; what is
    /// unanswered at the deadline is cut off and counts as left, though the backend may have accepted it. A second call returns
    /// the first one's report, at the first one's deadline.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody waits or not")]
    pub fn shutdown(&self, deadline: Duration) -> Shutdown {
        let handle = &*self.handle;
        if handle.shared.close() {
            // A thread that is gone has left its report.
            let _ = handle.commands.send(Command::Shutdown { deadline: Deadline::after(deadline) });
        }
        Shutdown { ended: handle.shared.ended.clone() }
    }

    /// [`shutdown`](Self::shutdown) for callers that cannot await; blocks this thread, until about the deadline at most.
    ///
    /// Safe on a runtime's thread too, also the only one of a current-thread runtime: delivery does not need it.
    #[allow(clippy::must_use_candidate, reason = "it acts whether anybody waits or not")]
    pub fn shutdown_blocking(&self, deadline: Duration) -> Report {
        let patience = deadline.min(FOREVER) + GRACE;
        // Patience ends only if a protocol blocks the delivery thread; the sums add up all the same.
        self.shutdown(deadline).ended.wait(patience).unwrap_or_else(|| self.report())
    }
}

/// Waits for a [`Delivery::flush`]; true if everything was settled in time.
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

/// Waits for a [`Delivery::shutdown`] and gives its report.
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
