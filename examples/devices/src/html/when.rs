//! A point in time, as people say it.

use std::time::{Duration, SystemTime};

use maud::{Markup, html};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// "3 minutes ago", "in 7 days"; exactly in the markup.
pub fn when(time: SystemTime) -> Markup {
    let exact = OffsetDateTime::from(time).replace_nanosecond(0).ok().and_then(|time| time.format(&Rfc3339).ok());
    let text = said(time, SystemTime::now());
    html! { time datetime=[exact.as_ref()] title=[exact.as_ref()] { (text) } }
}

fn said(time: SystemTime, now: SystemTime) -> String {
    match now.duration_since(time) {
        Ok(past) if past < Duration::from_secs(60) => "just now".into(),
        Ok(past) => format!("{} ago", length(past)),
        // Rounded, where the past is cut off: a week less the time that a page takes is a week.
        Err(error) => format!("in {}", length(error.duration() + Duration::from_secs(30))),
    }
}

fn length(length: Duration) -> String {
    let minutes = length.as_secs() / 60;
    let (number, unit) = match minutes {
        0..60 => (minutes, "minute"),
        60..2880 => (minutes / 60, "hour"),
        _ => (minutes / 1440, "day"),
    };
    format!("{number} {unit}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_as_people_do() {
        let now = SystemTime::now();
        let before = |seconds| said(now - Duration::from_secs(seconds), now);
        let after = |seconds| said(now + Duration::from_secs(seconds), now);
        assert_eq!(before(0), "just now");
        assert_eq!(before(59), "just now");
        assert_eq!(before(60), "1 minute ago");
        assert_eq!(before(3600 * 3), "3 hours ago");
        assert_eq!(before(3600 * 48), "2 days ago");
        assert_eq!(after(7 * 86400 - 1), "in 7 days");
        assert_eq!(after(1), "in 0 minutes");
    }
}
