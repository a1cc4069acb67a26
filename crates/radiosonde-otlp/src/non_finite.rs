/// The text in whose place a float that is no number is sent: ProtoJSON's spelling, <https://protobuf.dev/programming-guides/json/>.
///
/// OTLP has such floats, JSON has none: one of them makes Jaeger 2.13 answer 500 for its trace, and for every search of its service.
pub(crate) const fn non_finite_text(number: f64) -> Option<&'static str> {
    if number.is_finite() {
        None
    } else if number.is_nan() {
        Some("NaN")
    } else if number > 0.0 {
        Some("Infinity")
    } else {
        Some("-Infinity")
    }
}
