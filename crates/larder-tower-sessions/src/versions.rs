//! The trait of each version of tower-sessions. Its text is the same in all of them, and so is ours.

macro_rules! version {
    ($name:ident, $feature:literal, $core:ident) => {
        #[cfg(feature = $feature)]
        mod $name {
            use async_trait::async_trait;
            use larder::ErrorKind;
            use $core::session::{Id, Record};
            use $core::session_store::{self, Error, Result};

            use crate::of::Current;
            use crate::outage;
            use crate::store::SessionStore;

            #[async_trait]
            impl session_store::SessionStore for SessionStore {
                async fn create(&self, record: &mut Record) -> Result<()> {
                    let ends = record.expiry_date;
                    while !self.create(&record.id.to_string(), &mut record.data, ends).await.map_err(failed)? {
                        record.id = Id::default();
                    }
                    Ok(())
                }

                async fn save(&self, record: &Record) -> Result<()> {
                    self.save(&record.id.to_string(), &record.data, record.expiry_date).await.map_err(failed)
                }

                async fn load(&self, id: &Id) -> Result<Option<Record>> {
                    let loaded = self.load(&id.to_string()).await.map_err(failed)?;
                    Ok(loaded.map(|(data, expiry_date)| Record { id: *id, data, expiry_date }))
                }

                async fn delete(&self, id: &Id) -> Result<()> {
                    self.delete(&id.to_string()).await.map_err(failed)
                }
            }

            fn failed(error: larder::Error) -> Error {
                outage::note(&error);
                match error.kind() {
                    ErrorKind::Corrupt | ErrorKind::Codec => Error::Decode(error.to_string()),
                    _ => Error::Backend(error.to_string()),
                }
            }

            impl From<Option<Id>> for Current {
                fn from(id: Option<Id>) -> Self {
                    Self(id.map(|id| id.to_string()))
                }
            }

            impl From<Id> for Current {
                fn from(id: Id) -> Self {
                    Self::from(Some(id))
                }
            }
        }
    };
}

version!(v0_14, "v0_14", tower_sessions_core_0_14);
version!(v0_15, "v0_15", tower_sessions_core_0_15);
