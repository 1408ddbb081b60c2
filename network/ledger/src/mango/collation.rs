//! The order of JSON values: null, false, true, numbers, strings, arrays, objects; strings as in
//! the Unicode collation of no particular language, which CouchDB takes from ICU.
//! (CouchDB: src/couch/priv/couch_ejson_compare)

use std::cmp::Ordering;

use super::json::{Json, Object};

/// ASCII but letters and digits, from smallest to largest; a digit follows all of them, a letter
/// all digits. Control characters that are not here count for nothing.
const SYMBOLS: &str = "\t\n\u{b}\u{c}\r _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$";
/// Letters of Latin-1 with a mark, each before its plain letter and the rank of its mark.
const MARKED: &str = "ÁÀÂÅÄÃÇÉÈÊËÍÌÎÏÑÓÒÔÖÕÚÙÛÜÝáàâåäãçéèêëíìîïñóòôöõúùûüýÿ";
const UNMARKED: &str = "AAAAAACEEEEIIIINOOOOOUUUUYaaaaaaceeeeiiiinooooouuuuyy";
/// Acute, grave, circumflex, ring, diaeresis, tilde, cedilla: 1 to 7.
const MARKS: &[u8] = b"12345671235123561235612351123456712351235612356123515";
/// Weight of `0`; `a` follows `9`.
const DIGIT: u32 = 100;
const LETTER: u32 = 110;
/// What is not in a table follows all that is.
const OTHER: u32 = 1000;

/// Compares two values.
pub(super) fn compare(left: &Json, right: &Json) -> Ordering {
    match (left, right) {
        (Json::Bool(left), Json::Bool(right)) => left.cmp(right),
        (Json::Number(left), Json::Number(right)) => left
            .value
            .partial_cmp(&right.value)
            .unwrap_or(Ordering::Equal),
        (Json::String(left), Json::String(right)) => compare_text(left, right),
        (Json::Array(left), Json::Array(right)) => compare_all(left, right),
        (Json::Object(left), Json::Object(right)) => compare_objects(left, right),
        _ => rank(left).cmp(&rank(right)),
    }
}

fn rank(value: &Json) -> u8 {
    match value {
        Json::Null => 0,
        Json::Bool(_) => 1,
        Json::Number(_) => 2,
        Json::String(_) => 3,
        Json::Array(_) => 4,
        Json::Object(_) => 5,
    }
}

/// Item by item; of two of which one continues the other, the shorter is smaller.
fn compare_all(left: &[Json], right: &[Json]) -> Ordering {
    let items = left.iter().zip(right);
    items
        .map(|(left, right)| compare(left, right))
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
}

/// Member by member, the name before the value.
fn compare_objects(left: &Object, right: &Object) -> Ordering {
    let members = left.iter().zip(right);
    members
        .map(|((left_name, left), (right_name, right))| {
            compare_text(left_name, right_name).then_with(|| compare(left, right))
        })
        .find(|order| order.is_ne())
        .unwrap_or_else(|| left.len().cmp(&right.len()))
}

/// Letters first, whatever their marks and case; then marks; then case, small letters first.
pub(super) fn compare_text(left: &str, right: &str) -> Ordering {
    if left == right {
        return Ordering::Equal;
    }
    let (left, right) = (weights(left), weights(right));
    let letters = left.clone().map(|weight| weight.letter);
    letters
        .cmp(right.clone().map(|weight| weight.letter))
        .then_with(|| {
            let marks = left.clone().map(|weight| weight.mark);
            marks.cmp(right.clone().map(|weight| weight.mark))
        })
        .then_with(|| {
            let cases = left.clone().map(|weight| weight.is_capital);
            cases.cmp(right.clone().map(|weight| weight.is_capital))
        })
}

struct Weight {
    letter: u32,
    mark: u8,
    is_capital: bool,
}

fn weights(text: &str) -> impl Iterator<Item = Weight> + Clone {
    text.chars().filter_map(weight)
}

/// `None` for a character that counts for nothing.
fn weight(character: char) -> Option<Weight> {
    let (plain, mark) = unmarked(character);
    let letter = match plain {
        'a'..='z' => LETTER + u32::from(plain) - u32::from('a'),
        'A'..='Z' => LETTER + u32::from(plain) - u32::from('A'),
        '0'..='9' => DIGIT + u32::from(plain) - u32::from('0'),
        _ if plain.is_ascii() => {
            let position = SYMBOLS.chars().position(|symbol| symbol == plain)?;
            u32::try_from(position).ok()?
        }
        other => OTHER + u32::from(other),
    };
    Some(Weight {
        letter,
        mark,
        is_capital: plain.is_ascii_uppercase(),
    })
}

fn unmarked(character: char) -> (char, u8) {
    if character.is_ascii() {
        return (character, 0);
    }
    let mut table = MARKED.chars().zip(UNMARKED.chars()).zip(MARKS);
    let found = table.find(|((marked, _), _)| *marked == character);
    found.map_or((character, 0), |((_, plain), mark)| (plain, *mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Sorted by Perl's Unicode::Collate 1.31 with `variable => "non-ignorable"`, which is ICU's
    /// order of no particular language.
    const SORTED: &str = " _-,;:!?.'\"()[]{}@*/\\&#%`^+<=>|~$0123456789aAbBcCdDeEfFgGhHiIjJkKlLmMnNoOpPqQrRsStTuUvVwWxXyYzZ";

    #[test]
    fn ascii_is_in_the_order_of_unicode() {
        let mut characters: Vec<String> = (' '..='~').map(String::from).collect();
        characters.sort_by(|left, right| compare_text(left, right));
        assert_eq!(characters.concat(), SORTED);
    }

    #[test]
    fn tables_of_marked_letters_are_of_one_length() {
        let length = MARKED.chars().count();
        assert_eq!(UNMARKED.chars().count(), length);
        assert_eq!(MARKS.len(), length);
    }

    #[test]
    fn letters_count_before_marks_and_marks_before_case() {
        let sorted = ["cote", "Cote", "coté", "côte", "Côte", "côté", "coter"];
        for pair in sorted.windows(2) {
            assert!(compare_text(pair[0], pair[1]).is_lt(), "{pair:?}");
        }
    }

    #[test]
    fn control_characters_count_for_nothing() {
        assert!(compare_text("a\u{0}b", "ab").is_eq());
    }
}
