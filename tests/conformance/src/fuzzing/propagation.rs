use radiosonde_trace::{Baggage, Propagators, TraceState, Traceparent};

/// Reads headers in every format. The first line lists formats; each other line is a name, a colon, and a value.
///
/// A context that is read is written so that it reads back; trace state and baggage stay within their limits and read back.
///
/// # Panics
/// If that does not hold.
pub fn propagation(bytes: &[u8]) {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let formats = String::from_utf8_lossy(lines.next().unwrap_or_default());
    let formats: Propagators = formats.parse().unwrap_or_default();
    let headers: Vec<(String, Vec<u8>)> = lines.filter_map(pair).collect();
    for (_, value) in &headers {
        check_value(value);
    }
    let Ok(Some(read)) = formats.try_extract(&headers) else { return };
    let baggage = read.baggage();
    assert!(baggage.as_str().len() <= Baggage::MAX_BYTES && baggage.iter().count() <= Baggage::MAX_MEMBERS);
    assert!(read.trace_state().as_str().len() <= TraceState::MAX_BYTES);

    // Over the headers that were read: nothing of them may be left beside the new ones.
    let mut written = headers;
    formats.inject(&read, &mut written);
    let again = formats.extract(&written);
    let (before, after) = (read.context(), again.as_ref().map(|again| again.context()));
    assert_eq!(after.map(|context| context.trace_id()), Some(before.trace_id()));
    assert_eq!(after.map(|context| context.span_id()), Some(before.span_id()));
    assert_eq!(after.map(|context| context.is_sampled()), Some(before.is_sampled()));
    assert_eq!(again.as_ref().map(|again| again.baggage()), Some(baggage));
}

fn pair(line: &[u8]) -> Option<(String, Vec<u8>)> {
    let colon = line.iter().position(|&byte| byte == b':')?;
    let name = String::from_utf8_lossy(line.get(..colon)?).into_owned();
    Some((name, line.get(colon + 1..)?.to_vec()))
}

fn check_value(value: &[u8]) {
    if let Ok(parent) = Traceparent::from_bytes(value) {
        assert_eq!(Traceparent::from_bytes(&parent.to_bytes()), Ok(parent));
    }
    if let Some(Ok(state)) = std::str::from_utf8(value).ok().map(str::parse::<TraceState>) {
        assert_eq!(state.as_str().parse(), Ok(state.clone()));
        let changed = state.with("radiosonde", "1");
        assert!(changed.is_ok_and(|changed| changed.as_str().starts_with("radiosonde=1")));
    }
}
