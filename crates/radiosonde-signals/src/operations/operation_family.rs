use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use radiosonde_metrics::Labels;

use crate::golden::GoldenSignals;
use crate::operations::operation::Operation;
use crate::operations::operations::Operations;

/// An operation with labels, from [`OperationBuilder::family`](crate::OperationBuilder::family): each set of label values is an
/// [`Operation`] of its own.
///
/// # Shape
/// At most 1000 sets; all further ones share one operation, whose label values are all `_overflow`.
///
/// # Cost
/// A known set is found without a lock and without an allocation.
///
/// ```
/// use radiosonde_metrics::{Labels, Registry};
/// use radiosonde_signals::Operation;
///
/// #[derive(Labels)]
/// struct Charge<'a> {
///     provider: &'a str,
/// }
///
/// let registry = Registry::new();
/// let charge = Operation::builder("charge").registry(&registry).family::<Charge<'_>>()?;
/// let charged = charge.with(&Charge { provider: "acme" }).run(|| "12".parse::<u32>());
/// assert_eq!(charged, Ok(12));
/// let expected = "operation_calls_total{operation=\"charge\",outcome=\"completed\",provider=\"acme\"} 1\n";
/// assert!(registry.text().contains(expected));
/// # Ok::<(), radiosonde_metrics::RegisterError>(())
/// ```
pub struct OperationFamily<L> {
    operations: Arc<Operations>,
    golden: Arc<GoldenSignals>,
    labels: PhantomData<fn() -> L>,
}

impl<L: Labels> OperationFamily<L> {
    pub(crate) fn new(operations: Operations, golden: GoldenSignals) -> Self {
        Self { operations: Arc::new(operations), golden: Arc::new(golden), labels: PhantomData }
    }

    /// The operation with these labels.
    #[must_use]
    pub fn with(&self, labels: &L) -> Operation {
        self.operations.get_by(|see| labels.visit(see))
    }

    /// The golden signals of all sets together.
    #[must_use]
    pub fn signals(&self) -> GoldenSignals {
        GoldenSignals::clone(&self.golden)
    }
}

impl<L> Clone for OperationFamily<L> {
    fn clone(&self) -> Self {
        let operations = Arc::clone(&self.operations);
        Self { operations, golden: Arc::clone(&self.golden), labels: PhantomData }
    }
}

impl<L> fmt::Debug for OperationFamily<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OperationFamily").field("operations", &self.operations).finish_non_exhaustive()
    }
}
