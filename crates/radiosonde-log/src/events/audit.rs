/// Logs an audit event at INFO: an actor, an action, a resource and an outcome.
///
/// The four arguments come first and take any `Display`; the rest is as in `tracing::info!`. Without a message, the action
/// is the message. The target is [`AUDIT_TARGET`](crate::AUDIT_TARGET): the line is written whatever the
/// [`LogFilter`](crate::LogFilter), and is neither limited nor sampled.
///
/// # Shape
/// The four are the fields `who`, `action`, `resource` and `outcome`, and the line has `"type":"audit"`. With
/// [`Profile::Ecs`](crate::Profile::Ecs) they are `user.name`, `event.action`, `labels.resource` and `event.outcome`, for
/// which ECS defines the values `success`, `failure` and `unknown`.
///
/// ```
/// radiosonde_log::audit!(who = "u-7", action = "order.refund", resource = "orders/7", outcome = "success");
/// radiosonde_log::audit!(
///     who = "u-7", action = "order.refund", resource = format_args!("orders/{}", 8), outcome = "failure",
///     amount = 9.99, "refund of order {} refused", 8
/// );
/// ```
#[macro_export]
macro_rules! audit {
    (who = $who:expr, action = $action:expr, resource = $resource:expr, outcome = $outcome:expr $(,)?) => {
        $crate::audit!(
            who = $who, action = $action, resource = $resource, outcome = $outcome,
            message = $crate::__tracing::field::display(&$action)
        )
    };
    (who = $who:expr, action = $action:expr, resource = $resource:expr, outcome = $outcome:expr, $($rest:tt)+) => {
        $crate::__tracing::event!(
            target: $crate::AUDIT_TARGET,
            $crate::__tracing::Level::INFO,
            who = $crate::__tracing::field::display(&$who),
            action = $crate::__tracing::field::display(&$action),
            resource = $crate::__tracing::field::display(&$resource),
            outcome = $crate::__tracing::field::display(&$outcome),
            $($rest)+
        )
    };
}
