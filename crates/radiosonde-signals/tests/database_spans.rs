//! The spans and the lines of a `Database`, and the hint about a query that a request repeats.
//!
//! All tests here have a subscriber: one without would switch the events of the others off.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod spans;

use futures_util::FutureExt as _;
use radiosonde_core::canonical::{CanonicalRecord, CanonicalSlot};
use radiosonde_metrics::Registry;
use radiosonde_signals::{Database, DatabaseBuilder, ErrorKind, Operation};
use radiosonde_testkit::assert_metric;
use spans::Spans;

fn builder(registry: &Registry) -> DatabaseBuilder {
    Database::builder("orders").registry(registry).system("postgresql")
}

fn open() -> (Registry, Database) {
    let registry = Registry::new();
    let database = builder(&registry).build().unwrap();
    (registry, database)
}

#[derive(Debug)]
enum QueryError {
    Deadlock,
    Syntax,
}

impl ErrorKind for QueryError {
    const KINDS: &'static [&'static str] = &["deadlock", "syntax", "timeout"];

    fn kind(&self) -> &'static str {
        match self {
            Self::Deadlock => "deadlock",
            Self::Syntax => "syntax",
        }
    }
}

impl std::fmt::Display for QueryError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: Key (email)=(ada@example.com) already exists", self.kind())
    }
}

fn fails(query: &Operation, error: QueryError) {
    assert!(query.run(|| Err::<(), _>(error)).is_err());
}

/// What one request annotates that runs `part`.
fn request(part: impl FnOnce()) -> String {
    let record = CanonicalRecord::new();
    CanonicalSlot::new(record.clone()).in_scope(part);
    record.end();
    format!("{:?}", record.annotations().unwrap())
}

fn hints(spans: &Spans) -> Vec<(String, String)> {
    let events = spans.events();
    let hints = events.iter().filter(|event| !event.get("query").is_empty());
    hints.map(|event| (event.get("query").to_owned(), event.get("count").to_owned())).collect()
}

#[test]
fn the_span_of_a_query_has_the_attributes_of_the_conventions() {
    let (spans, _guard) = Spans::install();
    let registry = Registry::new();
    let builder = builder(&registry).db_namespace("shop").collection("orders", &["select_order"]);
    let database = builder.errors::<QueryError>().build().unwrap();
    database.query("select_order").run_infallible(|| database.returned("select_order", 3));
    let span = spans.one();
    let attributes = [
        "otel.kind",
        "db.system.name",
        "db.namespace",
        "db.collection.name",
        "db.query.summary",
        "db.response.returned_rows",
    ];
    assert_eq!(
        (span.name.as_str(), attributes.map(|name| span.values.get(name))),
        (
            "select_order",
            ["str client", "str postgresql", "str shop", "str orders", "str select_order", "u64 3"]
        )
    );
    database.query("select_stock").run_infallible(|| ());
    assert_eq!(spans.one().values.get("db.collection.name"), "");
    assert!(database.acquiring("orders").run(|| Err::<(), _>("connection refused")).is_err());
    let span = spans.one();
    assert_eq!(
        (span.name.as_str(), span.values.get("db.client.connection.pool.name")),
        ("acquire connection", "str orders")
    );
    let status = ["otel.status_code", "otel.status_description"].map(|name| span.values.get(name));
    assert_eq!(status, ["str ERROR", "debug connection refused"]);
}

#[test]
fn the_span_of_a_query_that_fetches_has_the_number_of_its_rows() {
    let (spans, _guard) = Spans::install();
    let (registry, database) = open();
    let rows = |spans: &Spans| spans.one().values.get("db.response.returned_rows").to_owned();
    database.fetch("select_orders", || Ok::<_, QueryError>(vec![7, 8]), Vec::len).unwrap();
    assert_eq!(rows(&spans), "u64 2");
    let query = async { Ok::<_, QueryError>(vec![7, 8, 9]) };
    let fetched = database.fetch_async("select_orders", query, Vec::len).now_or_never().unwrap();
    assert_eq!((rows(&spans).as_str(), fetched.unwrap().len()), ("u64 3", 3));
    let failed = database.fetch("select_orders", || Err::<Vec<u8>, _>(QueryError::Syntax), Vec::len);
    assert_eq!((rows(&spans).as_str(), failed.is_err()), ("", true));
    let sum = "database_query_rows_sum{database=\"orders\",operation=\"select_orders\"}";
    assert_metric!(registry.text(), sum, == 5);
}

#[test]
fn values_that_an_error_quotes_are_only_written_by_choice() {
    let (spans, _guard) = Spans::install();
    for is_written in [false, true] {
        let registry = Registry::new();
        let builder = builder(&registry).errors::<QueryError>();
        let database = if is_written { builder.error_texts() } else { builder }.build().unwrap();
        fails(&database.query("insert_user"), QueryError::Deadlock);
        database.query("insert_user").track().fail(QueryError::Syntax);
        let (spans, events) = (spans.take(), spans.events());
        assert_eq!((spans.len(), events.len()), (2, 2));
        for span in spans {
            assert_eq!(span.values.get("otel.status_code"), "str ERROR");
            assert_eq!(span.values.get("otel.status_description").contains("ada@example.com"), is_written);
        }
        for event in events {
            assert_eq!(event.get("outcome"), "str failed");
            assert_eq!(event.get("error").contains("ada@example.com"), is_written);
        }
        let deadlock = "database_query_errors_total{kind=\"deadlock\",operation=\"insert_user\"}";
        assert_metric!(registry.text(), deadlock, == 1);
    }
}

#[test]
fn a_request_reports_the_first_query_that_it_repeats_once() {
    let (spans, _guard) = Spans::install();
    let (registry, database) = open();
    let run = |name, runs| (0..runs).for_each(|_| database.query(name).run_infallible(|| ()));
    let annotated = request(|| {
        run("select_orders", 1);
        run("select_item", 23);
        run("select_price", 12);
    });
    assert_eq!(annotated, "{db.repeated_query=\"select_item\", db.repeated_query.count=23}");
    assert_eq!(hints(&spans), [("str select_item".to_owned(), "u64 10".to_owned())]);
    assert_eq!(request(|| run("select_item", 9)), "{}");
    request(|| run("select_item", 10));
    let repeated = "database_repeated_queries_total{database=\"orders\",operation=\"select_item\"}";
    assert_metric!(registry.text(), repeated, == 2);
    assert_eq!(registry.snapshot().sum("database_repeated_queries_total", &[]), 2.0);
}

#[test]
fn without_a_request_the_outermost_operation_repeats_a_query() {
    let (spans, _guard) = Spans::install();
    let (registry, database) = open();
    let own = Operation::in_registry(&registry, "import").unwrap();
    let select = database.query("select_item");
    own.run_infallible(|| (0..11).for_each(|_| select.run_infallible(|| ())));
    let events = spans.events();
    let import = events.iter().find(|event| event.get("operation") == "str import").unwrap();
    assert!(import.get("radiosonde.annotations").contains("db.repeated_query.count=11"), "{import:?}");
    // Queries outside of any unit of work are not those of one.
    (0..30).for_each(|_| select.run_infallible(|| ()));
    assert_metric!(registry.text(), "database_repeated_queries_total", == 1);
    assert_eq!(hints(&spans), []);
}
