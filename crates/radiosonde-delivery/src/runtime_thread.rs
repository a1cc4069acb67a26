use std::cell::Cell;
use std::io;
use std::sync::mpsc;
use std::thread;

use radiosonde_core::silence::silence_thread;
use tokio::runtime::{Builder, Runtime};

/// Starts a thread with its own runtime and waits until that is built. It and the threads of its runtime are
/// [silenced](radiosonde_core::silence).
pub(crate) fn start(name: &str, serve: impl FnOnce(Runtime) + Send + 'static) -> io::Result<()> {
    let (ready, started) = mpsc::channel();
    thread::Builder::new().name(name.into()).spawn(move || {
        mark_and_silence();
        // Built here and not by the caller: if starting fails, a runtime must not be dropped inside another one.
        match Builder::new_current_thread().enable_all().on_thread_start(mark_and_silence).build() {
            Ok(runtime) => {
                // The caller is waiting in `recv` below.
                let _ = ready.send(Ok(()));
                serve(runtime);
            }
            Err(error) => drop(ready.send(Err(error))),
        }
    })?;
    started.recv().unwrap_or_else(|_| Err(io::Error::other("the thread ended while starting")))
}

thread_local! {
    // `const` and without a destructor: it can be read while the thread exits.
    static IS_OURS: Cell<bool> = const { Cell::new(false) };
}

/// Marks the thread and silences it for its lifetime: the HTTP client emits events, and delivering those would emit more
/// without end.
fn mark_and_silence() {
    IS_OURS.set(true);
    silence_thread();
}

/// Whether this thread was started by [`start`] or by its runtime, and so must not wait for itself.
pub(crate) fn is_current() -> bool {
    IS_OURS.get()
}
