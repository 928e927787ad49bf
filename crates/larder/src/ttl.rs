//! How long a record lives: [`Ttl`] as the caller says it, [`Deadline`] as a backend keeps it.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::clock::Moment;
use crate::error::{Error, Result};
use crate::sabotage;

const MILLI: u64 = 1_000_000;

/// How long a record lives from the moment it is written, or what remains of that.
///
/// Between 1 ms and 100 years, rounded up to whole milliseconds; or [`Ttl::Never`], which must be
/// written out: no record lives for ever by omission.
///
/// ```
/// use larder::Ttl;
/// use std::time::Duration;
///
/// assert_eq!("1h30m".parse::<Ttl>()?, Ttl::After(Duration::from_secs(5400)));
/// assert_eq!("never".parse::<Ttl>()?, Ttl::Never);
/// assert!("0s".parse::<Ttl>().is_err());
/// assert!(Ttl::After(Duration::ZERO).checked().is_err());
/// # Ok::<(), larder::Error>(())
/// ```
///
/// Ordered by length, `Never` last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Ttl {
    /// The record ends this long after it was written.
    After(Duration),
    /// The record ends when it is deleted.
    Never,
}

impl Ttl {
    /// The shortest ttl, 1 ms.
    pub const MIN: Duration = Duration::from_millis(1);
    /// The longest ttl, 100 years of 365.25 days.
    pub const MAX: Duration = Duration::from_secs(3_155_760_000);

    /// The same ttl rounded up to whole milliseconds.
    ///
    /// # Errors
    /// [`ErrorKind::Invalid`](crate::ErrorKind::Invalid) where it is zero or over 100 years.
    pub fn checked(self) -> Result<Self> {
        match self {
            Self::Never => Ok(Self::Never),
            Self::After(duration) => match whole_millis(duration) {
                Some(millis) => Ok(Self::After(Duration::from_millis(millis))),
                None => Err(out_of_bounds()),
            },
        }
    }

    /// The moment a record written now ends.
    ///
    /// # Errors
    /// As [`Ttl::checked`].
    pub fn deadline(self, now: Moment) -> Result<Deadline> {
        match self {
            Self::Never => Ok(Deadline::NEVER),
            Self::After(duration) => {
                let millis = whole_millis(duration).ok_or_else(out_of_bounds)?;
                Ok(Deadline(now.nanos().saturating_add(millis * MILLI).min(u64::MAX - 1)))
            }
        }
    }
}

fn whole_millis(duration: Duration) -> Option<u64> {
    let within = !duration.is_zero() && duration <= Ttl::MAX;
    // 100 years in nanoseconds fit into 64 bits.
    within.then(|| (duration.as_nanos() as u64).div_ceil(MILLI))
}

fn out_of_bounds() -> Error {
    Error::invalid("a ttl lies between 1 ms and 100 years, or is `never`")
}

impl From<Duration> for Ttl {
    fn from(duration: Duration) -> Self {
        Self::After(duration)
    }
}

impl fmt::Display for Ttl {
    /// Writes the form that [`Ttl::from_str`] reads, in the largest units that tell it exactly.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::After(duration) = self else {
            return f.write_str("never");
        };
        let mut millis = duration.as_nanos().div_ceil(u128::from(MILLI));
        if millis == 0 {
            return f.write_str("0ms");
        }
        for (unit, size) in UNITS {
            let count = millis / u128::from(size);
            if count > 0 {
                write!(f, "{count}{unit}")?;
                millis %= u128::from(size);
            }
        }
        Ok(())
    }
}

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl FromStr for Ttl {
    type Err = Error;

    /// Reads `100ms`, `90s`, `1h30m`, `7d` or `never`: whole numbers, each with its unit.
    fn from_str(text: &str) -> Result<Self> {
        if text == "never" {
            return Ok(Self::Never);
        }
        let malformed = || {
            Error::invalid(
                "a ttl is written as `100ms`, `90s`, `1h30m`, `7d` or `never`: whole numbers, each with its unit",
            )
        };
        let mut millis: u64 = 0;
        let mut rest = text;
        let mut largest = UNITS.len();
        while !rest.is_empty() {
            let digits = rest.find(|c: char| !c.is_ascii_digit()).ok_or_else(malformed)?;
            let (count, tail) = rest.split_at(digits);
            let letters = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
            let (unit, tail) = tail.split_at(letters);
            let place = UNITS.iter().position(|(name, _)| *name == unit).ok_or_else(malformed)?;
            // Largest first and each once, so that a slip such as `5m1h` is not guessed at.
            if count.is_empty() || UNITS.len() - place > largest {
                return Err(malformed());
            }
            largest = UNITS.len() - place - 1;
            let part = count.parse::<u64>().ok().and_then(|n| n.checked_mul(UNITS[place].1));
            millis = part.and_then(|n| millis.checked_add(n)).ok_or_else(out_of_bounds)?;
            rest = tail;
        }
        if text.is_empty() {
            return Err(malformed());
        }
        Self::After(Duration::from_millis(millis)).checked()
    }
}

/// The moment a record ends, on the clock of the backend that holds it.
///
/// The one place that decides what has expired: a record is there before its deadline and is not
/// there from that very moment on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Deadline(u64);

impl Deadline {
    /// After every moment.
    pub const NEVER: Self = Self(u64::MAX);

    /// Whether a record with this deadline has expired at that moment.
    #[inline]
    pub fn is_past(self, now: Moment) -> bool {
        self.0 <= now.nanos() && self != Self::NEVER && !sabotage::is_off("expiry")
    }

    /// What remains at that moment, rounded up to whole milliseconds; `None` where it has expired.
    pub fn remaining(self, now: Moment) -> Option<Ttl> {
        if self == Self::NEVER {
            return Some(Ttl::Never);
        }
        let nanos = self.0.saturating_sub(now.nanos());
        (!self.is_past(now)).then(|| Ttl::After(Duration::from_millis(nanos.div_ceil(MILLI))))
    }

    /// The deadline in nanoseconds on its clock's line, `u64::MAX` for never, as backends store it.
    pub fn nanos(self) -> u64 {
        self.0
    }

    /// The deadline that [`Deadline::nanos`] told.
    pub fn from_nanos(nanos: u64) -> Self {
        Self(nanos)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_says_exactly_what_is_meant() {
        let after = |millis| Ttl::After(Duration::from_millis(millis));
        for (text, ttl) in [
            ("100ms", after(100)),
            ("90s", after(90_000)),
            ("1h30m", after(5_400_000)),
            ("7d", after(604_800_000)),
            ("1d2h3m4s5ms", after(93_784_005)),
            ("36525d", Ttl::After(Ttl::MAX)),
            ("never", Ttl::Never),
        ] {
            assert_eq!(text.parse::<Ttl>().unwrap(), ttl, "{text}");
            assert_eq!(ttl.to_string().parse::<Ttl>().unwrap(), ttl);
        }
        for text in [
            "",
            "0",
            "0s",
            "0ms",
            "10",
            "-1s",
            "1.5s",
            "NaN",
            "inf",
            "s",
            "1x",
            "1s1h",
            "1s1s",
            " 1s",
            "1s ",
            "36526d",
            "1000000000000000000",
            "1000000000000000000d",
            "99999999999999999999s",
            "Never",
            "１s",
        ] {
            assert!(text.parse::<Ttl>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_deadline_ends_at_its_very_moment() {
        let start = Moment::from_nanos(7);
        let deadline = Ttl::After(Duration::from_nanos(1)).deadline(start).unwrap();
        assert_eq!(deadline.nanos(), 7 + MILLI);
        assert!(!deadline.is_past(Moment::from_nanos(6 + MILLI)));
        assert!(deadline.is_past(Moment::from_nanos(7 + MILLI)));
        assert_eq!(deadline.remaining(Moment::from_nanos(6 + MILLI)), Some(Ttl::After(Ttl::MIN)));
        assert_eq!(deadline.remaining(start), Some(Ttl::After(Ttl::MIN)));
        assert_eq!(deadline.remaining(Moment::from_nanos(7 + MILLI)), None);
        assert!(!Deadline::NEVER.is_past(Moment::from_nanos(u64::MAX)));
        assert_eq!(Deadline::NEVER.remaining(start), Some(Ttl::Never));
    }

    #[test]
    fn bounds_are_refused_by_name() {
        for ttl in [Duration::ZERO, Ttl::MAX + Duration::from_nanos(1), Duration::MAX] {
            assert!(Ttl::After(ttl).checked().is_err());
            assert!(Ttl::After(ttl).deadline(Moment::from_nanos(0)).is_err());
        }
        let late = Ttl::After(Ttl::MAX).deadline(Moment::from_nanos(u64::MAX - 5)).unwrap();
        assert_ne!(late, Deadline::NEVER);
    }
}
