use radiosonde_delivery::SinkReport;

/// What a [`Push`](crate::Push) pushes with.
pub(crate) trait Pusher: Send + Sync {
    /// Queues everything as it is now.
    fn push(&self);

    /// Queues everything for the last time.
    fn last(&self);

    fn report(&self) -> SinkReport;
}
