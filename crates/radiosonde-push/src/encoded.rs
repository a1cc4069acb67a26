use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;

/// For paths, padded: the Pushgateway ignores the padding, but for nothing at all, which is a path's segment with one `=`.
pub(crate) fn for_path(bytes: &[u8]) -> String {
    if bytes.is_empty() { "=".to_owned() } else { URL_SAFE.encode(bytes) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_specification() {
        // https://www.rfc-editor.org/rfc/rfc4648#section-10
        for (plain, encoded) in
            [("", "="), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(for_path(plain.as_bytes()), encoded);
        }
        assert_eq!(for_path(&[0xff, 0xfe, 0xfd]), "__79");
    }
}
