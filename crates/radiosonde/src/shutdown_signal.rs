use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use radiosonde_admin::Health;
use radiosonde_core::{diagnostics, survive};

use crate::listening;

static ASKED: Mutex<Asked> = Mutex::new(Asked {
    is_listening: false,
    has_come: false,
    next: 0,
    waiting: BTreeMap::new(),
    health: None,
});

/// Whether the process was asked to end, and which futures wait for that.
#[derive(Debug)]
struct Asked {
    is_listening: bool,
    has_come: bool,
    /// The number of the next future.
    next: u64,
    waiting: BTreeMap<u64, Waker>,
    /// Not ready once a signal has come.
    health: Option<Health>,
}

/// Waits until the process is asked to end: by SIGTERM, as `docker stop`, Kubernetes and systemd do, or by Ctrl-C (SIGINT).
///
/// From the call on, neither signal ends the process by itself. The future works on any runtime, and on none. The first signal
/// completes every such future, also one that is made later, and makes `/readyz` answer 503; further signals do nothing. Handlers of tokio or `signal-hook`
/// for the same signals are called as well. On systems other than Unix, Ctrl-C alone is waited for.
///
/// If the signals cannot be listened to, that is reported through [`diagnostics`] and the future never completes: the signals
/// then end the process as they do without it.
///
/// # Cost
/// One sleeping thread and one pair of sockets for the process, from the first call on.
///
/// ```no_run
/// use std::time::Duration;
///
/// # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
/// let telemetry = radiosonde::init("orders")?;
/// // With axum: `axum::serve(listener, app).with_graceful_shutdown(radiosonde::shutdown_signal())`.
/// radiosonde::shutdown_signal().await;
/// eprintln!("{}", telemetry.shutdown(Duration::from_secs(5)).await);
/// # Ok(())
/// # }
/// ```
#[must_use = "a future does nothing until it is awaited, and the signals no longer end the process"]
pub fn shutdown_signal() -> ShutdownSignal {
    let mut asked = lock();
    let number = asked.next;
    asked.next += 1;
    let started = if asked.is_listening { Ok(()) } else { listening::start(come) };
    asked.is_listening = started.is_ok();
    drop(asked);
    if let Err(error) = started {
        let message = format_args!("cannot listen to the signals that end the process: {error}");
        diagnostics::report("shutdown", "signal", message);
    }
    ShutdownSignal { number }
}

/// Waits for SIGTERM or Ctrl-C. From [`shutdown_signal`].
#[derive(Debug)]
#[must_use = "a future does nothing until it is awaited"]
pub struct ShutdownSignal {
    number: u64,
}

impl Future for ShutdownSignal {
    type Output = ();

    fn poll(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        // A waker is anybody's code: cloned and dropped without the lock.
        let waker = context.waker().clone();
        let mut asked = lock();
        if asked.has_come {
            return Poll::Ready(());
        }
        let replaced = asked.waiting.insert(self.number, waker);
        drop(asked);
        drop(replaced);
        Poll::Pending
    }
}

impl Drop for ShutdownSignal {
    fn drop(&mut self) {
        let removed = lock().waiting.remove(&self.number);
        drop(removed);
    }
}

/// Sets this not ready when a signal comes.
pub(crate) fn also_for(health: &Health) {
    let mut asked = lock();
    asked.health = Some(health.clone());
    let has_come = asked.has_come;
    drop(asked);
    if has_come {
        health.set_ready(false);
    }
}

/// A signal has come.
fn come() {
    let mut asked = lock();
    asked.has_come = true;
    let waiting = std::mem::take(&mut asked.waiting);
    let health = asked.health.clone();
    drop(asked);
    if let Some(health) = health {
        health.set_ready(false);
    }
    for waker in waiting.into_values() {
        // One that panics keeps no other future from completing.
        let _ = survive(|| waker.wake());
    }
}

fn lock() -> MutexGuard<'static, Asked> {
    ASKED.lock().unwrap_or_else(PoisonError::into_inner)
}
