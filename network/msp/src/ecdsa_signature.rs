//! ECDSA signatures as Fabric wants them: two positive integers in DER, the second at most half
//! the order of the curve ("low S", `bccsp/utils/ecdsa.go`).
//!
//! Bytes after the two integers are ignored, because a Fabric peer ignores them too, and two
//! peers of one channel must agree on every signature.

use std::borrow::Cow;
use std::cmp::Ordering;

use bytes::Bytes;

use crate::der::{Reader, TAG_INTEGER, TAG_SEQUENCE, write_element, write_positive_integer};

/// A curve on which identities may have keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Curve {
    P256,
    P384,
    P521,
}

/// Number of points of P-256 (FIPS 186-4, D.1.2.3).
const ORDER_P256: [u8; 32] =
    from_hex("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551");
/// Number of points of P-384 (FIPS 186-4, D.1.2.4).
const ORDER_P384: [u8; 48] = from_hex(
    "ffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973",
);
/// Number of points of P-521 (FIPS 186-4, D.1.2.5).
const ORDER_P521: [u8; 66] = from_hex(
    "01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409",
);
const HALF_ORDER_P256: [u8; 32] = half(ORDER_P256);
const HALF_ORDER_P384: [u8; 48] = half(ORDER_P384);
const HALF_ORDER_P521: [u8; 66] = half(ORDER_P521);

impl Curve {
    fn order(self) -> &'static [u8] {
        match self {
            Self::P256 => &ORDER_P256,
            Self::P384 => &ORDER_P384,
            Self::P521 => &ORDER_P521,
        }
    }

    fn half_order(self) -> &'static [u8] {
        match self {
            Self::P256 => &HALF_ORDER_P256,
            Self::P384 => &HALF_ORDER_P384,
            Self::P521 => &HALF_ORDER_P521,
        }
    }
}

/// The signature that hardware modules return, two numbers of 32 (P-256) or 48 (P-384) bytes, as
/// Fabric wants it: low S, in DER. `None` if it is not one.
#[must_use]
pub fn low_s_signature(halves: &[u8]) -> Option<Bytes> {
    let curve = match halves.len() {
        64 => Curve::P256,
        96 => Curve::P384,
        _ => return None,
    };
    let signature = EcdsaSignature::from_halves(halves)?;
    Some(signature.into_low_s(curve).to_der().into())
}

/// The two integers, as big-endian magnitudes without leading zeros.
pub(crate) struct EcdsaSignature<'a> {
    r: &'a [u8],
    s: Cow<'a, [u8]>,
}

impl<'a> EcdsaSignature<'a> {
    /// Reads DER; `None` if it is not a sequence of two positive integers.
    pub(crate) fn from_der(signature: &'a [u8]) -> Option<Self> {
        let sequence = Reader::new(signature).element(TAG_SEQUENCE)?;
        let mut integers = Reader::new(sequence.content);
        let r = positive_magnitude(integers.element(TAG_INTEGER)?.content)?;
        let s = positive_magnitude(integers.element(TAG_INTEGER)?.content)?;
        Some(Self {
            r,
            s: Cow::Borrowed(s),
        })
    }

    /// Splits a signature of fixed length into its halves; `None` if one of them is zero.
    pub(crate) fn from_halves(signature: &'a [u8]) -> Option<Self> {
        let (r, s) = signature.split_at_checked(signature.len() / 2)?;
        let (r, s) = (trimmed(r), trimmed(s));
        let complete = !r.is_empty() && !s.is_empty();
        complete.then_some(Self {
            r,
            s: Cow::Borrowed(s),
        })
    }

    pub(crate) fn is_low_s(&self, curve: Curve) -> bool {
        compare(&self.s, curve.half_order()) != Ordering::Greater
    }

    /// The same signature with the smaller of the two S that verify. An S that is no number of
    /// the curve stays as it is and fails verification.
    pub(crate) fn into_low_s(self, curve: Curve) -> Self {
        if self.is_low_s(curve) || compare(&self.s, curve.order()) != Ordering::Less {
            return self;
        }
        let difference = subtract(curve.order(), &self.s);
        Self {
            r: self.r,
            s: Cow::Owned(trimmed(&difference).to_vec()),
        }
    }

    pub(crate) fn to_der(&self) -> Vec<u8> {
        let mut integers = Vec::with_capacity(self.r.len() + self.s.len() + 6);
        write_positive_integer(&mut integers, self.r);
        write_positive_integer(&mut integers, &self.s);
        let mut sequence = Vec::with_capacity(integers.len() + 3);
        write_element(&mut sequence, TAG_SEQUENCE, &integers);
        sequence
    }
}

fn positive_magnitude(content: &[u8]) -> Option<&[u8]> {
    match content {
        [0, rest @ ..] => rest
            .first()
            .is_some_and(|first| *first >= 0x80)
            .then_some(rest),
        [first, ..] => (*first < 0x80).then_some(content),
        [] => None,
    }
}

fn trimmed(number: &[u8]) -> &[u8] {
    let start = number
        .iter()
        .position(|byte| *byte != 0)
        .unwrap_or(number.len());
    number.get(start..).unwrap_or_default()
}

fn compare(left: &[u8], right: &[u8]) -> Ordering {
    let (left, right) = (trimmed(left), trimmed(right));
    left.len().cmp(&right.len()).then_with(|| left.cmp(right))
}

/// `larger - smaller`, in as many bytes as `larger` has.
fn subtract(larger: &[u8], smaller: &[u8]) -> Vec<u8> {
    let mut subtrahend = smaller.iter().rev();
    let mut borrow = false;
    let mut difference = larger.to_vec();
    for digit in difference.iter_mut().rev() {
        let (step, under) = digit.overflowing_sub(subtrahend.next().copied().unwrap_or(0));
        let (step, under_again) = step.overflowing_sub(u8::from(borrow));
        *digit = step;
        borrow = under || under_again;
    }
    difference
}

const fn half<const N: usize>(number: [u8; N]) -> [u8; N] {
    let mut halved = [0; N];
    let mut carry = 0;
    let mut position = 0;
    while position < N {
        halved[position] = (number[position] >> 1) | (carry << 7);
        carry = number[position] & 1;
        position += 1;
    }
    halved
}

const fn from_hex<const N: usize>(text: &str) -> [u8; N] {
    let digits = text.as_bytes();
    assert!(digits.len() == 2 * N);
    let mut bytes = [0; N];
    let mut position = 0;
    while position < N {
        bytes[position] = nibble(digits[2 * position]) << 4 | nibble(digits[2 * position + 1]);
        position += 1;
    }
    bytes
}

const fn nibble(digit: u8) -> u8 {
    if digit.is_ascii_digit() {
        digit - b'0'
    } else {
        digit - b'a' + 10
    }
}
