/// The most that Grafana accepts.
///
/// Source: <https://grafana.com/docs/grafana/latest/developers/http_api/dashboard/#identifier-id-vs-unique-identifier-uid>
const LONGEST: usize = 40;

/// The uid of a dashboard: the name of the service and the kind, with a hash where a name is too long or has other characters than an
/// address and a file's name take.
pub(crate) fn uid(name: &str, kind: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_".contains(c) { c } else { '-' }).collect();
    let whole = format!("{plain}-{kind}");
    if plain == name && whole.len() <= LONGEST {
        return whole;
    }
    let end = format!("-{:08x}-{kind}", hash(name));
    let start: String = plain.chars().take(LONGEST.saturating_sub(end.len())).collect();
    format!("{start}{end}")
}

/// FNV-1a, which is the same everywhere.
fn hash(text: &str) -> u32 {
    text.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uid_is_short_and_differs_where_names_do() {
        assert_eq!(uid("orders", "overview"), "orders-overview");
        assert_eq!(uid("order service", "slo"), "order-service-8940d7f4-slo");
        assert_ne!(uid("order.service", "slo"), uid("order/service", "slo"));
        let long = uid(&"a".repeat(60), "telemetry");
        assert_eq!(long.len(), 40);
        assert_ne!(long, uid(&"a".repeat(61), "telemetry"));
    }
}
