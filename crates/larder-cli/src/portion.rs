//! Many records for a store, in portions that it takes in one step without keeping others waiting.

use larder::{Backend, ErrorKind, Namespace, Put, Result};

use crate::exit::Failure;
use crate::store::Opened;

impl Opened {
    /// Writes records, portion by portion in their order; answers of each. One that the store refuses for what it is
    /// loses no other.
    pub(crate) async fn put(
        &self,
        namespace: &Namespace,
        puts: &[Put],
    ) -> std::result::Result<Vec<Result<bool>>, Failure> {
        let info = self.info().await?;
        let mut answers = Vec::with_capacity(puts.len());
        let mut rest = puts;
        while !rest.is_empty() {
            let (portion, later) = rest.split_at(fit(rest, info.batch_records, info.batch_bytes));
            match self.backend.put(namespace, portion).await {
                Ok(written) => answers.extend(written),
                // Nothing was written, for the sake of one: which one is found out by asking for each.
                Err(error) if error.kind() == ErrorKind::Invalid => {
                    for put in portion {
                        match self.backend.put(namespace, std::slice::from_ref(put)).await {
                            Ok(written) => answers.extend(written),
                            Err(error) if error.kind() == ErrorKind::Invalid => answers.push(Err(error)),
                            Err(error) => return Err(error.into()),
                        }
                    }
                }
                Err(error) => return Err(error.into()),
            }
            rest = later;
        }
        Ok(answers)
    }
}

/// How many of these make a portion: one at least.
fn fit(puts: &[Put], records: usize, bytes: usize) -> usize {
    let mut sum = 0_usize;
    let fitting = puts.iter().take(records).take_while(|put| {
        sum = sum.saturating_add(put.key.as_bytes().len() + put.value.len());
        sum <= bytes
    });
    fitting.count().max(1)
}

#[cfg(test)]
mod tests {
    use larder::{Ttl, When, key};

    use super::*;

    #[test]
    fn a_portion_has_few_records_and_few_bytes_and_one_at_least() {
        let put =
            |bytes: usize| Put { key: key!["k"], value: vec![0; bytes].into(), ttl: Ttl::Never, when: When::Always };
        let puts = [put(10), put(10), put(1_000)];
        assert_eq!(fit(&puts, 2, usize::MAX), 2);
        assert_eq!(fit(&puts, usize::MAX, 100), 2);
        assert_eq!(fit(&puts[2..], usize::MAX, 100), 1);
        assert_eq!(fit(&puts, usize::MAX, usize::MAX), 3);
    }
}
