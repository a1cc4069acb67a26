use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

use crate::Refusal;

/// Checks lines of JSON for any reader: UTF-8, each line one object that ends with a line feed, has at most `max_line_bytes`
/// with it and unique keys at every level, and contains no character that ends a line, moves a cursor or changes the
/// direction of text.
///
/// # Errors
/// [`Refusal`] with the first line that violates this.
pub fn json_lines(bytes: &[u8], max_line_bytes: usize) -> Result<Vec<Map<String, Value>>, Refusal> {
    let mut objects = Vec::new();
    for (at, line) in (1..).zip(bytes.split_inclusive(|&byte| byte == b'\n')) {
        let refuse = |why: String| Refusal::new(at, why);
        if line.len() > max_line_bytes {
            return Err(refuse(format!("{} bytes of at most {max_line_bytes}", line.len())));
        }
        let line = line.strip_suffix(b"\n").ok_or_else(|| refuse("no line feed".to_owned()))?;
        let line = str::from_utf8(line).map_err(|error| refuse(error.to_string()))?;
        if let Some(raw) = line.chars().find(|&character| is_unsafe(character)) {
            return Err(refuse(format!("{raw:?} as it is")));
        }
        match serde_json::from_str(line).map_err(|error| refuse(error.to_string()))? {
            Unique(Value::Object(object)) => objects.push(object),
            Unique(other) => return Err(refuse(format!("no object but {other}"))),
        }
    }
    Ok(objects)
}

/// Whether the character could mislead a terminal, a reader of lines or a person.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// JSON whose objects have unique keys, which `serde_json` itself does not check.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Reader).map(Unique)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Unique(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Value, A::Error> {
        let mut map = Map::new();
        while let Some((key, Unique(value))) = entries.next_entry::<String, _>()? {
            if map.contains_key(&key) {
                return Err(A::Error::custom(format!("key {key:?} twice")));
            }
            map.insert(key, value);
        }
        Ok(map.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_line_of_its_own_is_refused() {
        for (lines, at) in [
            ("{}\n{\"a\":{\"b\":1,\"b\":2}}\n", 2),
            ("{\"a\":1,\"\\u0061\":2}\n", 1),
            ("{}", 1),
            ("{} \n{}\n{\n", 3),
            ("[]\n", 1),
            ("{\"a\":\"\u{2028}\"}\n", 1),
            ("{\"a\":\"\u{202e}\"}\n", 1),
            ("{\"a\":\"\u{85}\"}\n", 1),
            ("{\"a\":1}\r\n", 1),
            ("{\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\":1}\n", 1),
        ] {
            assert_eq!(
                json_lines(lines.as_bytes(), 40).map_err(|refusal| refusal.line()),
                Err(at),
                "{lines:?}"
            );
        }
        assert!(json_lines(b"{\"a\":\"\xff\"}\n", 40).is_err());
    }

    #[test]
    fn lines_are_read_as_they_are() {
        let read =
            json_lines("{\"a\":[1,{\"b\":null}]}\n{\"a\":\"\\n\"}\n".as_bytes(), 40).unwrap_or_default();
        assert_eq!(read.len(), 2);
        assert_eq!(Value::from(read[0].clone()).to_string(), "{\"a\":[1,{\"b\":null}]}");
        assert_eq!(read[1]["a"], "\n");
    }
}
