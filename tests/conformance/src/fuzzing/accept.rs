use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Dialect;

/// An `Accept` header: what is chosen was named or is the default, the choice does not change with the case of letters, and the
/// `Content-Type` says it in a way that chooses it again.
///
/// # Panics
/// If that does not hold.
pub fn accept(bytes: &[u8]) {
    let header = String::from_utf8_lossy(bytes);
    let dialect = Dialect::negotiate(&header);
    let content_type = dialect.content_type();
    let media = content_type.split(';').next().unwrap_or_default();
    let named = header.to_ascii_lowercase().contains(media);
    assert!(named || media == "text/plain", "{header:?} gives {content_type}");
    assert_eq!(
        Dialect::negotiate(&header.to_ascii_uppercase()).content_type().split(';').next(),
        Some(media)
    );
    assert_eq!(Dialect::negotiate(content_type).content_type(), content_type);
    assert!(!Registry::new().encode_bytes(dialect).is_empty());
}
