//! A change of levels must not scope a subscriber to its thread: that would hide what other threads emit within an event. A
//! separate binary, because it is about the process's one subscriber.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::fmt;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, OnceLock};
use std::thread;
use std::time::Duration;

use radiosonde_core::Resource;
use radiosonde_log::{Format, JsonLayer, LevelReload, LogFilter, Writer};
use radiosonde_testkit::SharedBuffer;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber, info};
use tracing_subscriber::layer::{Layer, SubscriberExt as _};

struct Logs;

impl fmt::Debug for Logs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        info!("within");
        f.write_str("logs")
    }
}

type Meeting = (Sender<()>, Mutex<Receiver<()>>);

/// Blocks the thread that asks callsites again, once, until it is released.
#[derive(Clone, Copy)]
struct Holds(&'static OnceLock<Meeting>);

impl<S: Subscriber> Layer<S> for Holds {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        if thread::current().name() == Some("radiosonde-levels")
            && let Some((arrive, leave)) = self.0.get()
            && arrive.send(()).is_ok()
        {
            let _ = leave.lock().unwrap().recv();
        }
        Interest::always()
    }
}

#[test]
fn an_event_within_an_event_comes_while_levels_change() {
    static MEETING: OnceLock<Meeting> = OnceLock::new();
    let buffer = SharedBuffer::new();
    let (filter, reload) = LevelReload::new(LogFilter::default());
    let layer = JsonLayer::builder(&Resource::new("orders"))
        .format(Format::Json)
        .writer(Writer::new("buffer", buffer.clone()))
        .build()
        .unwrap();
    let subscriber = tracing_subscriber::registry().with(Holds(&MEETING)).with(filter).with(layer);
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let event = || info!(value = ?Logs, "outer");
    event();
    assert_eq!(buffer.take().lines().count(), 2);

    let (arrive, arrived) = channel();
    let (let_go, leave) = channel::<()>();
    MEETING.set((arrive, Mutex::new(leave))).unwrap();
    let changes = thread::spawn(move || reload.set("debug").unwrap());
    arrived.recv_timeout(Duration::from_secs(60)).unwrap();
    event();
    assert_eq!(buffer.take().lines().count(), 2);
    drop((let_go, arrived));
    changes.join().unwrap();
}
