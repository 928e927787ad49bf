use std::sync::Arc;

use num_bigint::BigInt;

use crate::error::{Error, Result};

use super::{Repr, Term};

impl Term {
    pub(crate) fn integer(value: BigInt) -> Self {
        match i64::try_from(&value) {
            Ok(small) => Self(Repr::Small(small)),
            Err(_) => Self(Repr::Big(Arc::new(value))),
        }
    }

    /// The number, if this is an integer that fits.
    ///
    /// ```
    /// use larder::Term;
    ///
    /// assert_eq!(Term::from(7u8).as_i64(), Some(7));
    /// assert_eq!(Term::from(u64::MAX).as_i64(), None);
    /// assert_eq!(Term::from("7").as_i64(), None);
    /// ```
    pub fn as_i64(&self) -> Option<i64> {
        match self.0 {
            Repr::Small(value) => Some(value),
            _ => None,
        }
    }

    /// The number, if this is an integer that fits.
    pub fn as_u64(&self) -> Option<u64> {
        match &self.0 {
            Repr::Small(value) => u64::try_from(*value).ok(),
            Repr::Big(value) => u64::try_from(&**value).ok(),
            _ => None,
        }
    }

    /// The number, if this is an integer that fits.
    pub fn as_i128(&self) -> Option<i128> {
        match &self.0 {
            Repr::Small(value) => Some((*value).into()),
            Repr::Big(value) => i128::try_from(&**value).ok(),
            _ => None,
        }
    }

    /// The number, if this is an integer that fits.
    pub fn as_u128(&self) -> Option<u128> {
        match &self.0 {
            Repr::Small(value) => u128::try_from(*value).ok(),
            Repr::Big(value) => u128::try_from(&**value).ok(),
            _ => None,
        }
    }
}

macro_rules! from_small {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Term {
            fn from(value: $integer) -> Self {
                Self(Repr::Small(value.into()))
            }
        }
    )*};
}

macro_rules! from_large {
    ($($integer:ty),*) => {$(
        impl From<$integer> for Term {
            fn from(value: $integer) -> Self {
                match i64::try_from(value) {
                    Ok(small) => Self(Repr::Small(small)),
                    Err(_) => Self(Repr::Big(Arc::new(value.into()))),
                }
            }
        }
    )*};
}

macro_rules! try_into {
    ($($integer:ty: $read:ident),*) => {$(
        impl TryFrom<&Term> for $integer {
            type Error = Error;

            fn try_from(term: &Term) -> Result<Self> {
                term.$read().ok_or_else(|| {
                    Error::invalid(concat!("the term is not an integer in the range of ", stringify!($integer)))
                })
            }
        }
    )*};
}

from_small!(i8, i16, i32, i64, u8, u16, u32);
from_large!(u64, i128, u128, isize, usize);
try_into!(i64: as_i64, u64: as_u64, i128: as_i128, u128: as_u128);
