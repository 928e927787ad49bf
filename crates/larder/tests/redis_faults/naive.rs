//! A client as one would write it in an afternoon: whoever calls holds the socket until the reply is read.

use std::sync::Arc;
use std::time::Duration;

use larder_test_redis::{Reply, Server};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Mutex;

#[derive(Clone)]
pub(crate) struct Naive(Arc<Mutex<TcpStream>>);

impl Naive {
    /// How many of so many calls of 64 tasks, cancelled at random, are answered with what another asked for.
    pub(crate) async fn wrong_of(server: &Server, calls: usize) -> usize {
        let client = Self(Arc::new(Mutex::new(TcpStream::connect(("127.0.0.1", server.port())).await.unwrap())));
        for key in 10..74 {
            assert_eq!(server.command(&["SET", &format!("key{key}"), &format!("key{key}")]), Reply::ok());
        }
        let tasks: Vec<_> = (10..74)
            .map(|key| {
                let client = client.clone();
                tokio::spawn(async move {
                    let key = format!("key{key}");
                    let mut wrong = 0;
                    for _ in 0..calls / 64 {
                        let patience = Duration::from_micros(fastrand::u64(..12_000));
                        if let Ok(value) = tokio::time::timeout(patience, client.get(&key)).await {
                            wrong += usize::from(value != key);
                        }
                    }
                    wrong
                })
            })
            .collect();
        let mut wrong = 0;
        for task in tasks {
            wrong += task.await.unwrap();
        }
        wrong
    }

    /// The values are five letters long.
    async fn get(&self, key: &str) -> String {
        let mut socket = self.0.lock().await;
        socket.write_all(format!("*2\r\n$3\r\nGET\r\n$5\r\n{key}\r\n").as_bytes()).await.unwrap();
        let mut reply = [0; "$5\r\nkey10\r\n".len()];
        socket.read_exact(&mut reply).await.unwrap();
        String::from_utf8_lossy(&reply[4..9]).into_owned()
    }
}
