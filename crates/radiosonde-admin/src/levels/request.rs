use std::time::Duration;

use http::StatusCode;
use http::header::{CONNECTION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap};
use radiosonde_core::decode_percent;
use serde_json::Value;

use crate::answering::refusal::Refusal;

/// The largest body of a request.
pub(crate) const MAX_BYTES: usize = 8192;

/// The media type of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum MediaType {
    /// The directives alone.
    Text,
    Json,
}

/// How long a change lasts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ttl {
    For(Duration),
    /// Without an end.
    Permanent,
}

/// A change as requested; its filter is not parsed yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) filter: String,
    pub(crate) ttl: Option<Ttl>,
    pub(crate) by: Option<String>,
}

impl MediaType {
    /// By the content type; default: text.
    pub(crate) fn of(headers: &HeaderMap) -> Result<Self, Refusal> {
        let Some(value) = headers.get(CONTENT_TYPE) else { return Ok(Self::Text) };
        let value = value.to_str().unwrap_or_default();
        let essence = value.split_once(';').map_or(value, |(essence, _)| essence).trim();
        match () {
            () if essence.eq_ignore_ascii_case("text/plain") => Ok(Self::Text),
            () if essence.eq_ignore_ascii_case("application/json") => Ok(Self::Json),
            () => Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "invalid content type: expected text/plain or application/json",
            )),
        }
    }
}

pub(crate) fn too_large() -> Refusal {
    let reason = format!("the body is too large: expected at most {MAX_BYTES} bytes");
    // The rest of the body is not read.
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, reason).header(CONNECTION, "close")
}

/// Refuses a body whose `Content-Length` is too large, before any of it is read.
pub(crate) fn check_length(headers: &HeaderMap) -> Result<(), Refusal> {
    let length = headers.get(CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
    if length.is_some_and(|length| length > MAX_BYTES as u64) { Err(too_large()) } else { Ok(()) }
}

impl Change {
    /// The parameters of the query.
    pub(crate) fn from_query(query: Option<&str>) -> Result<Self, Refusal> {
        let mut change = Self::default();
        for pair in query.unwrap_or_default().split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(value) = decode_percent(value) else {
                return Err(Refusal::bad_request("the query is not percent-encoded UTF-8"));
            };
            match key {
                "ttl" => change.ttl = Some(ttl(&value)?),
                "by" => change.by = Some(value),
                _ => return Err(refuse("query parameter", key, "ttl or by")),
            }
        }
        Ok(change)
    }

    /// Adds the body; the query wins.
    pub(crate) fn read(mut self, media_type: MediaType, body: &[u8]) -> Result<Self, Refusal> {
        let Ok(text) = std::str::from_utf8(body) else {
            return Err(Refusal::bad_request("the body is not UTF-8"));
        };
        match media_type {
            MediaType::Text => text.trim().clone_into(&mut self.filter),
            MediaType::Json => self.read_json(text)?,
        }
        if self.filter.is_empty() {
            return Err(Refusal::bad_request(
                "the filter is missing: expected directives such as info,orders=debug",
            ));
        }
        Ok(self)
    }

    fn read_json(&mut self, text: &str) -> Result<(), Refusal> {
        let object = match serde_json::from_str(text) {
            Ok(Value::Object(object)) => object,
            Ok(_) => return Err(Refusal::bad_request("the body is not a JSON object")),
            Err(error) => return Err(Refusal::bad_request(format!("the body is not JSON: {error}"))),
        };
        if object.get("permanent") == Some(&Value::Bool(true)) && object.contains_key("ttl_s") {
            return Err(Refusal::bad_request("both permanent and ttl_s are given: expected one of them"));
        }
        for (key, value) in object {
            match (&*key, value) {
                ("filter", Value::String(filter)) => filter.trim().clone_into(&mut self.filter),
                ("by", Value::String(by)) => self.by = self.by.take().or(Some(by)),
                ("permanent", Value::Bool(false)) => {}
                ("permanent", Value::Bool(true)) => self.ttl = self.ttl.or(Some(Ttl::Permanent)),
                ("ttl_s", Value::Number(seconds)) => {
                    let Some(seconds) = seconds.as_u64() else {
                        return Err(refuse("value of", "ttl_s", "whole seconds from 1"));
                    };
                    self.ttl = self.ttl.or(Some(Ttl::For(Duration::from_secs(seconds))));
                }
                ("filter" | "by", _) => return Err(refuse("value of", &key, "a string")),
                ("permanent", _) => return Err(refuse("value of", &key, "true or false")),
                ("ttl_s", _) => return Err(refuse("value of", &key, "whole seconds from 1")),
                _ => return Err(refuse("key", &key, "filter, ttl_s, permanent or by")),
            }
        }
        Ok(())
    }
}

fn refuse(what: &str, name: &str, expected: &str) -> Refusal {
    Refusal::bad_request(format!("invalid {what} {name:?}: expected {expected}"))
}

/// `90`, `90s`, `10m`, `2h`, `1d`, or `permanent`.
fn ttl(text: &str) -> Result<Ttl, Refusal> {
    const UNITS: [(&str, u64); 4] = [("s", 1), ("m", 60), ("h", 3600), ("d", 86_400)];
    if text == "permanent" {
        return Ok(Ttl::Permanent);
    }
    let unit = UNITS.iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, *seconds)));
    let (number, unit) = unit.unwrap_or((text, 1));
    // A sign would parse, too.
    let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    let seconds =
        number.parse::<u64>().ok().filter(|_| is_number).and_then(|number| number.checked_mul(unit));
    match seconds {
        Some(seconds) => Ok(Ttl::For(Duration::from_secs(seconds))),
        None => Err(refuse("ttl", text, "90, 90s, 10m, 2h, 1d or permanent")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn change(query: &str, media_type: MediaType, body: &str) -> Result<Change, String> {
        let read =
            Change::from_query(Some(query)).and_then(|change| change.read(media_type, body.as_bytes()));
        read.map_err(|refusal| refusal.reason().to_owned())
    }

    fn seconds(seconds: u64) -> Option<Ttl> {
        Some(Ttl::For(Duration::from_secs(seconds)))
    }

    #[test]
    fn times_to_live_are_read() {
        let cases = [
            ("ttl=90", seconds(90)),
            ("ttl=90s", seconds(90)),
            ("ttl=10m", seconds(600)),
            ("by=x&ttl=2h", seconds(7200)),
            ("ttl=1d&", seconds(86_400)),
            ("ttl=permanent", Some(Ttl::Permanent)),
            ("", None),
        ];
        for (query, ttl) in cases {
            assert_eq!(change(query, MediaType::Text, "info").unwrap().ttl, ttl, "{query}");
        }
        for query in [
            "ttl=",
            "ttl=m",
            "ttl=-1",
            "ttl=+1",
            "ttl=1w",
            "ttl=1.5h",
            "ttl=99999999999999999999",
            "ttl=999999999999999999d",
        ] {
            let error = change(query, MediaType::Text, "info").unwrap_err();
            assert!(error.starts_with("invalid ttl ") && error.contains("10m"), "{query}: {error}");
        }
    }

    #[test]
    fn a_change_is_text_or_an_object() {
        let expected =
            Change { filter: "info,orders=debug".to_owned(), ttl: seconds(60), by: Some("ann b".to_owned()) };
        assert_eq!(change("ttl=60&by=ann%20b", MediaType::Text, " info,orders=debug\n"), Ok(expected));
        let body = r#"{"filter":"info","ttl_s":60,"by":"ann"}"#;
        let expected = Change { filter: "info".to_owned(), ttl: seconds(60), by: Some("ann".to_owned()) };
        assert_eq!(change("", MediaType::Json, body), Ok(expected));
        let expected = Change { filter: "info".to_owned(), ttl: seconds(5), by: Some("bob".to_owned()) };
        assert_eq!(change("ttl=5&by=bob", MediaType::Json, body), Ok(expected), "the query comes first");
        let permanent = change("", MediaType::Json, r#"{"filter":"info","permanent":true}"#).unwrap();
        assert_eq!(permanent.ttl, Some(Ttl::Permanent));
        let passing =
            change("", MediaType::Json, r#"{"filter":"info","permanent":false,"ttl_s":60}"#).unwrap();
        assert_eq!(passing.ttl, seconds(60));
    }

    #[test]
    fn what_cannot_be_understood_is_named() {
        let cases = [
            ("", MediaType::Text, " \n", "filter is missing"),
            ("", MediaType::Json, "{}", "filter is missing"),
            ("", MediaType::Json, "[]", "not a JSON object"),
            ("", MediaType::Json, "{", "not JSON: "),
            ("", MediaType::Json, r#"{"filter":7}"#, "\"filter\""),
            ("", MediaType::Json, r#"{"filter":"info","ttl_s":-1}"#, "\"ttl_s\""),
            ("", MediaType::Json, r#"{"filter":"info","ttl_s":1.5}"#, "\"ttl_s\""),
            ("", MediaType::Json, r#"{"filter":"info","ttl_s":"1"}"#, "\"ttl_s\""),
            ("", MediaType::Json, r#"{"filter":"info","permanent":1}"#, "\"permanent\""),
            (
                "",
                MediaType::Json,
                r#"{"filter":"info","permanent":true,"ttl_s":60}"#,
                "both permanent and ttl_s",
            ),
            ("", MediaType::Json, r#"{"filter":"info","tll_s":1}"#, "\"tll_s\""),
            ("tll=1m", MediaType::Text, "info", "\"tll\""),
            ("by=%ff", MediaType::Text, "info", "percent-encoded"),
        ];
        for (query, media_type, body, named) in cases {
            let error = change(query, media_type, body).unwrap_err();
            assert!(error.contains(named), "{query} {body}: {error}");
        }
    }
}
