use radiosonde_metrics::Registry;
use radiosonde_metrics::exposition::Dialect;

/// Checks an `Accept` header: the chosen format was named or is the default, the choice does not depend on the case of
/// letters, and the `Content-Type` of the response chooses it again.
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
