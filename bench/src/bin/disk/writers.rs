//! Many durable writers at once, and the thread that a peer is given to take all that waits into one commit.

use std::iter::once;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

use larder::backends::disk::Disk;
use larder::{Backend, Namespace};
use larder_bench::Random;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;

use super::peers::{Peer, Record};
use super::{Shared, put_of, record_of};

/// How many write how much: each so many puts, one after another, among twice as many records as there are.
#[derive(Clone, Copy)]
pub struct Crowd {
    pub writers: usize,
    pub each: usize,
    pub records: usize,
}

impl Crowd {
    /// The puts a second to Larder.
    pub fn to_larder(self, runtime: &Runtime, disk: &Arc<Disk>) -> f64 {
        self.rate(runtime, |numbers| {
            let disk = Arc::clone(disk);
            async move {
                let space = Namespace::default();
                for number in numbers {
                    disk.put(&space, &[put_of(number)]).await.unwrap()[0].as_ref().unwrap();
                }
            }
        })
    }

    /// The puts a second to a peer.
    pub fn to_peer<P: Peer + 'static>(self, runtime: &Runtime, peer: &Shared<P>) -> f64 {
        let (queue, waiting) = channel::<(Record, oneshot::Sender<()>)>();
        let peer = Arc::clone(peer);
        let committer = thread::spawn(move || {
            while let Ok(first) = waiting.recv() {
                let (records, writers): (Vec<_>, Vec<_>) = once(first).chain(waiting.try_iter()).unzip();
                peer.lock().unwrap().put(&records);
                writers.into_iter().for_each(|writer| _ = writer.send(()));
            }
        });
        let rate = self.rate(runtime, |numbers| {
            let queue = queue.clone();
            async move {
                for number in numbers {
                    let (done, written) = oneshot::channel();
                    queue.send((record_of(number), done)).unwrap();
                    written.await.unwrap();
                }
            }
        });
        drop(queue);
        committer.join().unwrap();
        rate
    }

    fn rate<W>(self, runtime: &Runtime, write: impl Fn(Vec<usize>) -> W) -> f64
    where
        W: Future<Output = ()> + Send + 'static,
    {
        let numbers = |writer: usize| {
            let mut random = Random::new(writer as u64);
            (0..self.each).map(|_| random.below(self.records * 2)).collect()
        };
        let begin = Instant::now();
        let tasks: Vec<_> = (0..self.writers).map(|writer| runtime.spawn(write(numbers(writer)))).collect();
        for task in tasks {
            runtime.block_on(task).unwrap();
        }
        (self.writers * self.each) as f64 / begin.elapsed().as_secs_f64()
    }
}
