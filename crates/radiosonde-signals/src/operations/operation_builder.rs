use std::borrow::Cow;

use radiosonde_core::diagnostics;

use radiosonde_metrics::{Buckets, Labels, RegisterError, Registry};

use crate::operations::operation::{Operation, open_span};
use crate::operations::operation_family::OperationFamily;
use crate::operations::operation_names::OperationNames;
use crate::operations::operations::Operations;
use crate::operations::set_options::{SetOptions, set_options};
use crate::operations::work_metrics::{WorkDeclaration, WorkMetrics};

impl Operation {
    /// Declares an operation with its options: registry, clock, names, buckets, kinds of errors, labels.
    pub fn builder(name: impl Into<Cow<'static, str>>) -> OperationBuilder {
        OperationBuilder::new(name.into())
    }

    /// Creates an operation with its metrics in [`Registry::global`].
    ///
    /// Never fails: if that registry has other metrics with these names, the conflict is reported to [`diagnostics`], and
    /// the operation's metrics are not exposed. [`in_registry`](Self::in_registry) returns it as an error.
    #[must_use]
    pub fn new(name: impl Into<Cow<'static, str>>) -> Self {
        let (operation, conflict) = Self::builder(name).build_in_any_case();
        if let Some(conflict) = conflict {
            operation.report(&conflict);
        }
        operation
    }

    pub(crate) fn report(&self, conflict: &RegisterError) {
        let name = self.name();
        let message = format_args!("operation {name:?} is not exposed: {conflict}");
        diagnostics::report("signals", "register", message);
    }

    /// Creates an operation with its metrics in `registry`.
    ///
    /// # Errors
    /// [`RegisterError`] if the registry has other metrics with these names.
    pub fn in_registry(
        registry: &Registry,
        name: impl Into<Cow<'static, str>>,
    ) -> Result<Self, RegisterError> {
        Self::builder(name).registry(registry).build()
    }
}

/// Declares an [`Operation`]. Default: the global registry, the system's clock, [`OperationNames::shared`], [`Buckets::HTTP_SECONDS`].
///
/// Operations that share their metrics need the same buckets and labels.
#[must_use = "a builder declares nothing until `build` or `family`"]
#[derive(Debug, Clone)]
pub struct OperationBuilder {
    name: Cow<'static, str>,
    names: OperationNames,
    options: SetOptions,
}

set_options!(OperationBuilder, buckets, errors);

/// A limit for sets of labels, and what they are in a report of the limit.
const SETS: (&str, usize) = ("label sets of an operation", 1000);

impl OperationBuilder {
    pub(crate) fn new(name: Cow<'static, str>) -> Self {
        Self { name, names: OperationNames::shared(), options: SetOptions::new(Buckets::HTTP_SECONDS) }
    }

    /// The names of the metrics. Default: [`OperationNames::shared`].
    pub fn names(mut self, names: OperationNames) -> Self {
        self.names = names;
        self
    }

    /// Declares the operation.
    ///
    /// # Errors
    /// [`RegisterError`] if a name is refused or the registry has another metric with it.
    pub fn build(self) -> Result<Operation, RegisterError> {
        let metrics = self.declare(&[])?;
        metrics.golden.declare(self.options.registry());
        let values: Vec<&str> = self.names.label().map(|_| &*self.name).into_iter().collect();
        Ok(Operation::from_metrics(&metrics, self.name.clone(), &values, &self.options.clock))
    }

    /// Declares the operation. If that is refused, its metrics are not exposed, and the conflict is returned for the caller to
    /// [`report`](Operation::report).
    pub(crate) fn build_in_any_case(self) -> (Operation, Option<RegisterError>) {
        let name = self.name.clone();
        match self.build() {
            Ok(operation) => (operation, None),
            Err(conflict) => {
                let nowhere = Registry::new();
                // An empty registry has no conflicting metrics, and the default names are valid, so this cannot recurse.
                let operation = Operation::in_registry(&nowhere, name.clone())
                    .unwrap_or_else(|_| Self::new(name).build_in_any_case().0);
                (operation, Some(conflict))
            }
        }
    }

    /// Exposes these kinds of errors from the start, for errors that come with their kind.
    pub(crate) fn listed_kinds(mut self, kinds: &'static [&'static str]) -> Self {
        self.options.kinds = self.options.kinds.and_listed(kinds);
        self
    }

    /// Declares the operation with the labels of the type `L` besides its own, on all its metrics.
    ///
    /// # Errors
    /// [`RegisterError`] if a name or a label is refused or the registry has another metric with the name.
    pub fn family<L: Labels>(self) -> Result<OperationFamily<L>, RegisterError> {
        let metrics = self.declare(&L::names())?;
        let golden = metrics.golden.clone();
        golden.declare(self.options.registry());
        let first = self.names.label().map(|_| self.name.to_string()).into_iter().collect();
        let operations = Operations::new(metrics, self.options.clock, first, SETS).named(self.name);
        Ok(OperationFamily::new(operations, golden))
    }

    fn declare(&self, labels: &[&str]) -> Result<WorkMetrics, RegisterError> {
        let names = &self.names;
        let labels: Vec<&str> = names.label().into_iter().chain(labels.iter().copied()).collect();
        let name = |suffix: &str| self.options.name(&names.name(&self.name, suffix));
        let (calls, errors) = (name(names.calls()), name("errors_total"));
        let (duration, in_flight) = (name(names.duration()), name("in_flight"));
        let declaration = WorkDeclaration {
            only_of: names.label().is_none().then_some(&*self.name),
            calls: Some((&calls, "Finished calls of an operation, by outcome.")),
            outcome: names.outcome(),
            errors: Some((&errors, "Failed calls of an operation, by kind of error.")),
            duration: Some((&duration, "Duration of an operation's calls, in seconds.")),
            buckets: self.options.buckets.clone(),
            in_flight: Some((&in_flight, "Calls of an operation in progress.")),
            ..WorkDeclaration::new("operation", &labels)
        };
        let mut metrics =
            declaration.declare(self.options.registry(), self.options.kinds.clone(), open_span)?;
        metrics.golden = metrics.golden.named(&*self.name, names.label().map(|label| (label, &*self.name)));
        Ok(metrics)
    }
}
