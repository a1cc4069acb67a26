//! Errors that are counted by their kind.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::fmt::{self, Display};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use futures_util::stream::{self, BoxStream, Stream, StreamExt as _};
use radiosonde_metrics::{Buckets, Registry};
use radiosonde_signals::{ErrorKind, Operation, OperationNames, observe};

#[derive(Debug, PartialEq, ErrorKind)]
#[allow(dead_code, reason = "its kinds matter")]
enum ChargeError {
    CardDeclined,
    #[error_kind(rename = "provider")]
    Io(u8, u8),
    Limit {
        of: u64,
    },
    #[error_kind(other)]
    Bug,
    #[error_kind(other)]
    Unforeseen,
}

impl Display for ChargeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "text of {}", self.kind())
    }
}

impl std::error::Error for ChargeError {}

type Charged = Result<u8, ChargeError>;

#[track_caller]
fn assert_kinds(registry: &Registry, metric: &str, operation: &str, expected: &[(&str, f64)]) {
    let snapshot = registry.snapshot();
    let series = snapshot.family(metric).unwrap().series().iter();
    let of_operation = series.filter(|series| series.label("operation").is_none_or(|own| own == operation));
    let mut kinds: Vec<_> =
        of_operation.map(|series| (series.label("kind").unwrap().into_owned(), series.number())).collect();
    kinds.sort_by(|a, b| a.0.cmp(&b.0));
    let kinds: Vec<_> = kinds.iter().map(|(kind, count)| (&**kind, *count)).collect();
    assert_eq!(kinds, expected, "{operation}");
}

#[track_caller]
fn assert_observed(operation: &str, expected: &[(&str, f64)]) {
    assert_kinds(Registry::global(), "operation_errors_total", operation, expected);
}

/// The kinds of a `ChargeError`, with one that was declined.
const DECLINED: [(&str, f64); 7] = [
    ("card_declined", 1.0),
    ("limit", 0.0),
    ("other", 0.0),
    ("panic", 0.0),
    ("provider", 0.0),
    ("shed", 0.0),
    ("timeout", 0.0),
];

#[test]
fn a_variant_is_named_in_snake_case_unless_it_chooses() {
    assert_eq!(ChargeError::KINDS, ["card_declined", "provider", "limit"]);
    let errors = [
        ChargeError::CardDeclined,
        ChargeError::Io(1, 2),
        ChargeError::Limit { of: 3 },
        ChargeError::Bug,
        ChargeError::Unforeseen,
    ];
    let kinds = errors.map(|error| error.kind());
    assert_eq!(kinds, ["card_declined", "provider", "limit", "other", "other"]);
}

#[derive(ErrorKind)]
#[allow(dead_code, reason = "its kinds matter")]
#[error_kind(rename_all = "SCREAMING-KEBAB-CASE")]
enum Generic<'a, T: Copy>
where
    T: Display,
{
    NotFound(&'a T),
    #[error_kind(rename = "as is")]
    Renamed,
    r#Type,
    Other,
}

#[test]
fn an_enum_chooses_the_case_and_may_be_generic() {
    assert_eq!(Generic::<u8>::KINDS, ["NOT-FOUND", "as is", "TYPE", "OTHER"]);
    let errors = [Generic::NotFound(&3), Generic::Renamed, Generic::r#Type];
    assert_eq!(errors.map(|error| error.kind()), ["NOT-FOUND", "as is", "TYPE"]);
    assert_eq!(Generic::<u8>::Other.kind(), "OTHER");
    assert_eq!(Box::new(Generic::NotFound(&3)).kind(), "NOT-FOUND");
    assert_eq!(Arc::new(Generic::NotFound(&3)).kind(), "NOT-FOUND");
}

#[observe]
fn kind_sync() -> Charged {
    Err(ChargeError::CardDeclined)
}

#[observe]
async fn kind_async() -> Charged {
    Err(ChargeError::CardDeclined)
}

#[observe]
fn kind_future() -> impl Future<Output = Charged> {
    async { Err(ChargeError::CardDeclined) }
}

#[observe]
fn kind_boxed(text: &str) -> Pin<Box<dyn Future<Output = Result<&str, ChargeError>> + '_>> {
    Box::pin(async move { if text.is_empty() { Ok(text) } else { Err(ChargeError::CardDeclined) } })
}

#[observe]
fn kind_stream() -> impl Stream<Item = Charged> {
    stream::iter([Ok(1), Err(ChargeError::CardDeclined)])
}

#[observe]
fn kind_boxed_stream() -> BoxStream<'static, Charged> {
    stream::iter([Err(ChargeError::CardDeclined)]).boxed()
}

#[observe]
fn kind_box() -> Result<u8, Box<ChargeError>> {
    Err(Box::new(ChargeError::CardDeclined))
}

#[observe]
fn kind_generic<E: ErrorKind>(error: E) -> Result<u8, E> {
    Err(error)
}

#[tokio::test]
async fn an_observed_error_counts_by_its_kind_in_every_shape() {
    assert!(kind_sync().is_err());
    assert!(kind_async().await.is_err());
    assert!(kind_future().await.is_err());
    assert!(kind_boxed("x").await.is_err());
    assert_eq!(kind_stream().collect::<Vec<_>>().await.len(), 2);
    assert_eq!(kind_boxed_stream().collect::<Vec<_>>().await.len(), 1);
    assert!(kind_box().is_err());
    assert!(kind_generic(ChargeError::CardDeclined).is_err());
    let shapes = ["sync", "async", "future", "boxed", "stream", "boxed_stream", "box", "generic"];
    for shape in shapes {
        assert_observed(&format!("kind_{shape}"), &DECLINED);
    }
}

#[observe]
fn kind_zero(fail: bool) -> Charged {
    if fail { Err(ChargeError::Bug) } else { Ok(1) }
}

#[test]
fn every_kind_is_exposed_from_the_first_call_on() {
    assert!(kind_zero(false).is_ok());
    let mut zero = DECLINED;
    zero[0].1 = 0.0;
    assert_observed("kind_zero", &zero);
    assert!(kind_zero(true).is_err());
    zero[2].1 = 1.0;
    assert_observed("kind_zero", &zero);
}

#[observe]
fn kind_unnamed() -> Result<impl Iterator<Item = u8>, ChargeError> {
    if true { Err(ChargeError::CardDeclined) } else { Ok([1].into_iter()) }
}

#[test]
fn a_return_type_that_has_no_name_still_counts_kinds() {
    assert!(kind_unnamed().is_err());
    let expected = [("card_declined", 1.0), ("other", 0.0), ("panic", 0.0), ("shed", 0.0), ("timeout", 0.0)];
    assert_observed("kind_unnamed", &expected);
}

#[observe]
fn kind_unknown() -> Result<(), fmt::Error> {
    Err(fmt::Error)
}

struct Careless(bool);

impl ErrorKind for Careless {
    const KINDS: &'static [&'static str] = &["listed", "timeout"];

    fn kind(&self) -> &'static str {
        if self.0 { panic!("as meant") } else { "unlisted" }
    }
}

#[observe]
fn kind_careless(panics: bool) -> Result<(), Careless> {
    Err(Careless(panics))
}

#[test]
fn an_error_without_a_listed_kind_counts_as_other() {
    assert!(kind_unknown().is_err());
    let others = |other| [("other", other), ("panic", 0.0), ("shed", 0.0), ("timeout", 0.0)];
    assert_observed("kind_unknown", &others(1.0));
    assert!(kind_careless(false).is_err() && kind_careless(true).is_err());
    let [other, rest @ ..] = others(2.0);
    let [panic, shed, timeout] = rest;
    assert_observed("kind_careless", &[("listed", 0.0), other, panic, shed, timeout]);
}

fn looked_at(_: &ChargeError) {}

fn better_known(_: &ChargeError) -> &'static str {
    "stolen"
}

#[observe(err = looked_at)]
fn kind_kept() -> Charged {
    Err(ChargeError::CardDeclined)
}

#[observe(err = better_known)]
fn kind_replaced() -> Charged {
    Err(ChargeError::CardDeclined)
}

#[test]
fn a_kind_from_the_hook_replaces_that_of_the_error() {
    assert!(kind_kept().is_err() && kind_replaced().is_err());
    assert_observed("kind_kept", &DECLINED);
    let mut expected = DECLINED.to_vec();
    expected[0].1 = 0.0;
    expected.insert(5, ("stolen", 1.0));
    expected.sort_by(|a, b| a.0.cmp(b.0));
    assert_observed("kind_replaced", &expected);
}

#[tokio::test]
async fn an_operation_counts_the_kinds_of_the_types_it_knows() {
    let declined = || ChargeError::CardDeclined;
    type Ends = fn(&Operation);
    let ends: [(&str, Ends); 4] = [
        ("run", |charge| assert!(charge.run(|| Err::<(), _>(ChargeError::CardDeclined)).is_err())),
        ("fail", |charge| charge.track().fail(ChargeError::CardDeclined)),
        ("finish", |charge| {
            assert_eq!(
                charge.track().finish(Err::<u8, _>(ChargeError::CardDeclined)),
                Err(ChargeError::CardDeclined)
            );
        }),
        ("drop", |charge| drop(charge.track())),
    ];
    for (end, go) in ends {
        let registry = Registry::new();
        let charge =
            Operation::builder("charge").registry(&registry).errors::<ChargeError>().build().unwrap();
        go(&charge);
        let mut expected = DECLINED;
        expected[0].1 = if end == "drop" { 0.0 } else { 1.0 };
        assert_kinds(&registry, "operation_errors_total", "charge", &expected);
    }
    let registry = Registry::new();
    let charge = Operation::builder("charge").registry(&registry).errors::<ChargeError>().build().unwrap();
    assert!(charge.run_async(async { Err::<(), _>(declined()) }).await.is_err());
    assert_kinds(&registry, "operation_errors_total", "charge", &DECLINED);
    charge.track().fail("a text");
    charge.track().fail(ChargeError::Bug);
    assert_eq!(charge.track().finish(Ok::<_, ChargeError>(7)), Ok(7));
    let mut expected = DECLINED;
    expected[2].1 = 2.0;
    assert_kinds(&registry, "operation_errors_total", "charge", &expected);
    let calls = |outcome| registry.snapshot().sum("operation_calls_total", &[("outcome", outcome)]);
    assert_eq!((calls("completed"), calls("failed"), calls("aborted")), (1.0, 3.0, 0.0));
}

#[observe(name = "memory_query", namespace = "aetherra", per_operation, buckets = [0.5, 1.0])]
fn query(fail: bool) -> Charged {
    if fail { Err(ChargeError::CardDeclined) } else { Ok(1) }
}

#[observe(namespace = "aetherra", per_operation, buckets = Buckets::from_static(&[7.0]))]
async fn plugin_execute() {}

#[observe(namespace = "aetherra")]
fn shared_in_namespace() {}

#[tokio::test]
async fn an_observed_function_takes_the_names_of_guides() {
    assert!(query(false).is_ok() && query(true).is_err());
    plugin_execute().await;
    shared_in_namespace();
    let text = Registry::global().text();
    for line in [
        "aetherra_memory_query_total{status=\"success\"} 1\n",
        "aetherra_memory_query_total{status=\"error\"} 1\n",
        "aetherra_memory_query_errors_total{kind=\"card_declined\"} 1\n",
        "aetherra_memory_query_duration_seconds_bucket{le=\"0.5\"} 2\n",
        "aetherra_memory_query_duration_seconds_bucket{le=\"1\"} 2\n",
        "aetherra_memory_query_duration_seconds_count 2\n",
        "aetherra_memory_query_in_flight 0\n",
        "aetherra_plugin_execute_total{status=\"success\"} 1\n",
        "aetherra_plugin_execute_duration_seconds_bucket{le=\"7\"} 1\n",
        "aetherra_operation_calls_total{operation=\"shared_in_namespace\",outcome=\"completed\"} 1\n",
    ] {
        assert!(text.contains(line), "no {line} in {text}");
    }
    assert_eq!(text.matches("aetherra_memory_query_duration_seconds_bucket{").count(), 3);
}

#[test]
fn a_duration_can_be_named_without_its_unit() {
    let registry = Registry::new();
    let builder = |name| Operation::builder(name).registry(&registry);
    let shared = OperationNames::shared().without_unit();
    builder("price").names(shared).build().unwrap().track().complete();
    let own = OperationNames::per_operation().without_unit();
    builder("memory_query").namespace("aetherra").names(own).build().unwrap().track().complete();
    let text = registry.text();
    assert!(text.contains("operation_duration_count{operation=\"price\"} 1\n"), "{text}");
    assert!(text.contains("aetherra_memory_query_duration_count 1\n"), "{text}");
    assert!(!text.contains("duration_seconds"), "{text}");
}
