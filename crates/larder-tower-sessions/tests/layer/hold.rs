//! Where a request waits until the test lets it go.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// Clones are the same place.
#[derive(Clone)]
pub struct Hold {
    reached: Arc<Semaphore>,
    open: Arc<Semaphore>,
}

impl Hold {
    pub fn new() -> Self {
        Self { reached: Arc::new(Semaphore::new(0)), open: Arc::new(Semaphore::new(0)) }
    }

    /// Waits until so many requests wait here.
    pub async fn reached_by(&self, requests: u32) {
        self.reached.acquire_many(requests).await.unwrap().forget();
    }

    /// Lets all of them go, now and later.
    pub fn open(&self) {
        self.open.close();
    }

    pub async fn pass(&self) {
        self.reached.add_permits(1);
        let _ = self.open.acquire().await;
    }
}
