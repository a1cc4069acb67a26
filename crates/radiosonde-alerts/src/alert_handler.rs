use std::sync::Arc;

use crate::alert::Alert;

/// Gets alerts when they fire and when they are resolved: a notification, an incident, a client of Alertmanager.
///
/// # Shape
/// It is called on a thread for handlers, one alert after the other. One that panics loses that alert only; one that blocks delays the other
/// handlers, but neither the rules nor the process. A closure is a handler.
pub trait AlertHandler: Send + Sync + 'static {
    /// The alert fires from now on, or is resolved, by its [`state`](Alert::state).
    fn handle(&self, alert: &Alert);

    /// The alert still fires, or was resolved less than 15 minutes ago: called once a minute, or with each evaluation if these are further apart, for
    /// receivers that forget or were away. An alert that was silenced after the handler got it is repeated as well. Default: nothing.
    fn repeat(&self, alert: &Alert) {
        let _ = alert;
    }
}

impl<F: Fn(&Alert) + Send + Sync + 'static> AlertHandler for F {
    fn handle(&self, alert: &Alert) {
        self(alert);
    }
}

impl<H: AlertHandler + ?Sized> AlertHandler for Arc<H> {
    fn handle(&self, alert: &Alert) {
        (**self).handle(alert);
    }

    fn repeat(&self, alert: &Alert) {
        (**self).repeat(alert);
    }
}
