use super::logging::{Input, Scene};

/// Checks one event with fields of any names and values: one line that keeps the contract of
/// [`json_lines`](crate::json_lines), with every field whose name is not reserved, and the last value of each name.
///
/// # Panics
/// If that does not hold.
pub fn fields(bytes: &[u8]) {
    Scene::new(Input::new(bytes)).event();
}
