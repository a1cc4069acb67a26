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

/// How long the thread goes on after the last handle was dropped without a shutdown.
pub(crate) const LINGER: Duration = Duration::from_secs(1);

/// What the handles tell the thread.
pub(crate) enum Command {
    Run(Pin<Box<dyn Future<Output = ()> + Send>>),
    Flush(FlushJob),
    Shutdown { deadline: Deadline },
}

/// What the handles and the thread share.
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

    /// Refuses further sinks and items, and tells the tasks to hurry. True the first time.
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
        // Copied, because items are dropped, which is the user's code: it may ask for a report.
        let all = self.sinks().all.clone();
        all.iter().for_each(|sink| sink.discard());
    }
}

/// A flush that somebody waits for. Dropping it says how far it came, so that nobody waits for ever.
pub(crate) struct FlushJob {
    pub(crate) targets: Vec<(Arc<dyn AnyBuffer>, u64)>,
    pub(crate) deadline: Deadline,
    pub(crate) done: Completion<bool>,
}

impl FlushJob {
    async fn run(self) {
        // Late or not, dropping the job tells.
        let _ = timeout_at(self.deadline.here(), self.all_settled()).await;
    }

    async fn all_settled(&self) {
        for (sink, target) in &self.targets {
            loop {
                let mut settled = pin!(sink.settled().notified());
                // Registered before looking, so that nothing settles unseen in between.
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

/// Starts the thread and waits until its runtime stands.
pub(crate) fn spawn(shared: Arc<Shared>, commands: UnboundedReceiver<Command>) -> io::Result<()> {
    runtime_thread::start("radiosonde-delivery", move |runtime| run(runtime, &shared, commands))
}

fn run(runtime: Runtime, shared: &Shared, commands: UnboundedReceiver<Command>) {
    let finish = FinishOnDrop { shared };
    runtime.block_on(serve(shared, commands));
    drop(finish);
    // A name look-up may hang on one of the runtime's threads; nobody waits for it.
    runtime.shutdown_background();
}

/// Hands out the report however the thread ends.
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
                // Finished ones are taken out, or the set would grow for ever.
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
    // Late or not, what is still running is cut off; its items count as left.
    let _ = timeout_at(deadline, async { while sinks.join_next().await.is_some() {} }).await;
    sinks.shutdown().await;
    flushes.shutdown().await;
}
