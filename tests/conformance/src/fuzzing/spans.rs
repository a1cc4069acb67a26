use super::logging::{Input, Scene};

/// Spans of any fields, opened, recorded into and closed, and events among them: a line for each event, as
/// [`fields`](super::fields) has it, with what the nearest of event and spans says of each name.
///
/// # Panics
/// If that does not hold.
pub fn spans(bytes: &[u8]) {
    Scene::new(Input::new(bytes)).play();
}
