use radiosonde_core::Level;
use radiosonde_log::Line;

/// The longest field name that the journal accepts.
const NAME_BYTES: usize = 64;
/// Prefix for names that the journal or this sink reserves.
const PREFIX: &[u8] = b"F_";
/// Field names that the journal or this sink reserves.
const TAKEN: [&[u8]; 13] = [
    b"DOCUMENTATION",
    b"INVOCATION_ID",
    b"MESSAGE",
    b"MESSAGE_ID",
    b"MODULE",
    b"PRIORITY",
    b"SERVICE",
    b"SPAN_ID",
    b"TID",
    b"TRACE_ID",
    b"UNIT",
    b"USER_INVOCATION_ID",
    b"USER_UNIT",
];
/// Prefixes of reserved names.
const TAKEN_BEGINNINGS: [&[u8]; 4] = [b"CODE_", b"COREDUMP_", b"OBJECT_", b"SYSLOG_"];

/// Appends a line in the journal's native format.
///
/// # Source
/// "Native Journal Protocol": <https://systemd.io/JOURNAL_NATIVE_PROTOCOL/>, and systemd.journal-fields(7).
pub(crate) fn push_entry(out: &mut Vec<u8>, line: &Line<'_>, identifier: &str) {
    push_field(out, b"PRIORITY", priority(line.level()));
    push_field(out, b"SYSLOG_IDENTIFIER", identifier);
    // `journalctl` shows MESSAGE alone, so an event without one is shown whole.
    let message = if line.message().is_empty() { line.json() } else { line.message() };
    push_field(out, b"MESSAGE", message);
    for (name, value) in [(&b"SERVICE"[..], line.service()), (b"MODULE", line.target())] {
        if !value.is_empty() {
            push_field(out, name, value);
        }
    }
    if let Some(context) = line.context() {
        let (trace, span) = (context.trace_id().to_hex(), context.span_id().to_hex());
        for (name, digits) in [(&b"TRACE_ID"[..], &trace[..]), (b"SPAN_ID", &span[..])] {
            push_field(out, name, std::str::from_utf8(digits).unwrap_or_default());
        }
    }
    for (name, value) in line.attributes() {
        let mut buffer = [0; NAME_BYTES];
        let name = field_name(&name, &mut buffer);
        push_field(out, name, &value.text());
    }
}

/// The severities of RFC 5424.
const fn priority(level: Level) -> &'static str {
    match level {
        Level::Trace | Level::Debug => "7",
        Level::Info => "6",
        Level::Warn => "4",
        Level::Error => "3",
        Level::Fatal => "2",
    }
}

fn push_field(out: &mut Vec<u8>, name: &[u8], value: &str) {
    out.extend_from_slice(name);
    if value.contains('\n') {
        out.push(b'\n');
        out.extend_from_slice(&(value.len() as u64).to_le_bytes());
    } else {
        out.push(b'=');
    }
    out.extend_from_slice(value.as_bytes());
    out.push(b'\n');
}

/// A name that the journal accepts: upper-case letters, digits and underscores, starting with a letter, at most 64 bytes.
fn field_name<'a>(name: &str, buffer: &'a mut [u8; NAME_BYTES]) -> &'a [u8] {
    let fill = |buffer: &mut [u8]| {
        let mut length = 0;
        for (place, byte) in buffer.iter_mut().zip(name.bytes()) {
            *place = if byte.is_ascii_alphanumeric() { byte.to_ascii_uppercase() } else { b'_' };
            length += 1;
        }
        length
    };
    let length = fill(buffer);
    let given = &buffer[..length];
    let is_fit = given.first().is_some_and(u8::is_ascii_uppercase)
        && !TAKEN.contains(&given)
        && !TAKEN_BEGINNINGS.iter().any(|beginning| given.starts_with(beginning));
    if is_fit {
        return &buffer[..length];
    }
    let (prefix, rest) = buffer.split_at_mut(PREFIX.len());
    prefix.copy_from_slice(PREFIX);
    let length = PREFIX.len() + fill(rest);
    &buffer[..length]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_what_the_journal_allows() {
        let long = "a".repeat(70);
        for (name, expected) in [
            ("tenant", "TENANT"),
            ("http.route", "HTTP_ROUTE"),
            ("x-id 2", "X_ID_2"),
            ("_pid", "F__PID"),
            ("2nd", "F_2ND"),
            ("", "F_"),
            ("größe", "GR____E"),
            ("message", "F_MESSAGE"),
            ("messages", "MESSAGES"),
            ("Priority", "F_PRIORITY"),
            ("syslog.facility", "F_SYSLOG_FACILITY"),
            ("trace_id", "F_TRACE_ID"),
            (long.as_str(), &long.to_ascii_uppercase()[..64]),
            (&format!("_{long}"), &format!("F__{}", "A".repeat(61))),
        ] {
            assert_eq!(field_name(name, &mut [0; NAME_BYTES]), expected.as_bytes(), "{name}");
        }
    }

    #[test]
    fn a_value_of_several_lines_is_preceded_by_its_length() {
        let mut out = Vec::new();
        push_field(&mut out, b"A", "b=c\r");
        push_field(&mut out, b"D", "e\nPRIORITY=0");
        assert_eq!(out, b"A=b=c\r\nD\n\x0c\0\0\0\0\0\0\0e\nPRIORITY=0\n");
    }
}
