pub(crate) const AVAILABLE: bool = false;

pub(crate) const fn compress(_: &[u8]) -> Option<Vec<u8>> {
    None
}
