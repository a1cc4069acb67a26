const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// For headers, padded.
pub(crate) fn standard(bytes: &[u8]) -> String {
    encode(bytes, STANDARD)
}

/// For paths, padded: the Pushgateway ignores the padding, but for nothing at all, which is a path's segment with one `=`.
pub(crate) fn for_path(bytes: &[u8]) -> String {
    if bytes.is_empty() { "=".to_owned() } else { encode(bytes, URL) }
}

/// Source: RFC 4648, 4 and 5: <https://www.rfc-editor.org/rfc/rfc4648>
fn encode(bytes: &[u8], alphabet: &[u8; 64]) -> String {
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for group in bytes.chunks(3) {
        let bits =
            group.iter().fold(0_u32, |bits, &byte| bits << 8 | u32::from(byte)) << (8 * (3 - group.len()));
        for at in 0..4 {
            let six = (bits >> (18 - 6 * at)) as usize & 63;
            out.push(if at <= group.len() { char::from(alphabet[six]) } else { '=' });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_specification() {
        // https://www.rfc-editor.org/rfc/rfc4648#section-10
        for (plain, encoded) in
            [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foob", "Zm9vYg==")]
        {
            assert_eq!(standard(plain.as_bytes()), encoded);
        }
        assert_eq!(standard(&[0xff, 0xfe, 0xfd]), "//79");
        assert_eq!(for_path(&[0xff, 0xfe, 0xfd]), "__79");
        assert_eq!(for_path(b""), "=");
    }
}
