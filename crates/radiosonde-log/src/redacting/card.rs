//! Detects numbers of payment cards.

use crate::redacting::neighbour::word_begins;

/// The smallest and largest number of digits of a card.
const DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

/// The prefixes of card networks (from, to, number of digits of the prefix) and their lengths.
///
/// Source: the networks' own ranges, as listed in <https://en.wikipedia.org/wiki/Payment_card_number>. Maestro has only
/// those of its ranges that are in use and not another network's.
const NETWORKS: [(u32, u32, u32, std::ops::RangeInclusive<usize>); 15] = [
    (1, 4, 4, 13..=13),
    (1, 4, 4, 16..=16),
    (1, 4, 4, 19..=19),
    (2, 34, 34, 15..=15),
    (2, 36, 36, 14..=19),
    (2, 37, 37, 15..=15),
    (2, 38, 39, 14..=19),
    (2, 51, 55, 16..=16),
    (2, 62, 62, 16..=19),
    (2, 65, 65, 16..=19),
    (3, 300, 305, 14..=19),
    (3, 644, 649, 16..=19),
    (4, 2200, 2204, 16..=19),
    (4, 2221, 2720, 16..=16),
    (4, 3528, 3589, 16..=19),
];

/// Further single prefixes.
const SINGLE: [u32; 9] = [3095, 5018, 5020, 5038, 5893, 6011, 6304, 6759, 6761];

/// The end of the card number that starts here, with optional single spaces or dashes between its digits.
///
/// # Cost
/// Reads at most 19 digits and the bytes between and after them.
pub(crate) fn end(text: &[u8]) -> Option<usize> {
    let mut digits = [0; *DIGITS.end()];
    let mut count = 0;
    let mut at = 0;
    let mut separator = None;
    let mut found = None;
    loop {
        while let Some(digit) = text.get(at).filter(|byte| byte.is_ascii_digit()) {
            // Too many digits: the whole group that contains them is excluded.
            let Some(place) = digits.get_mut(count) else { return found };
            *place = digit - b'0';
            count += 1;
            at += 1;
        }
        if !goes_on(&text[at..]) && is_card(&digits[..count]) {
            found = Some(at);
        }
        let between = text.get(at).copied().filter(|byte| matches!(byte, b' ' | b'-'));
        let is_alike = between.is_some() && separator.is_none_or(|separator| Some(separator) == between);
        if !is_alike || !text.get(at + 1).is_some_and(u8::is_ascii_digit) {
            return found;
        }
        separator = between;
        at += 1;
    }
}

/// Whether digits that end here are part of a word or of a decimal number.
fn goes_on(rest: &[u8]) -> bool {
    match rest {
        [b'.', next, ..] => next.is_ascii_digit(),
        rest => word_begins(rest),
    }
}

fn is_card(digits: &[u8]) -> bool {
    DIGITS.contains(&digits.len()) && is_of_a_network(digits) && has_right_check_digit(digits)
}

fn is_of_a_network(digits: &[u8]) -> bool {
    let first = |count: u32| {
        digits.iter().take(count as usize).fold(0, |number, digit| number * 10 + u32::from(*digit))
    };
    let is_in = |(count, from, to, lengths): &(u32, u32, u32, std::ops::RangeInclusive<usize>)| {
        (*from..=*to).contains(&first(*count)) && lengths.contains(&digits.len())
    };
    NETWORKS.iter().any(is_in) || SINGLE.contains(&first(4))
}

/// Source: ISO/IEC 7812-1, annex B.
fn has_right_check_digit(digits: &[u8]) -> bool {
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(at, digit)| match (at % 2, u32::from(*digit)) {
            (0, digit) => digit,
            (_, digit @ 0..=4) => digit * 2,
            (_, digit) => digit * 2 - 9,
        })
        .sum();
    sum.is_multiple_of(10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_the_networks_publish_for_tests_are_cards() {
        let cards = [
            "4111111111111111",
            "4242 4242 4242 4242",
            "4012-8888-8888-1881",
            "4222222222222",
            "5555555555554444",
            "2223003122003222",
            "378282246310005",
            "3782 822463 10005",
            "6011111111111117",
            "30569309025904",
            "3530111333300000",
            "6200000000000005",
            "6304000000000000",
            "4000000000000000006",
        ];
        for card in cards {
            assert_eq!(end(card.as_bytes()), Some(card.len()), "{card}");
            let followed = format!("{card}, or");
            assert_eq!(end(followed.as_bytes()), Some(card.len()), "{card}");
        }
    }

    #[test]
    fn other_numbers_are_not() {
        let numbers = [
            // A wrong check digit, another network, a wrong length.
            "4111111111111112",
            "9111111111111111",
            "1732177933123456",
            "1732177933123456789",
            "411111111111111",
            "41111111111111111111",
            // Part of something else.
            "4111111111111111a",
            "4111111111111111_",
            "4111111111111111.5",
            "4111  1111 1111 1111",
            "4111-1111 1111-1111",
            "4",
            "",
        ];
        for number in numbers {
            assert_eq!(end(number.as_bytes()), None, "{number}");
        }
    }

    #[test]
    fn one_wrong_digit_is_always_found_out() {
        let card = *b"4242424242424242";
        for at in 1..card.len() {
            for digit in b'0'..=b'9' {
                let mut other = card;
                other[at] = digit;
                assert_eq!(end(&other).is_some(), other == card);
            }
        }
    }
}
