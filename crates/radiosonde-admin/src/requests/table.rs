use std::fmt::Write as _;
use std::time::Duration;

use crate::requests::live_request::{LiveRequest, LiveRequests};

/// The most characters of a column.
const WIDEST: usize = 60;
const HEADINGS: [&str; 7] = ["AGE", "METHOD", "ROUTE", "PATH", "TRACE", "REQUEST", "CURRENT SPAN"];

impl LiveRequests {
    /// For a terminal: a row for each request.
    pub(crate) fn to_table(&self) -> String {
        let rows: Vec<_> = self.requests.iter().map(LiveRequest::row).collect();
        let mut widths = HEADINGS.map(str::len);
        for row in &rows {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = cell.chars().count().max(*width);
            }
        }
        let mut text = String::new();
        put(&mut text, &HEADINGS.map(str::to_owned), &widths);
        rows.iter().for_each(|row| put(&mut text, row, &widths));
        // Writing to a `String` cannot fail.
        let noun = if self.total == 1 { "request" } else { "requests" };
        let _ = writeln!(text, "{} {noun} in flight, {} shown", self.total, rows.len());
        if !self.are_recorded {
            text.push_str("spans are not recorded: there is no sink for them\n");
        }
        text
    }
}

impl LiveRequest {
    fn row(&self) -> [String; 7] {
        let or_none = |text: Option<&str>| text.map_or_else(|| "-".to_owned(), cell);
        let current = self.current_span.as_ref();
        [
            seconds(self.age),
            cell(&self.method),
            cell(&self.route),
            or_none(self.path.as_deref()),
            self.trace_id.to_string(),
            or_none(self.request_id.as_deref()),
            current.map_or_else(|| "-".to_owned(), |(name, age)| format!("{} {}", cell(name), seconds(*age))),
        ]
    }
}

fn seconds(age: Duration) -> String {
    format!("{:.3}s", age.as_secs_f64())
}

/// A client chooses some of these texts: control characters do not reach the terminal.
fn cell(text: &str) -> String {
    let shown = text.chars().map(|char| if char.is_control() { '\u{fffd}' } else { char });
    let mut cell: String = shown.clone().take(WIDEST).collect();
    if shown.count() > WIDEST {
        cell.push('…');
    }
    cell
}

fn put(text: &mut String, row: &[String; 7], widths: &[usize; 7]) {
    let mut line = String::new();
    for (cell, width) in row.iter().zip(widths) {
        let _ = write!(line, "{cell:<width$}  ");
    }
    text.push_str(line.trim_end());
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use radiosonde_core::TraceId;

    use super::*;

    #[test]
    fn rows_are_aligned_and_hostile_texts_are_not_passed_on() {
        let request = |path: &str, age| LiveRequest {
            age: Duration::from_millis(age),
            method: "GET".to_owned(),
            route: "/orders/{id}".to_owned(),
            path: Some(path.to_owned()),
            trace_id: TraceId::from_bytes([1; 16]).unwrap(),
            request_id: None,
            current_span: Some(("SELECT orders".to_owned(), Duration::from_millis(2))),
        };
        let requests = vec![request("/orders/\u{1b}[2J", 1500), request(&"x".repeat(100), 3)];
        let table = LiveRequests { requests, total: 2, are_recorded: false }.to_table();
        let lines: Vec<_> = table.lines().collect();
        let trace = "01".repeat(16);
        let wide = "x".repeat(60) + "…";
        assert_eq!(
            lines[1],
            format!(
                "1.500s  GET     /orders/{{id}}  {:<61}  {trace}  -        SELECT orders 0.002s",
                "/orders/\u{fffd}[2J"
            )
        );
        assert_eq!(
            lines[2],
            format!("0.003s  GET     /orders/{{id}}  {wide}  {trace}  -        SELECT orders 0.002s")
        );
        assert_eq!(
            lines[3..],
            ["2 requests in flight, 2 shown", "spans are not recorded: there is no sink for them"]
        );
    }
}
