use std::borrow::Cow;
use std::fmt;
use std::sync::{Arc, OnceLock};

use radiosonde_core::{SharedClock, diagnostics};
use radiosonde_metrics::model::{Kind, OVERFLOW};
use radiosonde_metrics::{DynFamily, IntGauge, RegisterError};
use tracing::Span;
use tracing::field::Empty;

use crate::database::database_names::{DatabaseNames, PoolGauge};
use crate::database::pool_state::{Number, PoolGauges, ReadState};
use crate::golden::{GoldenSignals, Limit, Series};
use crate::operations::operation::Operation;
use crate::operations::set_options::SetOptions;
use crate::operations::work_metrics::{WorkDeclaration, WorkMetrics};

/// The pools of a database: the wait for a connection of each, by the pool's name.
#[derive(Debug)]
pub(crate) struct Pools {
    known: Vec<(Cow<'static, str>, Operation)>,
    /// That of the pool named like the database, or else of the first.
    own: Operation,
    /// That of all pools that were not declared, once there is one.
    unknown: OnceLock<Operation>,
    waits: Waits,
}

/// A pool that is declared, by its name.
pub(crate) type Declared = (Cow<'static, str>, ReadState);

impl Pools {
    /// Declares the metrics and the golden signals of each pool, and watches the pools. A database without pools has one that is not
    /// read.
    pub(crate) fn declare(
        options: &SetOptions,
        names: DatabaseNames,
        database: &str,
        pools: Vec<Declared>,
    ) -> Result<Self, RegisterError> {
        let waits = Waits::declare(options, names)?;
        let gauges = Gauges::declare(options, names)?;
        let mut known = Vec::new();
        for (pool, read) in pools {
            let signals = saturated(waits.signals(&pool), options, names, &pool);
            known.push((pool.clone(), waits.of_pool(&pool, signals)));
            let waiting = waits.metrics.in_flight.as_ref().map(|waiting| waiting.handle(&[&pool]));
            let watched = PoolGauges::new(read, gauges.of_pool(&pool), waiting);
            options.registry().collect_as(&gauges.key(&pool), watched);
        }
        if known.is_empty() {
            known.push((Cow::Owned(database.to_owned()), waits.of_pool(database, waits.signals(database))));
        }
        for (_, waiting) in &known {
            waiting.signals().declare(options.registry());
        }
        let own = known.iter().position(|(name, _)| name == database).unwrap_or(0);
        let own = known[own].1.clone();
        Ok(Self { known, own, unknown: OnceLock::new(), waits })
    }

    /// The wait for a connection of the database's own pool.
    pub(crate) const fn own(&self) -> &Operation {
        &self.own
    }

    /// The wait for a connection of the pool with this name.
    pub(crate) fn find(&self, pool: &str) -> &Operation {
        let known = self.known.iter().find(|(name, _)| name == pool);
        known.map_or_else(|| self.unknown(pool), |(_, waiting)| waiting)
    }

    #[cold]
    fn unknown(&self, pool: &str) -> &Operation {
        let mut is_first = false;
        let unknown = self.unknown.get_or_init(|| {
            is_first = true;
            self.waits.of_pool(OVERFLOW, self.waits.signals(OVERFLOW))
        });
        // After the initialization, as the hook of diagnostics may acquire a connection, too.
        if is_first {
            let known: Vec<_> = self.known.iter().map(|(name, _)| name).collect();
            let message = format_args!(
                "invalid pool {pool:?} of a database: expected one of {known:?}; it is counted as {OVERFLOW:?}"
            );
            diagnostics::report("signals", "pools of a database", message);
        }
        unknown
    }
}

/// The metrics of waits for a connection.
struct Waits {
    metrics: WorkMetrics,
    /// The label with the pool's name.
    label: &'static str,
    clock: SharedClock,
}

impl Waits {
    fn declare(options: &SetOptions, names: DatabaseNames) -> Result<Self, RegisterError> {
        let labels = [names.pool()];
        let [waiting, wait, errors] = names.acquiring().map(|name| options.name(&name));
        let declaration = WorkDeclaration {
            errors: Some((&errors, "Connections that could not be acquired, by kind of error.")),
            duration: Some((&wait, "Time until a connection was acquired.")),
            buckets: options.buckets.clone(),
            in_flight: Some((&waiting, "Tasks that wait for a connection.")),
            ..WorkDeclaration::new("database_pool", &labels)
        };
        let none = |_: &str| Span::none();
        let metrics = declaration.declare(options.registry(), options.kinds.clone(), none)?;
        Ok(Self { metrics, label: names.pool(), clock: Arc::clone(&options.clock) })
    }

    /// The signals of a pool; its saturation is the tasks that wait.
    fn signals(&self, pool: &str) -> GoldenSignals {
        self.metrics.golden.clone().named(pool, Some((self.label, pool)))
    }

    fn of_pool(&self, pool: &str, signals: GoldenSignals) -> Operation {
        let name = pool.to_owned();
        let open = Arc::new(move |_: &str| acquire_span(&name));
        let metrics = WorkMetrics { open, golden: signals, ..self.metrics.clone() };
        Operation::from_metrics(&metrics, Cow::Borrowed("acquire connection"), &[pool], &self.clock)
    }
}

impl fmt::Debug for Waits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Waits").field("metrics", &self.metrics).finish_non_exhaustive()
    }
}

/// The gauges of connections.
struct Gauges(Vec<(String, &'static PoolGauge, DynFamily<IntGauge>)>);

impl Gauges {
    fn declare(options: &SetOptions, names: DatabaseNames) -> Result<Self, RegisterError> {
        let mut families = Vec::new();
        for (name, gauge) in names.gauges() {
            let name = options.name(&name);
            let states: Vec<_> = gauge.numbers.iter().map(|(state, _)| *state).collect();
            let values = [(names.state(), &*states)];
            let family = options.registry().int_gauge(&name, gauge.help);
            let family = if name.ends_with("_total") { family.unconventional_name() } else { family };
            let family = match &*states {
                [""] => family.labels(&[names.pool()]),
                _ => family.possible_values(&values).labels(&[names.pool(), names.state()]),
            };
            families.push((name, gauge, family?));
        }
        Ok(Self(families))
    }

    fn of_pool(&self, pool: &str) -> Vec<(Number, IntGauge)> {
        let mut gauges = Vec::new();
        for (_, gauge, family) in &self.0 {
            for (state, number) in gauge.numbers {
                let values = [pool, state];
                let values = if state.is_empty() { &values[..1] } else { &values };
                gauges.push((*number, family.handle(values)));
            }
        }
        gauges
    }

    /// The key of a pool's collector.
    fn key(&self, pool: &str) -> String {
        let named = self.0.first().map_or("", |(name, ..)| name);
        format!("{named}/{pool}")
    }
}

/// Adds the saturation of a pool: its active connections, divided by their largest number.
pub(crate) fn saturated(
    signals: GoldenSignals,
    options: &SetOptions,
    names: DatabaseNames,
    pool: &str,
) -> GoldenSignals {
    let series = |wanted: Number| {
        let (name, state) = names.gauges().find_map(|(name, gauge)| {
            let (state, _) = gauge.numbers.iter().find(|(_, number)| *number == wanted)?;
            Some((name, *state))
        })?;
        let all = Series::of(options.registry(), &options.name(&name), Kind::Gauge).with(names.pool(), pool);
        Some(if state.is_empty() { all } else { all.with(names.state(), state) })
    };
    let max = series(Number::Max).map_or(Limit::Unknown, Limit::Metric);
    signals.with_saturation(series(Number::Active), max)
}

/// The span of a wait for a connection.
fn acquire_span(pool: &str) -> Span {
    tracing::info_span!(
        target: "radiosonde::operation",
        "acquire",
        otel.name = "acquire connection",
        otel.status_code = Empty,
        otel.status_description = Empty,
        db.client.connection.pool.name = pool,
    )
}
