//! The work that objectives are about: each constructor finds the signals of its ready set.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::time::Duration;

use radiosonde_metrics::Registry;
use radiosonde_signals::{
    BusinessMetric, Cache, Connections, DataPipeline, Database, DatabaseNames, Dependency, GoldenSignals,
    Messaging, MessagingNames, Model, Objectives, Operation, PoolState, Queue, ScheduledJob, Sessions, Slo,
    Work, Worker, WorkerNames,
};

/// The only signals of this work.
#[track_caller]
fn only(registry: &Registry, work: &Work) -> GoldenSignals {
    let mut signals = work.signals(registry);
    assert_eq!(signals.len(), 1, "{work}");
    signals.remove(0)
}

/// The traffic and the errors of this work.
#[track_caller]
fn counts(registry: &Registry, work: &Work) -> (f64, f64) {
    let (signals, now) = (only(registry, work), registry.snapshot());
    (signals.traffic().unwrap().sum(&now), signals.errors().unwrap().sum(&now))
}

fn good() -> Result<u8, std::num::ParseIntError> {
    "1".parse()
}

fn bad() -> Result<u8, std::num::ParseIntError> {
    "x".parse()
}

#[test]
fn every_kind_of_ready_set_is_found_by_its_constructor() {
    let registry = Registry::new();
    let r = &registry;
    let _price = Operation::builder("price").registry(r).build().unwrap();
    let database = Database::builder("orders").registry(r).pool_named("main", PoolState::default);
    let _database = database.build().unwrap();
    let _bank = Dependency::builder("bank").registry(r).build().unwrap();
    let _prices = Cache::builder("prices").registry(r).build().unwrap();
    let _mail = Queue::builder("mail").registry(r).build().unwrap();
    let _mailer = Worker::builder("mailer").registry(r).build().unwrap();
    let _kafka = Messaging::builder("kafka").registry(r).build().unwrap();
    let _nightly =
        ScheduledJob::builder("nightly").registry(r).every(Duration::from_secs(60)).build().unwrap();
    let _records = DataPipeline::builder("records").registry(r).build().unwrap();
    let _fraud = Model::builder("fraud").registry(r).build().unwrap();
    let _sales = BusinessMetric::counter("sales_total", "Sales.").registry(r).build().unwrap();
    let _sockets = Connections::builder("sockets").registry(r).build().unwrap();
    let _customers = Sessions::builder("customer").registry(r).build().unwrap();
    for (work, name) in [
        (Work::operation("price"), "operation_duration_seconds"),
        (Work::database("orders"), "database_query_duration_seconds"),
        (Work::database_pool("main"), "database_connection_wait_seconds"),
        (Work::dependency("bank"), "dependency_duration_seconds"),
        (Work::cache("prices"), "cache_load_duration_seconds"),
        (Work::queue("mail"), "queue_wait_seconds"),
        (Work::worker("mailer"), "task_duration_seconds"),
        (Work::messaging("kafka"), "messaging_duration_seconds"),
        (Work::job("nightly"), "job_duration_seconds"),
        (Work::data_pipeline("records"), "data_processing_duration_seconds"),
        (Work::model("fraud"), "model_inference_duration_seconds"),
    ] {
        assert_eq!(only(r, &work).latency().unwrap().metric(), name, "{work}");
    }
    for (work, name) in [
        (Work::business("sales_total"), "sales_total"),
        (Work::connections("sockets"), "connections_opened_total"),
        (Work::sessions("customer"), "sessions_opened_total"),
    ] {
        assert_eq!(only(r, &work).latency(), None, "{work}");
        assert_eq!(only(r, &work).traffic().unwrap().metric(), name, "{work}");
    }
    assert_eq!(Work::operation("ship").signals(r), []);
    assert_eq!(Work::of_kind("nothing").signals(r), []);
}

#[test]
fn a_query_is_an_item_of_its_database() {
    for (names, database) in [(DatabaseNames::classic(), "orders"), (DatabaseNames::otel(), "orders")] {
        let registry = Registry::new();
        let orders = Database::builder(database).registry(&registry).names(names).build().unwrap();
        orders.query("list").run(good).unwrap();
        orders.query("list").run(bad).unwrap_err();
        orders.query("find").run(good).unwrap();
        assert_eq!(counts(&registry, &Work::query("orders", "list")), (2.0, 1.0));
        assert_eq!(counts(&registry, &Work::query("orders", "find")), (1.0, 0.0));
        assert_eq!(counts(&registry, &Work::query("orders", "list").item("find")), (3.0, 1.0));
        assert_eq!(counts(&registry, &Work::database("orders")), (3.0, 1.0));
    }
}

#[test]
fn an_operation_is_an_item_of_a_dependency() {
    let registry = Registry::new();
    let bank = Dependency::builder("bank").registry(&registry).build().unwrap();
    bank.call("charge").run(bad).unwrap_err();
    bank.call("refund").run(good).unwrap();
    assert_eq!(counts(&registry, &Work::dependency("bank").item("charge")), (1.0, 1.0));
    assert_eq!(counts(&registry, &Work::dependency("bank")), (2.0, 1.0));
}

#[test]
fn a_task_is_an_item_of_its_worker_unless_all_are_counted_together() {
    for names in [WorkerNames::classic(), WorkerNames::celery()] {
        let registry = Registry::new();
        let mailer = Worker::builder("mailer").registry(&registry).names(names).build().unwrap();
        mailer.task("welcome").run(bad).unwrap_err();
        mailer.task("invoice").run(good).unwrap();
        assert_eq!(counts(&registry, &Work::task("mailer", "welcome")), (1.0, 1.0));
        assert_eq!(counts(&registry, &Work::worker("mailer")), (2.0, 1.0));
    }
    let registry = Registry::new();
    let names = WorkerNames::subsystem("mail");
    let _mailer = Worker::builder("mailer").registry(&registry).names(names).build().unwrap();
    assert_eq!(only(&registry, &Work::worker("mailer")).item_label(), None);
}

#[test]
fn work_without_items_is_no_part_of_work_with_an_item() {
    let registry = Registry::new();
    let workers = |name: &'static str| Worker::builder(name).registry(&registry);
    let objectives = Objectives::of(&registry);
    let resize = || Work::of_kind("worker").item("resize");
    objectives.declare(Slo::availability("resize", 99.0, resize())).unwrap();
    let mails = workers("mailer").names(WorkerNames::subsystem("mail")).build().unwrap();
    mails.task("welcome").run(bad).unwrap_err();
    assert_eq!(resize().signals(&registry), []);
    let problems: Vec<_> = objectives.problems().iter().map(ToString::to_string).collect();
    let expected = "worker, item \"resize\": this kind has no items: expected a name, or a label";
    assert_eq!(problems, [format!("invalid objective \"resize\": {expected}")]);
    let images = workers("images").build().unwrap();
    images.task("resize").run(good).unwrap();
    images.task("crop").run(bad).unwrap_err();
    assert_eq!(counts(&registry, &resize()), (1.0, 0.0));
    assert_eq!(objectives.problems(), []);
}

#[test]
fn a_topic_is_an_item_of_its_messaging_system() {
    for names in [MessagingNames::shared(), MessagingNames::per_system()] {
        let registry = Registry::new();
        let kafka = Messaging::builder("kafka").registry(&registry).names(names).build().unwrap();
        kafka.publish("orders").run(bad).unwrap_err();
        kafka.publish("mails").run(good).unwrap();
        assert_eq!(counts(&registry, &Work::topic("kafka", "orders")), (1.0, 1.0));
        assert_eq!(counts(&registry, &Work::messaging("kafka")), (2.0, 1.0));
    }
}

#[test]
fn work_is_narrowed_by_a_label() {
    let registry = Registry::new();
    let bank = Dependency::builder("bank").registry(&registry).build().unwrap();
    bank.call("charge").run(good).unwrap();
    bank.call("refund").run(good).unwrap();
    let work = Work::of_kind("dependency").label("operation", "charge");
    assert_eq!(counts(&registry, &work), (1.0, 0.0));
    assert_eq!(work.to_string(), "dependency, operation=\"charge\"");
}
