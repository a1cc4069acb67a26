use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::SigId;
use signal_hook::consts::SIGHUP;

use crate::file::file_options::FileOptions;

impl FileOptions {
    /// Reopens the file when the process receives SIGHUP, which logrotate's `postrotate` scripts send.
    ///
    /// SIGHUP then no longer ends the process. Existing handlers, and later ones installed through `signal-hook` or tokio,
    /// are called as well.
    pub fn reopen_on_sighup(mut self) -> Self {
        self.signal = Some(listen);
        self
    }
}

/// Sets `asked` with each SIGHUP until the returned value is dropped.
fn listen(asked: &Arc<AtomicBool>) -> io::Result<Box<dyn std::fmt::Debug + Send>> {
    let id = signal_hook::flag::register(SIGHUP, Arc::clone(asked))?;
    Ok(Box::new(Listening(id)))
}

#[derive(Debug)]
struct Listening(SigId);

impl Drop for Listening {
    fn drop(&mut self) {
        signal_hook::low_level::unregister(self.0);
    }
}
