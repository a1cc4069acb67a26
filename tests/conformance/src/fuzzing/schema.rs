use super::logging::{Input, Scene};

/// A profile, promoted fields and other settings of a line's keys, and what [`spans`](super::spans) does: the keys are refused,
/// or each line has those of the profile, and none twice.
///
/// # Panics
/// If that does not hold.
pub fn schema(bytes: &[u8]) {
    if let Some(scene) = Scene::of_any_schema(Input::new(bytes)) {
        scene.play();
    }
}
