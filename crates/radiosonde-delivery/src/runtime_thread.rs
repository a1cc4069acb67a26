use std::cell::Cell;
use std::io;
use std::sync::mpsc;
use std::thread;

use radiosonde_core::silence::silence_thread;
use tokio::runtime::{Builder, Runtime};

/// Starts a thread with a runtime of its own and waits until that stands. It and the threads of its runtime are
/// [silenced](radiosonde_core::silence).
pub(crate) fn start(name: &str, serve: impl FnOnce(Runtime) + Send + 'static) -> io::Result<()> {
    let (ready, started) = mpsc::channel();
    thread::Builder::new().name(name.into()).spawn(move || {
        take_over();
        // Built here and not by the caller: a runtime must not be dropped inside another one, should starting fail.
        match Builder::new_current_thread().enable_all().on_thread_start(take_over).build() {
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
    // `const` and without a destructor: it can be read while the thread ends.
    static IS_OURS: Cell<bool> = const { Cell::new(false) };
}

/// Marks the thread, and silences it for as long as it lives: the HTTP client emits events, and an event about delivering
/// events would never end.
fn take_over() {
    IS_OURS.set(true);
    silence_thread();
}

/// Whether this thread is one that [`start`] has started, or one of its runtime's: it must not wait for itself.
pub(crate) fn is_current() -> bool {
    IS_OURS.get()
}
