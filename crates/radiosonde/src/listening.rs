use std::io::{self, Read as _};
use std::os::unix::net::UnixStream;
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::low_level::{pipe, unregister};

/// Calls `come` with each SIGINT and SIGTERM, on a thread of its own: a signal handler may not wake a future.
pub(crate) fn start(come: fn()) -> io::Result<()> {
    let (mut signals, interrupt) = UnixStream::pair()?;
    let terminate = interrupt.try_clone()?;
    thread::Builder::new().name("radiosonde-stop".to_owned()).spawn(move || {
        // Ends only if the handlers below could not be installed.
        while signals.read_exact(&mut [0]).is_ok() {
            come();
        }
    })?;
    let interrupt = pipe::register(SIGINT, interrupt)?;
    pipe::register(SIGTERM, terminate).inspect_err(|_| _ = unregister(interrupt))?;
    Ok(())
}
