//! A silenced thread's events and spans are ignored, wherever the filter is. The logger of `log` and the subscriber are
//! global to the process: each layer of it stands for one way to set up logging.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::sync::{Arc, Mutex};
use std::thread;

use radiosonde_core::Resource;
use radiosonde_core::silence::silence_thread;
use radiosonde_log::{Format, JsonLayer, LevelReload, LogFilter, Writer, bridge_log_records, fatal};
use radiosonde_testkit::SharedBuffer;
use tracing::span::{Attributes, Id};
use tracing::{Dispatch, Event, Subscriber, info, info_span};
use tracing_core::LevelFilter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt as _};

/// A foreign layer, which records the names of spans and counts events.
#[derive(Clone, Default)]
struct Foreign(Arc<Mutex<Vec<String>>>);

impl Foreign {
    fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

impl<S: Subscriber> Layer<S> for Foreign {
    fn on_new_span(&self, attributes: &Attributes<'_>, _: &Id, _: Context<'_, S>) {
        self.0.lock().unwrap().push(attributes.metadata().name().to_owned());
    }

    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {
        self.0.lock().unwrap().push("event".to_owned());
    }
}

fn json(buffer: &SharedBuffer) -> JsonLayer {
    let writer = Writer::new("buffer", buffer.clone());
    JsonLayer::builder(&Resource::new("orders")).format(Format::Json).writer(writer).build().unwrap()
}

fn emit() {
    let _span = info_span!("span", tenant = "acme").entered();
    info!("event");
    fatal!("event");
}

fn emit_silenced(dispatch: &Dispatch) {
    let dispatch = dispatch.clone();
    let silenced = move || {
        silence_thread();
        tracing::dispatcher::with_default(&dispatch, emit);
    };
    thread::spawn(silenced).join().unwrap();
}

/// The output of a normal thread, and then of a silenced one.
fn heard(dispatch: &Dispatch, buffer: &SharedBuffer, foreign: &Foreign) -> [(usize, Vec<String>); 2] {
    tracing::dispatcher::with_default(dispatch, emit);
    let heard = (buffer.take().lines().count(), foreign.take());
    // By now the callsites are cached as enabled.
    emit_silenced(dispatch);
    [heard, (buffer.take().lines().count(), foreign.take())]
}

const ALL: [&str; 3] = ["span", "event", "event"];

#[test]
fn a_layer_without_a_filter_ignores_silenced_threads() {
    let (buffer, foreign) = (SharedBuffer::new(), Foreign::default());
    let subscriber = tracing_subscriber::registry().with(json(&buffer)).with(foreign.clone());
    let [heard, silenced] = heard(&Dispatch::new(subscriber), &buffer, &foreign);
    assert_eq!(heard, (2, ALL.map(str::to_owned).to_vec()));
    // Foreign layers see them.
    assert_eq!(silenced, (0, ALL.map(str::to_owned).to_vec()));
}

#[test]
fn a_filter_below_all_layers_hides_their_events_from_every_layer() {
    let (controlled, _control) = LevelReload::new(LogFilter::default());
    for controlled in [None, Some(controlled)] {
        let (buffer, foreign) = (SharedBuffer::new(), Foreign::default());
        let subscriber = match controlled {
            None => Dispatch::new(
                tracing_subscriber::registry()
                    .with(LogFilter::default())
                    .with(json(&buffer))
                    .with(foreign.clone()),
            ),
            Some(filter) => Dispatch::new(
                tracing_subscriber::registry().with(filter).with(json(&buffer)).with(foreign.clone()),
            ),
        };
        let [heard, silenced] = heard(&subscriber, &buffer, &foreign);
        assert_eq!(heard, (2, ALL.map(str::to_owned).to_vec()));
        // A span whose interest is `always` is created without a call to the filter.
        assert!(silenced.0 == 0 && !silenced.1.contains(&"event".to_owned()), "{silenced:?}");
    }
}

#[test]
fn a_filter_of_a_layer_hides_spans_and_events_from_it() {
    let (controlled, _control) = LevelReload::new(LogFilter::default());
    for controlled in [None, Some(controlled)] {
        let (buffer, foreign) = (SharedBuffer::new(), Foreign::default());
        let subscriber = match controlled {
            None => Dispatch::new(
                tracing_subscriber::registry().with(foreign.clone().with_filter(LogFilter::default())),
            ),
            Some(filter) => {
                Dispatch::new(tracing_subscriber::registry().with(foreign.clone().with_filter(filter)))
            }
        };
        let [heard, silenced] = heard(&subscriber, &buffer, &foreign);
        assert_eq!(heard.1, ALL);
        assert_eq!(silenced.1, [""; 0]);
    }
}

#[test]
fn records_of_log_and_captures_ignore_silenced_threads() {
    let (buffer, foreign) = (SharedBuffer::new(), Foreign::default());
    let subscriber = tracing_subscriber::registry().with(json(&buffer)).with(foreign.clone());
    tracing::subscriber::set_global_default(subscriber.with(LevelFilter::INFO)).unwrap();
    bridge_log_records().unwrap();
    log::info!("heard");
    assert!(log::log_enabled!(log::Level::Info));
    assert_eq!((buffer.take().lines().count(), foreign.take().len()), (1, 1));
    thread::spawn(|| {
        silence_thread();
        log::info!("silenced");
        log::info!(key = 1; "silenced");
        assert!(!log::log_enabled!(log::Level::Info));
    })
    .join()
    .unwrap();
    assert_eq!((buffer.take().as_str(), foreign.take().len()), ("", 0), "the bridge emits no event");
}
