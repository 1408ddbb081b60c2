//! Reading and writing of the few DER forms that are handled byte by byte here.
//!
//! Strict: definite lengths in their shortest form. It never allocates while reading.

pub(crate) const TAG_INTEGER: u8 = 0x02;
pub(crate) const TAG_BIT_STRING: u8 = 0x03;
pub(crate) const TAG_SEQUENCE: u8 = 0x30;

/// What is left of an input.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// One element: its content, and the whole of it with tag and length.
pub(crate) struct Element<'a> {
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(input: &'a [u8]) -> Self {
        Self { rest: input }
    }

    /// The next element, if it has this tag and is complete.
    pub(crate) fn element(&mut self, tag: u8) -> Option<Element<'a>> {
        let input = self.rest;
        let (&found, after_tag) = input.split_first()?;
        if found != tag {
            return None;
        }
        let (length, after_length) = length(after_tag)?;
        let content = after_length.get(..length)?;
        self.rest = after_length.get(length..)?;
        let whole = input.get(..input.len() - self.rest.len())?;
        Some(Element { content, whole })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }
}

fn length(input: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = input.split_first()?;
    if first < 0x80 {
        return Some((usize::from(first), rest));
    }
    let count = usize::from(first & 0x7f);
    if count == 0 || count > 4 {
        return None;
    }
    let (bytes, rest) = rest.split_at_checked(count)?;
    let value = bytes
        .iter()
        .fold(0_usize, |value, &byte| (value << 8) | usize::from(byte));
    let shortest = value >= 0x80 && bytes.first() != Some(&0);
    shortest.then_some((value, rest))
}

/// Appends an element.
pub(crate) fn write_element(output: &mut Vec<u8>, tag: u8, content: &[u8]) {
    output.push(tag);
    write_length(output, content.len());
    output.extend_from_slice(content);
}

/// Appends an integer given as big-endian magnitude without leading zeros.
pub(crate) fn write_positive_integer(output: &mut Vec<u8>, magnitude: &[u8]) {
    let padded = magnitude.first().is_none_or(|first| *first >= 0x80);
    output.push(TAG_INTEGER);
    write_length(output, magnitude.len() + usize::from(padded));
    if padded {
        output.push(0);
    }
    output.extend_from_slice(magnitude);
}

fn write_length(output: &mut Vec<u8>, length: usize) {
    let bytes = length.to_be_bytes();
    let significant = bytes
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(bytes.len() - 1);
    let digits = bytes.get(significant..).unwrap_or_default();
    if length >= 0x80 {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a usize has at most 8 digits"
        )]
        output.push(0x80 | digits.len() as u8);
    }
    output.extend_from_slice(digits);
}
