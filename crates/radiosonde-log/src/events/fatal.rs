/// Emits an event of the level above `ERROR`: the service cannot go on.
///
/// Takes what `tracing::error!` takes. `tracing` ends at `ERROR`, so that filters and other layers see an `ERROR` event with
/// the field `radiosonde.level = "fatal"`; [`JsonLayer`](crate::JsonLayer) writes `FATAL` (or `CRITICAL`) and leaves the field
/// out. The line is written before the next statement, as far as that takes no longer than
/// [`fatal_flush`](crate::JsonLayerBuilder::fatal_flush). It does not end the process.
///
/// ```
/// radiosonde_log::fatal!(path = "/var/lib/orders", "no room for the journal");
/// radiosonde_log::fatal!(target: "orders::journal", "gone after {} tries", 3);
/// ```
#[macro_export]
macro_rules! fatal {
    (target: $target:expr, parent: $parent:expr, $($rest:tt)+) => {
        $crate::__tracing::event!(
            target: $target, parent: $parent, $crate::__tracing::Level::ERROR, radiosonde.level = "fatal", $($rest)+
        )
    };
    (target: $target:expr, $($rest:tt)+) => {
        $crate::__tracing::event!(
            target: $target, $crate::__tracing::Level::ERROR, radiosonde.level = "fatal", $($rest)+
        )
    };
    (parent: $parent:expr, $($rest:tt)+) => {
        $crate::__tracing::event!(
            parent: $parent, $crate::__tracing::Level::ERROR, radiosonde.level = "fatal", $($rest)+
        )
    };
    ($($rest:tt)+) => {
        $crate::__tracing::event!($crate::__tracing::Level::ERROR, radiosonde.level = "fatal", $($rest)+)
    };
}

/// [`fatal!`](crate::fatal) by the name that other systems have for that level.
///
/// ```
/// radiosonde_log::critical!(path = "/var/lib/orders", "no room for the journal");
/// ```
#[macro_export]
macro_rules! critical {
    ($($event:tt)+) => { $crate::fatal!($($event)+) };
}
