//! The backends of this crate keep every promise, each by itself and behind `Erased`.
#![allow(clippy::unwrap_used)]

mod fixtures;

macro_rules! proved {
    ($name:ident: $fixture:ty) => {
        mod $name {
            larder::conformance!(<$fixture>::default());

            mod erased {
                larder::conformance!(larder::testing::ErasedFixture(<$fixture>::default()));
            }
        }
    };
}

proved!(reference: crate::fixtures::Plain);
#[cfg(feature = "memory")]
proved!(memory: crate::fixtures::InMemory);
#[cfg(feature = "disk")]
proved!(disk: crate::fixtures::OnDisk);
#[cfg(feature = "redis")]
proved!(redis: crate::fixtures::OnRedis);
#[cfg(feature = "redis")]
proved!(pow: crate::fixtures::OnPow);
#[cfg(feature = "redis")]
proved!(pow_indexed: crate::fixtures::OnPowIndexed);
