use std::borrow::Cow;
use std::sync::Arc;

use radiosonde_metrics::{Buckets, RegisterError};
use tracing::field::Empty;

use crate::golden::{GoldenSignals, Limit};
use crate::operations::operation::Operation;
use crate::operations::operations::Operations;
use crate::operations::set_options::{SetOptions, set_options};
use crate::operations::work_metrics::WorkDeclaration;

/// The golden signals of calls to another service, over any protocol.
///
/// Calls over HTTP and gRPC have theirs from the client layer of `radiosonde-tower`; this is for everything else.
///
/// # Metrics
/// - `dependency_calls_total{dependency,operation,outcome}`: traffic.
/// - `dependency_errors_total{dependency,operation,kind}`: errors, by a [kind](crate::ErrorKind) from a fixed set.
/// - `dependency_duration_seconds{dependency,operation}`: latency, with an exemplar.
/// - `dependency_in_flight{dependency,operation}`: calls in progress. Saturation, if their limit is [set](DependencyBuilder::limit).
///
/// The span of a call is of kind client, with `service.peer.name`, and named like the call.
///
/// ```
/// use radiosonde_metrics::Registry;
/// use radiosonde_signals::Dependency;
///
/// let registry = Registry::new();
/// let ledger = Dependency::builder("ledger").registry(&registry).build()?;
/// let balance = ledger.call("balance").run(|| "12".parse::<u32>());
/// assert_eq!(balance, Ok(12));
/// let expected = "dependency_calls_total{dependency=\"ledger\",operation=\"balance\",outcome=\"completed\"} 1\n";
/// assert!(registry.text().contains(expected));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Dependency(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    operations: Operations,
    signals: GoldenSignals,
}

impl Dependency {
    /// Declares a dependency, by the name of the called service.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> DependencyBuilder {
        let options = SetOptions::new(Buckets::HTTP_SECONDS);
        DependencyBuilder { name: name.into(), limit: Limit::Unknown, options }
    }

    /// A kind of call, such as `balance`, to be run or tracked. At most 200; all further ones are `_overflow`.
    ///
    /// # Cost
    /// A known kind is found without a lock and without an allocation.
    #[must_use]
    pub fn call(&self, operation: &str) -> Operation {
        self.0.operations.get(&[operation])
    }

    /// Where the golden signals are.
    #[must_use]
    pub fn signals(&self) -> &GoldenSignals {
        &self.0.signals
    }
}

/// Builder of a [`Dependency`].
#[must_use = "a builder declares nothing until `build`"]
#[derive(Debug)]
pub struct DependencyBuilder {
    name: Cow<'static, str>,
    limit: Limit,
    options: SetOptions,
}

set_options!(DependencyBuilder, buckets, errors);

impl DependencyBuilder {
    /// How many calls can be in progress, such as by the size of a pool or a semaphore around them, for the saturation. Default:
    /// unknown.
    pub fn limit(mut self, calls: u32) -> Self {
        self.limit = Limit::Fixed(f64::from(calls));
        self
    }

    /// Declares the metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<Dependency, RegisterError> {
        let Self { name, limit, options } = self;
        let named = |suffix| options.name(&format!("dependency_{suffix}"));
        let (calls, errors) = (named("calls_total"), named("errors_total"));
        let (duration, in_flight) = (named("duration_seconds"), named("in_flight"));
        let declaration = WorkDeclaration {
            calls: Some((&calls, "Finished calls to another service, by outcome.")),
            errors: Some((&errors, "Failed calls to another service, by kind of error.")),
            duration: Some((&duration, "Duration of calls to another service.")),
            buckets: options.buckets.clone(),
            in_flight: Some((&in_flight, "Calls to another service in progress.")),
            ..WorkDeclaration::new("dependency", &["dependency", "operation"])
        };
        let service = name.clone();
        let metrics = declaration.declare(options.registry(), options.kinds.clone(), move |operation| {
            tracing::info_span!(
                target: "radiosonde::operation",
                "call",
                otel.name = operation,
                otel.kind = "client",
                otel.status_code = Empty,
                otel.status_description = Empty,
                service.peer.name = &*service,
            )
        })?;
        let golden = metrics.golden.clone().with_item_label("operation");
        let in_use = golden.saturation().map(|saturation| saturation.in_use().clone());
        let signals = golden.with_saturation(in_use, limit).named(&*name, Some(("dependency", &name)));
        signals.declare(options.registry());
        let operations = Operations::new(metrics, options.clock, vec![name.into_owned()], CALLS);
        Ok(Dependency(Arc::new(Inner { operations, signals })))
    }
}

/// The limit of calls, and what they are in a report of the limit.
const CALLS: (&str, usize) = ("calls of a dependency", 200);
