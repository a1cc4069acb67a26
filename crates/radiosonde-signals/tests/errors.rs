//! How errors of observed functions are recorded.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::error::Error;
use std::fmt::{self, Debug, Display};
use std::sync::{Arc, Mutex};

use anyhow::Context as _;
use radiosonde_signals::{Operation, observe};
use tracing::field::{Field, Visit};
use tracing::span::{Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, SubscriberExt as _};

/// An error field's texts, outermost first, and the description of a span's status.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Told {
    error: Vec<String>,
    description: Option<String>,
}

impl Visit for Told {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "otel.status_description" {
            self.description = Some(format!("{value:?}"));
        }
    }

    fn record_error(&mut self, field: &Field, value: &(dyn Error + 'static)) {
        assert_eq!(field.name(), "error");
        self.error =
            std::iter::successors(Some(value), |error| (**error).source()).map(ToString::to_string).collect();
    }
}

#[derive(Debug, Clone, Default)]
struct Telling(Arc<Mutex<Told>>);

impl<S: Subscriber> Layer<S> for Telling {
    fn on_record(&self, _: &Id, values: &Record<'_>, _: Context<'_, S>) {
        values.record(&mut *self.0.lock().unwrap());
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        event.record(&mut *self.0.lock().unwrap());
    }
}

#[track_caller]
fn assert_told(work: impl FnOnce(), error: &[&str], description: &str) {
    let telling = Telling::default();
    tracing::subscriber::with_default(tracing_subscriber::registry().with(telling.clone()), work);
    let told = telling.0.lock().unwrap().clone();
    assert_eq!(told.error, error);
    assert_eq!(told.description.as_deref(), Some(description));
}

#[derive(Debug)]
struct Refused(std::num::ParseIntError);

impl Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("order refused")
    }
}

impl Error for Refused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

fn refused() -> Refused {
    Refused("x".parse::<u8>().unwrap_err())
}

#[observe]
fn with_error() -> Result<(), Refused> {
    Err(refused())
}

#[observe]
fn with_anyhow() -> anyhow::Result<()> {
    Err(refused()).context("cannot ship")
}

#[observe]
fn with_sent_box() -> Result<(), Box<dyn Error + Send + Sync>> {
    Err(refused())?
}

#[observe]
fn with_box() -> Result<(), Box<dyn Error>> {
    Err(refused())?
}

#[observe]
fn with_text() -> Result<(), &'static str> {
    Err("no")
}

const DIGIT: &str = "invalid digit found in string";

#[test]
fn an_error_keeps_its_causes() {
    let causes = ["order refused", DIGIT];
    let description = "order refused: invalid digit found in string";
    assert_told(|| assert!(with_error().is_err()), &causes, description);
    assert_told(|| assert!(with_sent_box().is_err()), &causes, description);
    assert_told(|| assert!(with_box().is_err()), &causes, description);
    let description = "cannot ship: order refused: invalid digit found in string";
    assert_told(|| assert!(with_anyhow().is_err()), &["cannot ship", "order refused", DIGIT], description);
    assert_told(|| assert!(with_text().is_err()), &["no"], "no");
}

#[test]
fn what_can_only_be_shown_is_shown_with_its_causes() {
    let operation = Operation::new("shown");
    let description = "cannot ship: order refused: invalid digit found in string";
    let error = || anyhow::Error::new(refused()).context("cannot ship");
    assert_told(|| assert!(operation.run(|| Err::<(), _>(error())).is_err()), &[description], description);
    assert_told(|| operation.track().fail(error()), &[description], description);
}

struct Fails;

impl Display for Fails {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Err(fmt::Error)
    }
}

struct Panics;

impl Display for Panics {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        panic!("as meant")
    }
}

#[observe]
fn fails() -> Result<(), Fails> {
    Err(Fails)
}

#[observe]
async fn panics() -> Result<(), Panics> {
    Err(Panics)
}

#[tokio::test]
async fn an_error_that_cannot_be_shown_is_returned_all_the_same() {
    assert_told(|| assert!(fails().is_err()), &["<fmt error>"], "<fmt error>");
    assert_told(|| Operation::new("fails_by_hand").track().fail(Panics), &["<fmt error>"], "<fmt error>");
    assert!(panics().await.is_err());
    assert!(Operation::new("panics_by_hand").run(|| Err::<(), _>(Panics)).is_err());
}
