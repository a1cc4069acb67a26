//! When to stop.

use std::future::pending;
use std::io::{self, Read as _};
use std::thread;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::{select, time};

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stop {
    pub(crate) seconds: Option<u64>,
    pub(crate) with_stdin: bool,
}

impl Stop {
    /// Ends when it is time to stop.
    pub(crate) async fn wait(self) {
        let time_is_up = async {
            match self.seconds {
                Some(seconds) => time::sleep(Duration::from_secs(seconds)).await,
                None => pending().await,
            }
        };
        // From here on, neither SIGTERM nor Ctrl-C ends the process by itself.
        let signal = radiosonde::shutdown_signal();
        let asked = async {
            if self.with_stdin {
                // A terminal sends Ctrl-C to the children as well, and systemd SIGTERM. The parent ends them in order.
                stdin_closed().await;
            } else {
                signal.await;
            }
        };
        select! {
            () = asked => {}
            () = time_is_up => {}
        }
    }
}

/// On a thread of its own: a read of tokio's would keep the runtime from ending.
async fn stdin_closed() {
    let (closed, wait) = oneshot::channel();
    thread::spawn(move || {
        let _ = io::stdin().read_to_end(&mut Vec::new());
        let _ = closed.send(());
    });
    let _ = wait.await;
}
