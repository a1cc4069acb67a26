/// Emits an event of the level above `ERROR`: the service cannot continue.
///
/// Takes the arguments of `tracing::error!`. `tracing` has no level above `ERROR`, so filters and other layers see an
/// `ERROR` event with the field `radiosonde.level = "fatal"`; [`JsonLayer`](crate::JsonLayer) writes `FATAL` (or `CRITICAL`)
/// and omits the field. The macro returns once the line is written, or after
/// [`fatal_flush`](crate::LogOptions::fatal_flush). It does not end the process.
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

/// [`fatal!`](crate::fatal) under the name that other systems use for the level.
///
/// ```
/// radiosonde_log::critical!(path = "/var/lib/orders", "no room for the journal");
/// ```
#[macro_export]
macro_rules! critical {
    ($($event:tt)+) => { $crate::fatal!($($event)+) };
}
