//! Values as attributes of composite keys, so that keys sort as the values do.

use std::borrow::Cow;

/// What can be an attribute of a composite key. Derive it for a newtype around one.
///
/// Text sorts by its bytes; numbers are written with as many digits as their type can have, so that
/// they sort by size; negative ones come first.
pub trait KeyPart {
    /// The attribute.
    fn key_part(&self) -> Cow<'_, str>;

    /// Reads what [`KeyPart::key_part`] wrote; `None` where the text is no such thing.
    fn from_key_part(text: &str) -> Option<Self>
    where
        Self: Sized;
}

impl KeyPart for String {
    fn key_part(&self) -> Cow<'_, str> {
        Cow::Borrowed(self)
    }

    fn from_key_part(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl KeyPart for bool {
    fn key_part(&self) -> Cow<'_, str> {
        Cow::Borrowed(if *self { "1" } else { "0" })
    }

    fn from_key_part(text: &str) -> Option<Self> {
        match text {
            "0" => Some(false),
            "1" => Some(true),
            _ => None,
        }
    }
}

/// Implements [`KeyPart`] for unsigned numbers, with as many digits as the largest one has.
macro_rules! unsigned {
    ($($type:ty: $digits:literal),*) => {$(
        impl KeyPart for $type {
            fn key_part(&self) -> Cow<'_, str> {
                Cow::Owned(format!("{self:0digits$}", digits = $digits))
            }

            fn from_key_part(text: &str) -> Option<Self> {
                let digits = text.len() == $digits && text.bytes().all(|b| b.is_ascii_digit());
                text.parse().ok().filter(|_| digits)
            }
        }
    )*};
}

unsigned!(u8: 3, u16: 5, u32: 10, u64: 20, u128: 39);

/// Implements [`KeyPart`] for signed numbers: their distance from the smallest one.
macro_rules! signed {
    ($($type:ty: $unsigned:ty),*) => {$(
        impl KeyPart for $type {
            fn key_part(&self) -> Cow<'_, str> {
                let distance = self.abs_diff(<$type>::MIN);
                Cow::Owned(distance.key_part().into_owned())
            }

            fn from_key_part(text: &str) -> Option<Self> {
                let distance = <$unsigned>::from_key_part(text)?;
                <$type>::MIN.checked_add_unsigned(distance)
            }
        }
    )*};
}

signed!(i8: u8, i16: u16, i32: u32, i64: u64, i128: u128);

/// The attributes of a composite key: one [`KeyPart`], or two to four in a tuple.
pub trait KeyParts: Sized {
    /// The attributes, in order.
    fn key_parts(&self) -> Vec<String>;

    /// Reads what [`KeyParts::key_parts`] wrote.
    fn from_key_parts(parts: &[&str]) -> Option<Self>;
}

impl<P: KeyPart> KeyParts for P {
    fn key_parts(&self) -> Vec<String> {
        vec![self.key_part().into_owned()]
    }

    fn from_key_parts(parts: &[&str]) -> Option<Self> {
        match parts {
            [part] => P::from_key_part(part),
            _ => None,
        }
    }
}

/// Implements [`KeyParts`] for a tuple.
macro_rules! tuple {
    ($($part:ident $index:tt),*) => {
        impl<$($part: KeyPart),*> KeyParts for ($($part,)*) {
            fn key_parts(&self) -> Vec<String> {
                vec![$(self.$index.key_part().into_owned()),*]
            }

            fn from_key_parts(parts: &[&str]) -> Option<Self> {
                let mut parts = parts.iter();
                let read = ($($part::from_key_part(parts.next()?)?,)*);
                parts.next().is_none().then_some(read)
            }
        }
    };
}

tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
