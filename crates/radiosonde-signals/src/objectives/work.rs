use std::fmt;

use radiosonde_metrics::Registry;

use crate::golden::GoldenSignals;

/// Work whose golden signals an objective is about, declared before or after it.
///
/// # Shape
/// A kind of work, as [`GoldenSignals::kind`] has it, the name of one of that kind, items and labels. Work that several signals fit is
/// all of theirs. An item is a part of the work by a label that its [signals name](GoldenSignals::item_label):
///
/// | constructor | kind | name | item |
/// |---|---|---|---|
/// | [`http_server`](Self::http_server), [`route`](Self::route) | `http_server` | prefix of the metrics, `http` | route |
/// | [`http_client`](Self::http_client) | `http_client` | prefix of the metrics, `http_client` | server |
/// | [`limiter`](Self::limiter) | `limiter` | name of the limiter | |
/// | [`operation`](Self::operation) | `operation` | name of the operation | |
/// | [`database`](Self::database), [`query`](Self::query) | `database` | name of the database | query |
/// | [`database_pool`](Self::database_pool) | `database_pool` | name of the pool | |
/// | [`dependency`](Self::dependency) | `dependency` | name of the service | operation |
/// | [`cache`](Self::cache) | `cache` | name of the cache | |
/// | [`queue`](Self::queue) | `queue` | name of the queue | |
/// | [`worker`](Self::worker), [`task`](Self::task) | `worker` | name of the worker | task |
/// | [`messaging`](Self::messaging), [`topic`](Self::topic) | `messaging` | name of the system | topic |
/// | [`job`](Self::job) | `job` | name of the scheduled job | |
/// | [`data_pipeline`](Self::data_pipeline) | `data_pipeline` | name of the pipeline | |
/// | [`model`](Self::model) | `model` | name of the model | |
/// | [`business`](Self::business) | `business` | name of the metric | |
/// | [`connections`](Self::connections) | `connections` | name of the connections | |
/// | [`sessions`](Self::sessions) | `sessions` | kind of sessions | |
/// | [`of_kind`](Self::of_kind) | any | all, or that of [`named`](Self::named) | |
///
/// A name that has no item in the table has none because its metrics have no label for parts; [`label`](Self::label) narrows by any other.
/// With an item, signals without an item label are left out, as they cannot be narrowed to it;
/// [`Objectives::problems`](crate::Objectives::problems) reports work that has no others.
/// Latency is that of requests, calls, queries, loads, waits in a queue, waits for a connection, tasks, runs and inferences. Business
/// metrics, connections and sessions have none.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::{Dependency, Work};
///
/// let registry = Registry::new();
/// let bank = Dependency::builder("bank").registry(&registry).build()?;
/// bank.call("charge").run(|| "x".parse::<u8>()).unwrap_err();
/// bank.call("refund").run(|| "1".parse::<u8>()).unwrap();
///
/// let charges = Work::dependency("bank").item("charge");
/// assert_eq!(charges.to_string(), r#"dependency "bank", item "charge""#);
/// let signals = &charges.signals(&registry)[0];
/// assert_eq!(signals.traffic().unwrap().sum(&registry.snapshot()), 1.0);
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Work {
    kind: String,
    name: Option<String>,
    /// The value of the item label: the route of a server, the operation of a database.
    items: Vec<String>,
    labels: Vec<(String, String)>,
}

/// Constructors for the work of one of a kind.
macro_rules! work_of_one {
    ($($(#[$doc:meta])* $constructor:ident: $kind:literal;)*) => {
        impl Work {$(
            $(#[$doc])*
            #[must_use]
            pub fn $constructor(name: impl Into<String>) -> Self {
                Self::of_kind($kind).named(name)
            }
        )*}
    };
}

work_of_one! {
    /// Requests that wait at a limiter of `radiosonde-tower`.
    limiter: "limiter";
    /// The calls of an [`Operation`](crate::Operation), or of a function under `#[observe]`.
    operation: "operation";
    /// The queries of a [`Database`](crate::Database).
    database: "database";
    /// Waits for a connection of a [`Database`](crate::Database)'s pool.
    database_pool: "database_pool";
    /// Calls to another service, a [`Dependency`](crate::Dependency).
    dependency: "dependency";
    /// The loads of a [`Cache`](crate::Cache).
    cache: "cache";
    /// The messages of a [`Queue`](crate::Queue); their latency is the wait.
    queue: "queue";
    /// The tasks of a [`Worker`](crate::Worker).
    worker: "worker";
    /// The messages of a broker, by the name of its [`Messaging`](crate::Messaging).
    messaging: "messaging";
    /// The runs of a [`ScheduledJob`](crate::ScheduledJob).
    job: "job";
    /// The records of a [`DataPipeline`](crate::DataPipeline).
    data_pipeline: "data_pipeline";
    /// The inferences of a [`Model`](crate::Model).
    model: "model";
    /// The events of a [`BusinessMetric`](crate::BusinessMetric) with failures, by the metric's name with its namespace.
    business: "business";
    /// The [`Connections`](crate::Connections) with this name.
    connections: "connections";
    /// The [`Sessions`](crate::Sessions) of this kind.
    sessions: "sessions";
}

impl Work {
    /// Everything of this kind, such as `database`.
    #[must_use]
    pub fn of_kind(kind: impl Into<String>) -> Self {
        Self { kind: kind.into(), name: None, items: Vec::new(), labels: Vec::new() }
    }

    /// All requests that the service serves.
    #[must_use]
    pub fn http_server() -> Self {
        Self::of_kind("http_server")
    }

    /// Requests to a route, by its template, such as `/orders/{id}`.
    #[must_use]
    pub fn route(template: impl Into<String>) -> Self {
        Self::http_server().item(template)
    }

    /// All calls over HTTP to a server: by its host and port, or by the host alone with the names of OpenTelemetry.
    #[must_use]
    pub fn http_client(server: impl Into<String>) -> Self {
        Self::of_kind("http_client").item(server)
    }

    /// One query of a [`Database`](crate::Database).
    #[must_use]
    pub fn query(database: impl Into<String>, query: impl Into<String>) -> Self {
        Self::database(database).item(query)
    }

    /// One task of a [`Worker`](crate::Worker).
    #[must_use]
    pub fn task(worker: impl Into<String>, task: impl Into<String>) -> Self {
        Self::worker(worker).item(task)
    }

    /// The messages of one topic of a broker.
    #[must_use]
    pub fn topic(system: impl Into<String>, topic: impl Into<String>) -> Self {
        Self::messaging(system).item(topic)
    }

    /// Only that with this name, such as the name of a database.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// Only this item, or also this one: a route of a server, a server of a client.
    #[must_use]
    pub fn item(mut self, item: impl Into<String>) -> Self {
        self.items.push(item.into());
        self
    }

    /// Only series with this label.
    #[must_use]
    pub fn label(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push((name.into(), value.into()));
        self
    }

    /// The kind of work.
    #[must_use]
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The name of the one that is meant; `None` is all of the kind.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// Whether the two are the same work, in whatever order their items and labels were given.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        fn are_same<T: PartialEq>(one: &[T], two: &[T]) -> bool {
            one.len() == two.len() && one.iter().all(|value| two.contains(value))
        }
        (&self.kind, &self.name) == (&other.kind, &other.name)
            && are_same(&self.items, &other.items)
            && are_same(&self.labels, &other.labels)
    }

    /// The signals of the work that are declared so far, narrowed to its items and labels.
    #[must_use]
    pub fn signals(&self, registry: &Registry) -> Vec<GoldenSignals> {
        self.among(&GoldenSignals::of(registry))
    }

    /// Those of these signals that are of the work, narrowed to its items and labels.
    pub(crate) fn among(&self, signals: &[GoldenSignals]) -> Vec<GoldenSignals> {
        let meant = signals.iter().filter(|signals| self.is_meant(signals));
        meant.filter_map(|signals| self.narrowed(signals.clone())).collect()
    }

    /// Whether the signals are of this kind and name.
    pub(crate) fn is_meant(&self, signals: &GoldenSignals) -> bool {
        signals.kind() == self.kind && self.name.as_deref().is_none_or(|name| signals.name() == name)
    }

    /// `None` if the items are no part of these signals.
    fn narrowed(&self, signals: GoldenSignals) -> Option<GoldenSignals> {
        let of_items = if self.items.is_empty() {
            signals
        } else {
            let label = signals.item_label()?.to_owned();
            signals.map_series(|series| series.with_any(&*label, self.items.clone()))
        };
        let with_label = |signals: GoldenSignals, (label, value): &(String, String)| {
            signals.map_series(|series| series.with(label, value))
        };
        Some(self.labels.iter().fold(of_items, with_label))
    }
}

impl fmt::Display for Work {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)?;
        if let Some(name) = &self.name {
            write!(f, " {name:?}")?;
        }
        for item in &self.items {
            write!(f, ", item {item:?}")?;
        }
        for (name, value) in &self.labels {
            write!(f, ", {name}={value:?}")?;
        }
        Ok(())
    }
}
