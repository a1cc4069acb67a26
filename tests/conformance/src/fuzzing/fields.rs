use super::logging::{Input, Scene};

/// One event with fields of any names and values: one line that keeps the contract of [`json_lines`](crate::json_lines), in
/// which every field with a name of no meaning stands with its value, the last of its name.
///
/// # Panics
/// If that does not hold.
pub fn fields(bytes: &[u8]) {
    Scene::new(Input::new(bytes)).event();
}
