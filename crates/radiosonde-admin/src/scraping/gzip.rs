use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;

pub(crate) const AVAILABLE: bool = true;

/// At the fastest level: names repeat so much that slower ones save a few percent and take several times as long.
pub(crate) fn compress(text: &[u8]) -> Option<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(text.len() / 8), Compression::fast());
    encoder.write_all(text).ok()?;
    encoder.finish().ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    #[test]
    fn what_is_compressed_is_read_back() {
        let text = "orders_total{method=\"card\"} 1\n".repeat(1000);
        let compressed = compress(text.as_bytes()).unwrap();
        assert!(compressed.len() < text.len() / 50);
        let mut back = String::new();
        flate2::read::GzDecoder::new(&*compressed).read_to_string(&mut back).unwrap();
        assert_eq!(back, text);
    }
}
