//! What a framework wants to be written.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::fields::Fields;
use super::slot::Body;
use super::trace::Trace;

/// What a framework wants to be written.
#[derive(Clone)]
pub struct Draft {
    pub(super) fields: Fields,
    pub(super) trace: Option<Trace>,
    idle: Option<Duration>,
    until: Option<SystemTime>,
    device: Option<String>,
    address: Option<String>,
}

impl Draft {
    /// These fields, without the hidden entry.
    pub fn new(fields: Fields) -> Self {
        Self { fields, trace: None, idle: None, until: None, device: None, address: None }
    }

    /// With the trace that was hidden.
    #[must_use]
    pub fn trace(mut self, trace: Trace) -> Self {
        self.trace = Some(trace);
        self
    }

    /// With an idle timeout of its own, which each use begins anew.
    #[must_use]
    pub fn idle(mut self, timeout: Duration) -> Self {
        self.idle = Some(timeout);
        self
    }

    /// With an end that nothing moves; later than the sessions' absolute timeout it means nothing.
    #[must_use]
    pub fn until(mut self, end: SystemTime) -> Self {
        self.until = Some(end);
        self
    }

    /// With the name of the device.
    #[must_use]
    pub fn device(mut self, device: impl Into<String>) -> Self {
        self.device = Some(device.into());
        self
    }

    /// With the address.
    #[must_use]
    pub fn address(mut self, address: impl Into<String>) -> Self {
        self.address = Some(address.into());
        self
    }

    /// All but the fields.
    pub(super) fn date(&self, body: &mut Body) {
        if let Some(idle) = self.idle {
            body.idle = (idle.as_millis() as u64).max(1);
        }
        if let Some(until) = self.until {
            let until = until.duration_since(UNIX_EPOCH).unwrap_or_default();
            body.until = body.until.min(until.as_millis() as u64);
        }
        body.device = self.device.clone().or(body.device.take());
        body.address = self.address.clone().or(body.address.take());
    }

    pub(super) fn apply(&self, body: &mut Body) {
        match &self.trace {
            Some(trace) => body.fields.apply(&trace.changes(&self.fields)),
            None => body.fields = self.fields.clone(),
        }
        self.date(body);
    }
}

impl fmt::Debug for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Draft({} fields)", self.fields.len())
    }
}
