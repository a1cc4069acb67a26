//! What a `Database` exposes, with every spelling of its names.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::convert::Infallible;
use std::future::{pending, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Waker};
use std::time::Duration;

use futures_util::FutureExt as _;
use radiosonde_core::canonical::{CanonicalRecord, CanonicalSlot};
use radiosonde_core::{SharedClock, diagnostics};
use radiosonde_metrics::Registry;
use radiosonde_signals::{
    Database, DatabaseBuilder, DatabaseNames, ErrorKind, GoldenSignals, Operation, PoolState, annotate,
};
use radiosonde_testkit::{CountingAllocator, ManualClock, assert_metric};

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

const BUSY: PoolState = PoolState { active: 15, idle: 1, max: 20, waiting: None };

fn builder(registry: &Registry) -> DatabaseBuilder {
    Database::builder("orders").registry(registry).system("postgresql").pool(|| BUSY)
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

const ERRORS: &str =
    "database_query_errors_total{database=\"orders\",kind=\"KIND\",operation=\"select_order\"}";

/// The lines of a family, without comments.
fn lines(registry: &Registry, name: &str) -> Vec<String> {
    let text = registry.text();
    text.lines().filter(|line| line.starts_with(name)).map(str::to_owned).collect()
}

#[test]
fn the_classic_names_have_the_numbers_of_queries_and_connections() {
    let (registry, clock) = (Registry::new(), Arc::new(ManualClock::new()));
    let builder = builder(&registry).clock(Arc::clone(&clock) as SharedClock).errors::<QueryError>();
    let database = builder.collection("orders", &["select_order"]).build().unwrap();
    let select = database.query("select_order");
    select.run_infallible(|| clock.advance(Duration::from_millis(30)));
    fails(&select, QueryError::Deadlock);
    database.returned("select_order", 3);
    database.returned("select_order", 40);

    let text = registry.text();
    let of = "database=\"orders\",operation=\"select_order\"";
    for line in [
        "# TYPE database_connections_active gauge".to_owned(),
        "database_connections_active{pool=\"orders\"} 15".to_owned(),
        "database_connections_idle{pool=\"orders\"} 1".to_owned(),
        "database_connections_max{pool=\"orders\"} 20".to_owned(),
        "database_connections_waiting{pool=\"orders\"} 0".to_owned(),
        "database_connection_wait_seconds_count{pool=\"orders\"} 0".to_owned(),
        "database_connection_errors_total{kind=\"timeout\",pool=\"orders\"} 0".to_owned(),
        format!("database_queries_total{{{of},outcome=\"completed\"}} 1"),
        format!("database_queries_total{{{of},outcome=\"failed\"}} 1"),
        ERRORS.replace("KIND", "deadlock") + " 1",
        ERRORS.replace("KIND", "syntax") + " 0",
        "# TYPE database_query_duration_seconds histogram".to_owned(),
        format!("database_query_duration_seconds_bucket{{{of},le=\"0.02\"}} 1"),
        format!("database_query_duration_seconds_bucket{{{of},le=\"0.05\"}} 2"),
        format!("database_query_duration_seconds_sum{{{of}}} 0.03"),
        format!("database_query_rows_bucket{{{of},le=\"5\"}} 1"),
        format!("database_query_rows_sum{{{of}}} 43"),
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    }
    let kinds =
        registry.descriptors().into_iter().find(|of| of.name() == "database_query_errors_total").unwrap();
    let kinds: Vec<_> = kinds.label_values("kind").map(str::to_owned).collect();
    assert_eq!(kinds, ["deadlock", "syntax", "timeout", "other", "panic", "shed"]);
    assert!(registry.descriptors().iter().all(|of| of.help().ends_with('.')));
}

#[test]
fn queries_of_declared_collections_are_there_from_the_start() {
    let registry = Registry::new();
    builder(&registry).collection("orders", &["select_order"]).build().unwrap();
    let failed = "database_queries_total{operation=\"select_order\",outcome=\"failed\"}";
    assert_metric!(registry.text(), failed, == 0);
}

#[test]
fn the_guides_spellings_of_connections_come_by_choice() {
    let connections = |names, namespace: &'static str, name| {
        let registry = Registry::new();
        builder(&registry).names(names).namespace(namespace).build().unwrap();
        assert!(lines(&registry, "database_query").is_empty() || namespace.is_empty());
        lines(&registry, name)
    };
    assert_eq!(
        connections(DatabaseNames::by_state(), "valtronics", "valtronics_database_connections{"),
        [
            "valtronics_database_connections{pool=\"orders\",state=\"idle\"} 1",
            "valtronics_database_connections{pool=\"orders\",state=\"max\"} 20",
            "valtronics_database_connections{pool=\"orders\",state=\"used\"} 15",
        ]
    );
    assert_eq!(
        connections(DatabaseNames::abbreviated(), "", "db_connections_"),
        [
            "db_connections_active{pool=\"orders\"} 15",
            "db_connections_idle{pool=\"orders\"} 1",
            "db_connections_max{pool=\"orders\"} 20",
            "db_connections_waiting{pool=\"orders\"} 0",
        ]
    );
    let with_total = DatabaseNames::with_total();
    assert_eq!(
        connections(with_total, "", "database_connections_total"),
        ["database_connections_total{pool=\"orders\"} 16"]
    );
    assert_eq!(
        connections(with_total, "", "# TYPE database_connections_total"),
        ["# TYPE database_connections_total gauge"]
    );
}

#[test]
fn the_catalogue_has_the_states_of_connections() {
    for (names, metric, label, expected) in [
        (DatabaseNames::by_state(), "database_connections", "state", &["used", "idle", "max"][..]),
        (
            DatabaseNames::otel(),
            "db_client_connection_count",
            "db_client_connection_state",
            &["used", "idle"],
        ),
    ] {
        let registry = Registry::new();
        builder(&registry).names(names).build().unwrap();
        let gauge = registry.descriptors().into_iter().find(|of| of.name() == metric).unwrap();
        assert_eq!(gauge.label_values(label).collect::<Vec<_>>(), expected);
    }
}

#[test]
fn every_spelling_has_the_same_golden_signals() {
    for names in [
        DatabaseNames::classic(),
        DatabaseNames::abbreviated(),
        DatabaseNames::by_state(),
        DatabaseNames::with_total(),
        DatabaseNames::otel(),
    ] {
        let registry = Registry::new();
        let database = builder(&registry).names(names).build().unwrap();
        let other =
            Database::builder("stock").registry(&registry).names(names).pool(|| BUSY).build().unwrap();
        let select = database.query("select_order");
        select.run_infallible(|| ());
        fails(&select, QueryError::Syntax);
        other.query("select_order").run_infallible(|| ());

        let signals = GoldenSignals::of(&registry).into_iter().find(|of| of.name() == "orders").unwrap();
        assert_eq!((&signals, signals.kind()), (database.signals(), "database"));
        let now = registry.snapshot();
        let sums = [signals.traffic(), signals.errors(), signals.latency()].map(|of| of.unwrap().sum(&now));
        assert_eq!(sums, [2.0, 1.0, 2.0], "{names:?}");
        assert_eq!(signals.saturation().unwrap().share(&now), Some(0.75), "{names:?}");
    }
}

/// The golden signals of a pool.
fn of_pool(registry: &Registry, pool: &str) -> GoldenSignals {
    let all = GoldenSignals::of(registry);
    all.into_iter().find(|of| (of.kind(), of.name()) == ("database_pool", pool)).unwrap()
}

#[test]
fn a_database_that_cannot_be_reached_has_errors_in_every_spelling() {
    for names in [
        DatabaseNames::classic(),
        DatabaseNames::abbreviated(),
        DatabaseNames::by_state(),
        DatabaseNames::with_total(),
        DatabaseNames::otel(),
    ] {
        let registry = Registry::new();
        let builder = builder(&registry).names(names).namespace("valtronics");
        let database = builder.pool_named("replica", || BUSY).build().unwrap();
        for _ in 0..2 {
            assert!(database.acquire(ready(Err::<(), _>("refused"))).now_or_never().unwrap().is_err());
        }
        database.acquiring("orders").run_infallible(|| ());
        database.acquiring("replica").run_infallible(|| ());
        let now = registry.snapshot();
        let sums =
            |of: &GoldenSignals| [of.traffic(), of.errors(), of.latency()].map(|of| of.unwrap().sum(&now));
        assert_eq!(sums(&of_pool(&registry, "orders")), [3.0, 2.0, 3.0], "{names:?}");
        assert_eq!(sums(&of_pool(&registry, "replica")), [1.0, 0.0, 1.0], "{names:?}");
        assert_eq!(database.acquiring("replica").signals(), &of_pool(&registry, "replica"));
        assert_eq!(sums(database.signals()), [0.0; 3], "queries only");
    }
}

#[test]
fn a_full_pool_is_not_hidden_by_an_idle_one() {
    let registry = Registry::new();
    let full = || PoolState { active: 20, idle: 0, max: 20, waiting: None };
    let idle = || PoolState { active: 0, idle: 80, max: 80, waiting: None };
    for names in [DatabaseNames::classic(), DatabaseNames::by_state(), DatabaseNames::otel()] {
        let builder = builder(&registry).names(names).pool(full);
        let database = builder.pool_named("replica", idle).build().unwrap();
        let now = registry.snapshot();
        let share = |pool| of_pool(&registry, pool).saturation().unwrap().share(&now);
        assert_eq!((share("orders"), share("replica")), (Some(1.0), Some(0.0)), "{names:?}");
        assert_eq!(database.signals().saturation(), None);
    }
}

#[test]
fn the_names_of_the_conventions_have_their_labels() {
    let registry = Registry::new();
    let builder = builder(&registry).names(DatabaseNames::otel()).db_namespace("shop");
    let database = builder.build().unwrap();
    fails(&database.query("select_order"), QueryError::Syntax);
    assert!(database.acquire(ready(Err::<(), _>("refused"))).now_or_never().unwrap().is_err());
    database.returned("select_order", 7);
    let text = registry.text();
    let of = "db_namespace=\"shop\",db_query_summary=\"select_order\",db_system_name=\"postgresql\"";
    let pool = "db_client_connection_pool_name=\"orders\"";
    for line in [
        format!("db_client_operation_duration_seconds_count{{{of}}} 1"),
        format!("db_client_operation_errors_total{{{of},kind=\"other\"}} 1"),
        format!("db_client_response_returned_rows_sum{{{of}}} 7"),
        format!("db_client_connection_count{{{pool},db_client_connection_state=\"used\"}} 15"),
        format!("db_client_connection_count{{{pool},db_client_connection_state=\"idle\"}} 1"),
        format!("db_client_connection_max{{{pool}}} 20"),
        format!("db_client_connection_pending_requests{{{pool}}} 0"),
        format!("db_client_connection_wait_time_seconds_count{{{pool}}} 1"),
        format!("db_client_connection_errors_total{{{pool},kind=\"other\"}} 1"),
    ] {
        assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
    }
    assert!(!text.contains("\ndatabase_"), "{text}");
}

#[test]
fn a_wait_for_a_connection_is_measured_from_the_first_poll() {
    let (registry, clock) = (Registry::new(), Arc::new(ManualClock::new()));
    let database = builder(&registry).clock(Arc::clone(&clock) as SharedClock).build().unwrap();
    let waiting = || registry.snapshot().value("database_connections_waiting", &[("pool", "orders")]);
    let mut cx = Context::from_waker(Waker::noop());
    {
        let mut first = pin!(database.acquire(pending::<Result<(), Infallible>>()));
        clock.advance(Duration::from_secs(9));
        assert_eq!(waiting(), Some(0.0));
        assert!(first.as_mut().poll(&mut cx).is_pending());
        clock.advance(Duration::from_millis(150));
        assert_eq!(waiting(), Some(1.0));
    }
    assert_eq!(waiting(), Some(0.0), "a task that gives up waits no longer");
    let text = registry.text();
    assert_metric!(&text, "database_connection_wait_seconds_bucket{pool=\"orders\",le=\"0.1\"}", == 0);
    assert_metric!(&text, "database_connection_wait_seconds_bucket{pool=\"orders\",le=\"0.2\"}", == 1);
    assert_metric!(&text, "database_connection_errors_total{pool=\"orders\",kind=\"other\"}", == 0);
}

#[test]
fn waiters_that_the_pool_knows_count_instead() {
    let registry = Registry::new();
    let state = || PoolState { waiting: Some(4), ..BUSY };
    let database = builder(&registry).pool(state).build().unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    let mut waits = pin!(database.acquire(pending::<Result<(), Infallible>>()));
    assert!(waits.as_mut().poll(&mut cx).is_pending());
    assert_metric!(registry.text(), "database_connections_waiting{pool=\"orders\"}", == 4);
}

#[test]
fn waiters_are_the_measured_ones_again_once_the_pool_knows_none() {
    let registry = Registry::new();
    let knows = Arc::new(AtomicBool::new(true));
    let asked = Arc::clone(&knows);
    let state = move || PoolState { waiting: asked.load(Ordering::SeqCst).then_some(4), ..BUSY };
    let database = builder(&registry).pool(state).build().unwrap();
    let mut cx = Context::from_waker(Waker::noop());
    let mut waits = pin!(database.acquire(pending::<Result<(), Infallible>>()));
    let waiting = || registry.snapshot().value("database_connections_waiting", &[("pool", "orders")]);
    assert_eq!(waiting(), Some(4.0));
    assert!(waits.as_mut().poll(&mut cx).is_pending());
    assert_eq!(waiting(), Some(4.0));
    knows.store(false, Ordering::SeqCst);
    assert_eq!((waiting(), waiting()), (Some(1.0), Some(1.0)));
    knows.store(true, Ordering::SeqCst);
    assert_eq!(waiting(), Some(4.0));
    // Another pool with the name.
    builder(&registry).pool(|| BUSY).build().unwrap();
    assert_eq!(waiting(), Some(1.0));
}

#[test]
fn a_connection_is_of_the_pool_named_like_the_database_or_of_the_first() {
    let waits = |pool| format!("database_connection_wait_seconds_count{{pool=\"{pool}\"}}");
    let acquire = |database: &Database| {
        assert!(database.acquire(ready(Ok::<_, Infallible>(()))).now_or_never().is_some());
    };
    let registry = Registry::new();
    let builder = Database::builder("orders").registry(&registry).pool_named("replica", PoolState::default);
    let database = builder.pool(|| BUSY).build().unwrap();
    database.acquiring("replica").run_infallible(|| ());
    acquire(&database);
    acquire(&database);
    assert_metric!(registry.text(), &waits("replica"), == 1);
    assert_metric!(registry.text(), &waits("orders"), == 2);

    let registry = Registry::new();
    let builder = Database::builder("orders").registry(&registry).pool_named("first", PoolState::default);
    acquire(&builder.pool_named("second", PoolState::default).build().unwrap());
    assert_metric!(registry.text(), &waits("first"), == 1);
    assert_metric!(registry.text(), &waits("second"), == 0);

    let registry = Registry::new();
    let database = Database::builder("cellar").registry(&registry).build().unwrap();
    acquire(&database);
    database.acquiring("cellar").run_infallible(|| ());
    assert_metric!(registry.text(), &waits("cellar"), == 2);
    assert_eq!(database.signals().saturation(), None);
    assert_eq!(of_pool(&registry, "cellar").saturation().unwrap().share(&registry.snapshot()), None);
    assert!(lines(&registry, "database_connections_max").is_empty());
}

#[test]
fn a_misspelt_pool_is_reported_once_and_counted_apart() {
    let reports = Arc::new(Mutex::new(Vec::new()));
    let into = Arc::clone(&reports);
    diagnostics::set_hook(move |diagnostic| into.lock().unwrap().push(diagnostic.to_string()));
    let registry = Registry::new();
    let database = builder(&registry).pool_named("replica", || BUSY).build().unwrap();
    let waits = |pool| format!("database_connection_wait_seconds_count{{pool=\"{pool}\"}}");
    assert!(lines(&registry, &waits("_overflow")).is_empty());
    database.acquiring("replcia").run_infallible(|| ());
    assert!(database.acquiring("").run(|| Err::<(), _>("refused")).is_err());
    assert_metric!(registry.text(), &waits("_overflow"), == 2);
    assert_metric!(registry.text(), "database_connection_errors_total{kind=\"other\",pool=\"_overflow\"}", == 1);
    assert_metric!(registry.text(), &waits("orders"), == 0);
    let reports = reports.lock().unwrap().clone();
    let reports: Vec<_> = reports.iter().filter(|report| report.contains("pool")).collect();
    assert_eq!(reports.len(), 1, "{reports:?}");
    for part in ["invalid pool \"replcia\"", "[\"orders\", \"replica\"]", "\"_overflow\""] {
        assert!(reports[0].contains(part), "no {part} in {reports:?}");
    }
}

#[test]
fn the_rows_of_a_query_that_failed_are_not_observed() {
    let (registry, database) = open();
    let found = database.fetch("select_orders", || Ok::<_, QueryError>(vec![7, 8]), Vec::len);
    assert_eq!(found.unwrap(), [7, 8]);
    let failed = || Err::<Vec<u8>, _>(QueryError::Syntax);
    assert!(database.fetch("select_orders", failed, Vec::len).is_err());
    let asked = database
        .fetch_async("select_orders", async { Ok::<_, QueryError>(Some(7)) }, |found| found.iter().len());
    assert_metric!(registry.text(), "database_query_rows_count{operation=\"select_orders\"}", == 1);
    assert_eq!(asked.now_or_never().unwrap().unwrap(), Some(7));
    let failed = database.fetch_async("select_orders", async { failed() }, Vec::len);
    assert!(failed.now_or_never().unwrap().is_err());
    assert_metric!(registry.text(), "database_query_rows_count{operation=\"select_orders\"}", == 2);
    assert_metric!(registry.text(), "database_query_rows_sum{operation=\"select_orders\"}", == 3);
    let queries = "database_queries_total{operation=\"select_orders\",outcome=\"OUTCOME\"}";
    assert_metric!(registry.text(), &queries.replace("OUTCOME", "completed"), == 2);
    assert_metric!(registry.text(), &queries.replace("OUTCOME", "failed"), == 2);
}

#[test]
fn a_pool_that_is_watched_again_reports_the_newer_state() {
    let registry = Registry::new();
    let older = Arc::new(());
    let kept = Arc::clone(&older);
    let state = move || PoolState { active: Arc::strong_count(&kept) as u64, ..PoolState::default() };
    let active = |name: &str| registry.snapshot().value("database_connections_active", &[("pool", name)]);
    let watch = |name, state: Box<dyn Fn() -> PoolState + Send + Sync>| {
        Database::builder(name).registry(&registry).pool(state).build().unwrap()
    };
    watch("orders", Box::new(state));
    assert_eq!(active("orders"), Some(2.0));
    watch("stock", Box::new(|| PoolState { active: 7, ..PoolState::default() }));
    watch("orders", Box::new(|| PoolState { active: 9, ..PoolState::default() }));
    assert_eq!((active("orders"), active("stock")), (Some(9.0), Some(7.0)));
    assert_eq!(registry.snapshot().sum("radiosonde_metrics_collector_errors_total", &[]), 0.0);
    assert_eq!(Arc::strong_count(&older), 1, "the older one is dropped");
}

/// What one request annotates that runs `part`.
fn request(part: impl FnOnce()) -> String {
    let record = CanonicalRecord::new();
    CanonicalSlot::new(record.clone()).in_scope(part);
    record.end();
    format!("{:?}", record.annotations().unwrap())
}

#[test]
fn the_limit_of_repetitions_can_be_chosen() {
    let registry = Registry::new();
    for (limit, expected) in [(3, "{db.repeated_query=\"a\", db.repeated_query.count=3}"), (0, "{}")] {
        let database = builder(&registry).repeat_limit(limit).build().unwrap();
        let annotated = request(|| (0..3).for_each(|_| database.query("a").run_infallible(|| ())));
        assert_eq!(annotated, expected);
    }
}

#[test]
fn queries_beyond_the_limit_of_names_repeat_nothing() {
    let (registry, database) = open();
    let annotated = request(|| (0..400).for_each(|n| database.query(&format!("q{n}")).run_infallible(|| ())));
    assert_eq!(annotated, "{}");
    assert_metric!(registry.text(), "database_queries_total{operation=\"_overflow\",outcome=\"completed\"}", == 200);
    (0..400).for_each(|n| database.returned(&format!("q{n}"), 1));
    assert_metric!(registry.text(), "database_query_rows_count{operation=\"q199\"}", == 1);
    assert_metric!(registry.text(), "database_query_rows_count{operation=\"_overflow\"}", == 200);
}

#[test]
fn a_query_and_a_wait_allocate_nothing() {
    let (_registry, database) = open();
    let record = CanonicalRecord::new();
    CanonicalSlot::new(record).in_scope(|| {
        annotate!(warm = true);
        let query = || {
            database.query("select_order").run(|| Ok::<_, Infallible>(())).unwrap();
            database.acquiring("orders").run_infallible(|| ());
            database.returned("select_order", 3);
            let found = database.fetch("select_orders", || Ok::<_, Infallible>([7; 3]), |found| found.len());
            assert_eq!(found, Ok([7; 3]));
        };
        (0..20).for_each(|_| query());
        assert_eq!(CountingAllocator::per_call(query), 0.0);
    });
}
