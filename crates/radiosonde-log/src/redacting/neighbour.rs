//! Classifies the characters next to a position in the contents of a rendered JSON string.

/// Whether the character that ends here is part of a word.
pub(crate) fn word_ends(before: &[u8]) -> bool {
    let few = before.get(before.len().saturating_sub(4)..).unwrap_or_default();
    few.utf8_chunks().last().and_then(|chunk| chunk.valid().chars().next_back()).is_some_and(is_of_word)
}

/// Whether the character that starts here is part of a word.
pub(crate) fn word_begins(rest: &[u8]) -> bool {
    let few = rest.get(..rest.len().min(4)).unwrap_or_default();
    few.utf8_chunks().next().and_then(|chunk| chunk.valid().chars().next()).is_some_and(is_of_word)
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// Whether an escape of the text itself ends here, as `Debug` or JSON writes it: its backslash is an escaped one in ours.
pub(crate) fn escape_ends(before: &[u8]) -> bool {
    match before {
        [.., b'\\', letter] if is_of_escape(*letter) => true,
        [.., b'\\', b'x', high, low] => high.is_ascii_hexdigit() && low.is_ascii_hexdigit(),
        [.., b'\\', b'u', a, b, c, d] => [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit),
        _ => false,
    }
}

/// Whether this letter after a backslash stands for a control character.
pub(crate) const fn is_of_escape(letter: u8) -> bool {
    matches!(letter, b'0' | b'b' | b'f' | b'n' | b'r' | b't')
}

/// The number of bytes of spaces and tabs here; a tab may also be an escape, or the escape of an escape.
pub(crate) fn spaces(text: &[u8]) -> usize {
    let mut at = 0;
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let backslashes = rest.iter().take_while(|byte| **byte == b'\\').count();
        at += match rest.get(backslashes) {
            Some(b' ') if backslashes == 0 => 1,
            Some(b't') if backslashes > 0 => backslashes + 1,
            _ => return at,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_of_letters_of_whatever_script() {
        for word in ["a", "7", "_", "ä", "→ä", "漢"] {
            assert!(word_ends(word.as_bytes()), "{word}");
        }
        for word in ["a", "7", "_", "ä→", "漢→"] {
            assert!(word_begins(word.as_bytes()), "{word}");
        }
        for other in ["", "“", "→", "🎈", " ", "-"] {
            assert!(!word_ends(other.as_bytes()) && !word_begins(other.as_bytes()), "{other}");
        }
        assert!(!word_ends("漢→".as_bytes()) && !word_begins("→漢".as_bytes()));
    }

    #[test]
    fn escapes_of_the_text_are_told_from_words() {
        for escape in [r"a\\n", r"\\t", r"\\0", r"\\x1b", r"a\\u001b"] {
            assert!(escape_ends(escape.as_bytes()), "{escape}");
        }
        for other in ["", "n", r"\\", r"\\nn", r"\\x1", r"\\xyz", r"\\s", r"\\u00g0"] {
            assert!(!escape_ends(other.as_bytes()), "{other}");
        }
        for (text, length) in [
            ("", 0),
            ("x", 0),
            ("  x", 2),
            (r"\tx", 2),
            (r" \\t x", 5),
            (r"\\\\tt", 5),
            (r"\n", 0),
            (r"\\", 0),
        ] {
            assert_eq!(spaces(text.as_bytes()), length, "{text}");
        }
    }
}
