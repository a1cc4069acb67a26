use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::SIGINT;
use signal_hook::flag;

/// How often it is looked whether Ctrl-C was pressed.
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Calls `come` once after Ctrl-C. Without pipes that a signal handler may write to, a thread looks at a flag.
pub(crate) fn start(come: fn()) -> io::Result<()> {
    let pressed = Arc::new(AtomicBool::new(false));
    let seen = Arc::clone(&pressed);
    thread::Builder::new().name("radiosonde-stop".to_owned()).spawn(move || {
        // Relaxed: nothing else is read by it.
        while !seen.load(Ordering::Relaxed) {
            thread::sleep(LOOK_EVERY);
        }
        come();
    })?;
    flag::register(SIGINT, pressed)?;
    Ok(())
}
