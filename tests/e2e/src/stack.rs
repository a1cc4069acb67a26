use std::panic;
use std::thread;

use crate::jaeger::Jaeger;
use crate::loki::Loki;
use crate::prometheus::Prometheus;

/// The three backends of a service's three signals, started side by side.
#[derive(Debug)]
#[non_exhaustive]
pub struct Stack {
    /// Metrics.
    pub prometheus: Prometheus,
    /// Logs.
    pub loki: Loki,
    /// Traces.
    pub jaeger: Jaeger,
}

impl Stack {
    /// Starts all three, which takes as long as the slowest: about a second.
    ///
    /// `None`, reported on stderr, when one is missing and not required: see [`Program::path`](crate::Program::path).
    ///
    /// # Panics
    /// When one does not become ready, with the end of its output.
    #[must_use]
    pub fn start() -> Option<Self> {
        // Named after the test, so that the line about a skipped test names it.
        let name = thread::current().name().unwrap_or("a test").to_owned();
        thread::scope(|scope| {
            let builder = || thread::Builder::new().name(name.clone());
            let loki = builder().spawn_scoped(scope, Loki::start).ok()?;
            let jaeger = builder().spawn_scoped(scope, Jaeger::start).ok()?;
            let prometheus = Prometheus::start();
            let loki = loki.join().unwrap_or_else(|reason| panic::resume_unwind(reason));
            let jaeger = jaeger.join().unwrap_or_else(|reason| panic::resume_unwind(reason));
            Some(Self { prometheus: prometheus?, loki: loki?, jaeger: jaeger? })
        })
    }
}
