//! The program that drives browsers.

use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};

pub struct Driver {
    port: u16,
    process: Child,
    _says: BufReader<ChildStdout>,
}

impl Driver {
    pub fn start() -> Self {
        let command = &mut Command::new("chromedriver");
        command.arg("--port=0").stdout(Stdio::piped());
        let mut process = command.spawn().expect("chromedriver is installed: scripts/devices-test does that");
        let mut says = BufReader::new(process.stdout.take().expect("its output is piped"));
        let mut line = String::new();
        while !line.contains("started successfully on port") {
            line.clear();
            assert_ne!(says.read_line(&mut line).expect("chromedriver says where it is"), 0, "chromedriver ended");
        }
        let port = line.trim().trim_end_matches('.').rsplit(' ').next().and_then(|port| port.parse().ok());
        Self { port: port.expect("chromedriver names its port"), process, _says: says }
    }

    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }
}

impl Drop for Driver {
    /// Takes the browsers away too, those of a test that failed.
    fn drop(&mut self) {
        let asked = TcpStream::connect(("127.0.0.1", self.port))
            .and_then(|mut driver| driver.write_all(b"GET /shutdown HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"));
        if asked.is_err() {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}
