use syn::{Error, LitStr, Result};

/// How the words of a name are joined, under serde's names for these cases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Case {
    Lower,
    Upper,
    Pascal,
    Camel,
    Snake,
    ScreamingSnake,
    Kebab,
    ScreamingKebab,
}

impl Case {
    const ALL: [(&'static str, Self); 8] = [
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("PascalCase", Self::Pascal),
        ("camelCase", Self::Camel),
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
    ];

    pub(crate) fn parse(text: &LitStr) -> Result<Self> {
        let found = Self::ALL.iter().find(|(name, _)| *name == text.value());
        found.map(|(_, case)| *case).ok_or_else(|| {
            let allowed: Vec<_> = Self::ALL.iter().map(|(name, _)| format!("{name:?}")).collect();
            Error::new(
                text.span(),
                format!("unknown case {:?}: expected one of {}", text.value(), allowed.join(", ")),
            )
        })
    }

    /// Converts the name of a field or variant to this case.
    pub(crate) fn apply(self, name: &str) -> String {
        let words = words(name);
        let joined = |separator: &str| words.join(separator);
        match self {
            Self::Lower => joined(""),
            Self::Upper => joined("").to_uppercase(),
            Self::Pascal => words.iter().map(|word| capitalised(word)).collect(),
            Self::Camel => {
                let mut words = words.iter();
                let head = words.next().cloned().unwrap_or_default();
                words.fold(head, |name, word| name + &capitalised(word))
            }
            Self::Snake => joined("_"),
            Self::ScreamingSnake => joined("_").to_uppercase(),
            Self::Kebab => joined("-"),
            Self::ScreamingKebab => joined("-").to_uppercase(),
        }
    }
}

/// Splits a `snake_case` or `PascalCase` name into words, in lower case; each upper-case letter begins one.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    for c in name.chars() {
        if (c == '_' || c.is_uppercase()) && words.last().is_some_and(|word| !word.is_empty()) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| c != '_') {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

fn capitalised(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |head| head.to_uppercase().chain(chars).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_fields_and_variants_come_out_in_each_case() {
        let spellings = [
            (Case::Lower, "creditcard"),
            (Case::Upper, "CREDITCARD"),
            (Case::Pascal, "CreditCard"),
            (Case::Camel, "creditCard"),
            (Case::Snake, "credit_card"),
            (Case::ScreamingSnake, "CREDIT_CARD"),
            (Case::Kebab, "credit-card"),
            (Case::ScreamingKebab, "CREDIT-CARD"),
        ];
        for (case, spelling) in spellings {
            assert_eq!(case.apply("CreditCard"), spelling);
            assert_eq!(case.apply("credit_card"), spelling);
        }
        assert_eq!(Case::Snake.apply("Ok"), "ok");
    }

    #[test]
    fn an_unknown_case_is_refused_with_those_there_are() {
        let text = LitStr::new("Snake", proc_macro2::Span::call_site());
        let message = Case::parse(&text).unwrap_err().to_string();
        assert!(message.starts_with("unknown case \"Snake\": expected one of \"lowercase\""), "{message}");
    }
}
