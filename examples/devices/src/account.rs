//! Who can sign in.
//!
//! They lie in the same store as the sessions, so that one file is all there is to this application, and two processes
//! on one Redis agree about passwords. A real application has them in its database.

use larder::{Opened, Result, Store, Ttl, Version, When, key, pattern};
use serde::{Deserialize, Serialize};

use crate::password;

/// A user, as the store has them.
#[derive(Clone, Serialize, Deserialize)]
pub struct Account {
    /// What they sign in with; their sessions are listed under it.
    pub name: String,
    pub is_admin: bool,
    password_hash: String,
}

impl Account {
    pub async fn is_password(&self, password: String) -> bool {
        password::verify(password, self.password_hash.clone()).await
    }
}

#[derive(Clone)]
pub struct Accounts(Store<Account>);

impl Accounts {
    pub fn new(opened: &Opened) -> Self {
        Self(opened.store().with_ttl(Ttl::Never))
    }

    /// The account, and the version by which it is seen whether it was changed since.
    pub async fn find(&self, name: &str) -> Result<Option<(Account, Version)>> {
        // More can be typed than a key can hold, and nobody is called so.
        if name.is_empty() || name.len() > 100 {
            return Ok(None);
        }
        self.0.get_with_version(key!["account", name]).await
    }

    pub async fn all(&self) -> Result<Vec<Account>> {
        let page = self.0.all(&pattern!["account", _]).await?;
        Ok(page.records.into_iter().map(|(_, account)| account).collect())
    }

    /// Sets the password, unless the account was changed meanwhile; answers whether it did.
    pub async fn set_password(&self, mut account: Account, version: Version, password: String) -> Result<bool> {
        account.password_hash = password::hash(password).await?;
        self.0.put_when(key!["account", account.name.as_str()], &account, When::Unchanged(version)).await
    }

    /// Adds those who are in no store yet.
    pub async fn seed(&self) -> Result<()> {
        for Seeded { name, password, is_admin } in SEEDED {
            if self.find(name).await?.is_none() {
                let password_hash = password::hash(password.into()).await?;
                let account = Account { name: name.into(), is_admin, password_hash };
                self.0.put_when(key!["account", name], &account, When::Absent).await?;
            }
        }
        Ok(())
    }
}

pub struct Seeded {
    pub name: &'static str,
    pub password: &'static str,
    pub is_admin: bool,
}

pub const SEEDED: [Seeded; 3] = [
    Seeded { name: "ann", password: "plum-jam-2026", is_admin: false },
    Seeded { name: "bob", password: "rye-bread-2026", is_admin: false },
    Seeded { name: "carla", password: "keeper-of-keys-2026", is_admin: true },
];
