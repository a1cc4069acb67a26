use super::logging::{Input, Scene};

/// Checks a profile, promoted fields and other settings of a line's keys with the spans of [`spans`](super::spans): the keys
/// are refused, or each line has the profile's keys, each once.
///
/// # Panics
/// If that does not hold.
pub fn schema(bytes: &[u8]) {
    if let Some(scene) = Scene::of_any_schema(Input::new(bytes)) {
        scene.play();
    }
}
