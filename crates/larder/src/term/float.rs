use std::cmp::Ordering;

use num_bigint::{BigInt, Sign};

use crate::error::{Error, Result};

use super::{Repr, Term};

/// The first float that no `i64` reaches.
const I64_END: f64 = 9_223_372_036_854_775_808.0;

impl Term {
    /// A float. Erlang has no infinity and no NaN; they are refused.
    ///
    /// ```
    /// use larder::Term;
    ///
    /// assert_eq!(Term::float(1.5)?.as_f64(), Some(1.5));
    /// assert!(Term::float(f64::NAN).is_err());
    /// # Ok::<(), larder::Error>(())
    /// ```
    pub fn float(value: f64) -> Result<Self> {
        if value.is_finite() { Ok(Self(Repr::Float(value))) } else { Err(Error::invalid("a float is finite")) }
    }

    /// The number, if this is a float. An integer is not converted.
    pub fn as_f64(&self) -> Option<f64> {
        match self.0 {
            Repr::Float(value) => Some(value),
            _ => None,
        }
    }
}

/// Compares by value; the integer first where they are equal.
pub(super) fn compare_small(integer: i64, float: f64) -> Ordering {
    if float >= I64_END {
        return Ordering::Less;
    }
    if float < -I64_END {
        return Ordering::Greater;
    }
    let whole = float.trunc();
    integer.cmp(&(whole as i64)).then_with(|| if float < whole { Ordering::Greater } else { Ordering::Less })
}

/// Compares by value; the integer, which fits no `i64`, first where they are equal.
pub(super) fn compare_big(integer: &BigInt, float: f64) -> Ordering {
    if (-I64_END..I64_END).contains(&float) {
        return if integer.sign() == Sign::Minus { Ordering::Less } else { Ordering::Greater };
    }
    // So large a float is whole.
    let bits = float.abs().to_bits();
    let mantissa = (bits & ((1 << 52) - 1)) | 1 << 52;
    let whole = BigInt::from(mantissa) << ((bits >> 52) - 1075);
    let whole = if float < 0.0 { -whole } else { whole };
    integer.cmp(&whole).then(Ordering::Less)
}
