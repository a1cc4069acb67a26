use crate::model::kind::Kind;

/// Something that a family holds one of for each set of labels: [`Counter`](crate::Counter), [`Gauge`](crate::Gauge) and so on.
///
/// Sealed: the exposition has to know every kind.
pub trait Instrument: sealed::Sealed + Clone + Send + Sync + 'static {
    /// The kind of metric.
    const KIND: Kind;
}

pub(crate) mod sealed {
    use std::sync::Arc;

    use crate::instruments::shared::Shared;
    use crate::model::visitor::Visitor;
    use crate::storage::series::Series;

    pub trait Sealed: Sized {
        /// Its name in messages.
        const NAME: &'static str;

        /// What it counts in.
        type Cell: Send + Sync + 'static;

        fn cell(shared: &Arc<Shared>) -> Self::Cell;

        /// The handle of a series.
        fn wrap(series: Arc<Series<Self::Cell>>) -> Self;

        fn visit(series: &Series<Self::Cell>, out: &mut dyn Visitor);
    }
}
