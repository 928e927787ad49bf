//! What a Redis server tells of its work.

use std::time::Duration;

use larder_test_redis::Server;

/// The CPU time that it has taken.
pub fn server_time(server: &Server) -> Duration {
    let seconds = |name: &str| server.info(name).parse::<f64>().unwrap_or(0.0);
    Duration::from_secs_f64(seconds("used_cpu_user") + seconds("used_cpu_sys"))
}

/// How many commands it has been sent, those aside that go with no call: our fence's ECHO, looks at its clock, its role
/// and its evictions, and the rig's own INFO.
pub fn commands(server: &Server) -> f64 {
    let apart = ["echo", "info", "time", "role"];
    let calls = server.calls();
    calls.iter().filter(|(name, _)| !apart.contains(&name.as_str())).map(|(_, calls)| *calls as f64).sum()
}
