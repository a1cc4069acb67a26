use std::future::Future;
use std::io;
use std::pin::{Pin, pin};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::runtime::Runtime;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{Instant, timeout_at};

use crate::accounting::report::Report;
use crate::batching::buffer::AnyBuffer;
use crate::deadline::Deadline;
use crate::runtime_thread;
use crate::worker::completion::Completion;

/// How long the thread keeps running after the last handle is dropped without a shutdown.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// A command of a handle to the thread.
pub(crate) enum Command {
    Run(Pin<Box<dyn Future<Output = ()> + Send>>),
    Flush(FlushJob),
    Shutdown { deadline: Deadline },
}

/// The state that the handles and the thread share.
pub(crate) struct Shared {
    pub(crate) sinks: Mutex<Sinks>,
    pub(crate) stopping: watch::Sender<bool>,
    pub(crate) ended: Completion<Report>,
}

#[derive(Default)]
pub(crate) struct Sinks {
    pub(crate) all: Vec<Arc<dyn AnyBuffer>>,
    pub(crate) closed: bool,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self { sinks: Mutex::default(), stopping: watch::Sender::new(false), ended: Completion::new() }
    }

    pub(crate) fn sinks(&self) -> MutexGuard<'_, Sinks> {
        self.sinks.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Refuses further sinks and items, and signals the shutdown to the tasks. True the first time.
    pub(crate) fn close(&self) -> bool {
        let mut sinks = self.sinks();
        let first = !std::mem::replace(&mut sinks.closed, true);
        for sink in &sinks.all {
            sink.close();
        }
        drop(sinks);
        self.stopping.send_replace(true);
        first
    }

    pub(crate) fn report(&self) -> Report {
        Report::new(self.sinks().all.iter().map(|sink| sink.report()).collect())
    }

    fn finish(&self) {
        self.close();
        self.ended.complete(self.report());
        // Cloned, so that no lock is held while items are dropped: their destructors are user code that may request a report.
        let all = self.sinks().all.clone();
        all.iter().for_each(|sink| sink.discard());
    }
}

/// A flush with a waiter. Dropping it completes the flush with what was settled, so that the waiter never hangs.
pub(crate) struct FlushJob {
    pub(crate) targets: Vec<(Arc<dyn AnyBuffer>, u64)>,
    pub(crate) deadline: Deadline,
    pub(crate) done: Completion<bool>,
}

impl FlushJob {
    async fn run(self) {
        // On time or late, dropping the job completes the flush.
        let _ = timeout_at(self.deadline.here(), self.all_settled()).await;
    }

    async fn all_settled(&self) {
        for (sink, target) in &self.targets {
            loop {
                let mut settled = pin!(sink.settled().notified());
                // Registered before the check, so that no notification is lost in between.
                settled.as_mut().enable();
                if sink.is_settled(*target) {
                    break;
                }
                settled.await;
            }
        }
    }
}

impl Drop for FlushJob {
    fn drop(&mut self) {
        self.done.complete(self.targets.iter().all(|(sink, target)| sink.is_settled(*target)));
    }
}

/// Starts the thread and waits until its runtime is built.
pub(crate) fn spawn(shared: Arc<Shared>, commands: UnboundedReceiver<Command>) -> io::Result<()> {
    runtime_thread::start("radiosonde-delivery", move |runtime| run(runtime, &shared, commands))
}

fn run(runtime: Runtime, shared: &Shared, commands: UnboundedReceiver<Command>) {
    let finish = FinishOnDrop { shared };
    runtime.block_on(serve(shared, commands));
    drop(finish);
    // A name look-up may hang on a thread of the runtime; do not wait for it.
    runtime.shutdown_background();
}

/// Completes the report however the thread ends.
struct FinishOnDrop<'a> {
    shared: &'a Shared,
}

impl Drop for FinishOnDrop<'_> {
    fn drop(&mut self) {
        self.shared.finish();
    }
}

async fn serve(shared: &Shared, mut commands: UnboundedReceiver<Command>) {
    let mut sinks = JoinSet::new();
    let mut flushes = JoinSet::new();
    let deadline = loop {
        match commands.recv().await {
            Some(Command::Run(sink)) => drop(sinks.spawn(sink)),
            Some(Command::Flush(job)) => {
                // Removes finished ones; otherwise the set would grow without bound.
                while flushes.try_join_next().is_some() {}
                flushes.spawn(job.run());
            }
            Some(Command::Shutdown { deadline }) => break deadline.here(),
            None => {
                shared.close();
                break Instant::now() + LINGER;
            }
        }
    };
    // Whatever still runs is aborted; its items count as left.
    let _ = timeout_at(deadline, async { while sinks.join_next().await.is_some() {} }).await;
    sinks.shutdown().await;
    flushes.shutdown().await;
}
