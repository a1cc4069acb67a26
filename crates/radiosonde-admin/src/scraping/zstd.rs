pub(crate) const AVAILABLE: bool = true;

/// At the level that is both faster and smaller than gzip's fastest.
const LEVEL: i32 = 1;

pub(crate) fn compress(text: &[u8]) -> Option<Vec<u8>> {
    zstd::bulk::compress(text, LEVEL).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_compressed_is_read_back() {
        let text = "orders_total{method=\"card\"} 1\n".repeat(1000);
        let compressed = compress(text.as_bytes()).unwrap();
        assert!(compressed.len() < text.len() / 50);
        assert_eq!(zstd::bulk::decompress(&compressed, text.len()).unwrap(), text.as_bytes());
    }
}
