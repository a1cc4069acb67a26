use std::cell::RefCell;
use std::io;
use std::sync::mpsc;
use std::thread;

use tokio::runtime::{Builder, Runtime};
use tracing_core::dispatcher::{DefaultGuard, Dispatch, set_default};

/// Starts a thread with a runtime of its own and waits until that stands. Neither it nor the threads of its runtime are heard
/// by `tracing`.
pub(crate) fn start(name: &str, serve: impl FnOnce(Runtime) + Send + 'static) -> io::Result<()> {
    let (ready, started) = mpsc::channel();
    thread::Builder::new().name(name.into()).spawn(move || {
        // Built here and not by the caller: a runtime must not be dropped inside another one, should starting fail.
        match Builder::new_current_thread().enable_all().on_thread_start(silence).build() {
            Ok(runtime) => {
                // The caller is waiting in `recv` below.
                let _ = ready.send(Ok(()));
                silence();
                serve(runtime);
            }
            Err(error) => drop(ready.send(Err(error))),
        }
    })?;
    started.recv().unwrap_or_else(|_| Err(io::Error::other("the thread ended while starting")))
}

thread_local! {
    static SILENCE: RefCell<Option<DefaultGuard>> = const { RefCell::new(None) };
}

/// Takes this thread off `tracing` for as long as it lives: the HTTP client emits events, and an event about delivering
/// events would never end.
fn silence() {
    // `Dispatch::none` is no subscriber that could lower the process-wide maximum level or be asked about callsites.
    SILENCE.with(|silence| *silence.borrow_mut() = Some(set_default(&Dispatch::none())));
}

/// Whether this thread is one that [`start`] has started, or one of its runtime's: it must not wait for itself.
pub(crate) fn is_current() -> bool {
    SILENCE.try_with(|silence| silence.borrow().is_some()).unwrap_or(false)
}
