use super::logging::{Input, Scene};

/// Checks spans with any fields that are opened, recorded into and closed, and events among them: a line for each event, as
/// in [`fields`](super::fields), with the nearest value of each name.
///
/// # Panics
/// If that does not hold.
pub fn spans(bytes: &[u8]) {
    Scene::new(Input::new(bytes)).play();
}
