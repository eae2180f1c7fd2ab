//! Times for people. The server does not know the reader's time zone, so that near times are relative, and distant ones
//! are dates.

use time::OffsetDateTime;

use crate::domain::{
    language::Language,
    time::{Lifetime, UnixSeconds},
};

/// A time, as shown on pages.
pub struct Moment {
    /// "5 minutes ago", "24 November 2026".
    pub text: String,
    /// RFC 3339, for the element's `datetime`.
    pub exact: String,
    /// To the minute, in UTC.
    pub title: String,
}

const ENGLISH: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const BOKMAL: [&str; 12] = [
    "januar",
    "februar",
    "mars",
    "april",
    "mai",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "desember",
];

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

impl Language {
    pub(in crate::http) fn moment(self, at: UnixSeconds, now: UnixSeconds) -> Moment {
        let distance = at.since(now);
        let text = match (self.span(distance.unsigned_abs()), distance < 0, self) {
            (None, ..) if distance.unsigned_abs() < MINUTE => self.now().to_owned(),
            (None, ..) => self.day(at),
            (Some(span), true, Self::English) => format!("{span} ago"),
            (Some(span), false, Self::English) => format!("in {span}"),
            (Some(span), true, Self::Bokmal) => format!("for {span} siden"),
            (Some(span), false, Self::Bokmal) => format!("om {span}"),
        };
        Moment {
            text,
            exact: at.rfc3339(),
            title: self.day_and_time(at),
        }
    }

    /// Time to wait as text, from a minute to a week, in the largest unit; rounded up, so that a retry is not too
    /// early.
    pub(in crate::http) fn waiting(self, wait: Lifetime) -> String {
        let seconds = u64::from(wait.0);
        let rounded = match seconds {
            0..MINUTE => seconds,
            MINUTE..HOUR => seconds.div_ceil(MINUTE) * MINUTE,
            _ => seconds.div_ceil(HOUR) * HOUR,
        };
        let unit = match (self, seconds) {
            (Self::English, 1) => "second",
            (Self::English, _) => "seconds",
            (Self::Bokmal, 1) => "sekund",
            (Self::Bokmal, _) => "sekunder",
        };
        let short = || format!("{seconds} {unit}");
        self.span(rounded).unwrap_or_else(short)
    }

    fn span(self, seconds: u64) -> Option<String> {
        let (count, [one, many]) = match (seconds, self) {
            (MINUTE..HOUR, Self::English) => (seconds / MINUTE, ["minute", "minutes"]),
            (MINUTE..HOUR, Self::Bokmal) => (seconds / MINUTE, ["minutt", "minutter"]),
            (HOUR..DAY, Self::English) => (seconds / HOUR, ["hour", "hours"]),
            (HOUR..DAY, Self::Bokmal) => (seconds / HOUR, ["time", "timer"]),
            (DAY.., _) if seconds >= 7 * DAY => return None,
            (DAY.., Self::English) => (seconds / DAY, ["day", "days"]),
            (DAY.., Self::Bokmal) => (seconds / DAY, ["dag", "dager"]),
            _ => return None,
        };
        Some(format!("{count} {}", if count == 1 { one } else { many }))
    }

    /// 24 November 2026; 24. november 2026.
    fn day(self, at: UnixSeconds) -> String {
        let date = utc(at);
        let month = usize::from(u8::from(date.month())) - 1;
        match self {
            Self::English => format!("{} {} {}", date.day(), ENGLISH[month], date.year()),
            Self::Bokmal => format!("{}. {} {}", date.day(), BOKMAL[month], date.year()),
        }
    }

    fn day_and_time(self, at: UnixSeconds) -> String {
        let (day, time) = (self.day(at), utc(at));
        let (hour, minute) = (time.hour(), time.minute());
        match self {
            Self::English => format!("{day}, {hour:02}:{minute:02} UTC"),
            Self::Bokmal => format!("{day} kl. {hour:02}.{minute:02} UTC"),
        }
    }
}

/// The epoch for a time that no calendar has.
fn utc(at: UnixSeconds) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(at.0).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_said_in_the_unit_that_fits_and_never_too_short() {
        let rows = [
            (1, "1 second", "1 sekund"),
            (59, "59 seconds", "59 sekunder"),
            (60, "1 minute", "1 minutt"),
            (61, "2 minutes", "2 minutter"),
            (900, "15 minutes", "15 minutter"),
            (3599, "1 hour", "1 time"),
            (3601, "2 hours", "2 timer"),
        ];
        for (seconds, english, bokmal) in rows {
            let wait = Lifetime(seconds);
            let said = [Language::English, Language::Bokmal].map(|lang| lang.waiting(wait));
            assert_eq!(said, [english, bokmal], "{seconds}");
        }
    }

    #[test]
    fn what_is_near_is_said_by_its_distance_and_what_is_far_by_its_day() {
        // 2026-11-24T09:15:00Z
        let now = UnixSeconds(1_795_511_700);
        let rows = [
            (0, "just now", "akkurat nå"),
            (-59, "just now", "akkurat nå"),
            (-60, "1 minute ago", "for 1 minutt siden"),
            (-3599, "59 minutes ago", "for 59 minutter siden"),
            (-7200, "2 hours ago", "for 2 timer siden"),
            (-86_400, "1 day ago", "for 1 dag siden"),
            (3600, "in 1 hour", "om 1 time"),
            (172_800, "in 2 days", "om 2 dager"),
            (-604_800, "17 November 2026", "17. november 2026"),
            (604_800 + 86_400, "2 December 2026", "2. desember 2026"),
        ];
        for (distance, english, bokmal) in rows {
            let at = UnixSeconds(now.0 + distance);
            assert_eq!(Language::English.moment(at, now).text, english);
            assert_eq!(Language::Bokmal.moment(at, now).text, bokmal);
        }
        let moment = Language::Bokmal.moment(now, now);
        assert_eq!(moment.title, "24. november 2026 kl. 09.15 UTC");
        assert_eq!(moment.exact, "2026-11-24T09:15:00.000Z");
        assert_eq!(
            Language::English.moment(now, now).title,
            "24 November 2026, 09:15 UTC"
        );
    }
}
