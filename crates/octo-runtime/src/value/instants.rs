//! Reading and writing instants and time spans as text.

use jiff::civil::Time;
use jiff::fmt::temporal::{Pieces, PiecesOffset};
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

use super::{DateTimeOffset, TICKS_PER_SECOND};

/// The greatest offset a time may be given with.
const MAX_OFFSET_SECONDS: i32 = 14 * 60 * 60;

/// Reads an ISO-8601 date or date and time; without an offset it is UTC.
pub(crate) fn parse(text: &str) -> Option<DateTimeOffset> {
    let pieces = Pieces::parse(text.trim()).ok()?;
    let offset = match pieces.offset() {
        None | Some(PiecesOffset::Zulu) => Offset::UTC,
        Some(PiecesOffset::Numeric(numeric)) => numeric.offset(),
        Some(_) => return None,
    };
    if pieces.time_zone_annotation().is_some() && pieces.offset().is_none() {
        return None;
    }
    let time = pieces.time().unwrap_or(Time::midnight());
    let instant = offset.to_timestamp(pieces.date().to_datetime(time)).ok()?;
    // As in the original: no place on earth is further away.
    if offset.seconds().abs() > MAX_OFFSET_SECONDS {
        return None;
    }
    Some(DateTimeOffset {
        instant,
        offset_minutes: i16::try_from(offset.seconds() / 60).ok()?,
    })
}

/// The instant so many milliseconds after 1970. Unlike [`Timestamp::from_millisecond`] up to the
/// last millisecond there is.
pub(crate) fn from_milliseconds(ms: i64) -> Option<Timestamp> {
    Timestamp::from_nanosecond(i128::from(ms) * 1_000_000).ok()
}

/// Cuts an instant to the resolution of DateTime values.
pub(crate) fn to_milliseconds(instant: Timestamp) -> Timestamp {
    let milliseconds = instant.as_nanosecond().div_euclid(1_000_000);
    i64::try_from(milliseconds)
        .ok()
        .and_then(from_milliseconds)
        .unwrap_or(instant)
}

/// Cuts an instant to the resolution of DateTimeOffset values.
pub(crate) fn to_ticks(instant: Timestamp) -> Timestamp {
    let nanoseconds = instant.as_nanosecond();
    Timestamp::from_nanosecond(nanoseconds - nanoseconds.rem_euclid(100)).unwrap_or(instant)
}

/// An instant as ISO-8601 text with its offset.
pub(crate) fn with_offset(value: &DateTimeOffset) -> String {
    match Offset::from_seconds(i32::from(value.offset_minutes) * 60) {
        Ok(offset) => value.instant.display_with_offset(offset).to_string(),
        Err(_) => value.instant.to_string(),
    }
}

/// Reads ticks, `[-][d.]hh:mm[:ss[.fffffff]]` or an ISO-8601 duration; the result is in ticks.
pub(crate) fn parse_time_span(text: &str) -> Option<i64> {
    let text = text.trim();
    if let Ok(ticks) = text.parse() {
        return Some(ticks);
    }
    if text.contains(':') {
        let (sign, rest) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
        return clock_ticks(rest)?.checked_mul(sign);
    }
    if !text.trim_start_matches('-').starts_with(['P', 'p']) {
        return None;
    }
    let duration: SignedDuration = text.parse().ok()?;
    i64::try_from(duration.as_nanos() / 100).ok()
}

fn clock_ticks(text: &str) -> Option<i64> {
    let (head, rest) = text.split_once(':')?;
    let (days, hours) = match head.split_once('.') {
        Some((days, hours)) => (digits(days, 8)?, digits(hours, 2)?),
        None => (0, digits(head, 2)?),
    };
    let (minutes, seconds) = rest.split_once(':').unwrap_or((rest, "0"));
    let (seconds, fraction) = seconds.split_once('.').unwrap_or((seconds, ""));
    let (minutes, seconds) = (digits(minutes, 2)?, digits(seconds, 2)?);
    if hours > 23 || minutes > 59 || seconds > 59 || fraction.len() > 7 {
        return None;
    }
    let fraction = match fraction {
        "" => 0,
        text => digits(&format!("{text:0<7}"), 7)?,
    };
    let total = ((days * 24 + hours) * 60 + minutes) * 60 + seconds;
    total.checked_mul(TICKS_PER_SECOND)?.checked_add(fraction)
}

fn digits(text: &str, at_most: usize) -> Option<i64> {
    let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_number && text.len() <= at_most {
        text.parse().ok()
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_without_offset_are_utc() {
        let shown = |text: &str| parse(text).map(|value| with_offset(&value));
        assert_eq!(
            shown("2024-01-31").as_deref(),
            Some("2024-01-31T00:00:00+00:00")
        );
        assert_eq!(
            shown("2024-01-31T12:00:00.5Z").as_deref(),
            Some("2024-01-31T12:00:00.5+00:00")
        );
        assert_eq!(
            shown("2024-01-31 12:00:00+02:00").as_deref(),
            Some("2024-01-31T12:00:00+02:00")
        );
        for bad in [
            "",
            "yesterday",
            "2024-13-01",
            "2024-01-31T25:00:00",
            "12:00",
            "1706702400",
        ] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }

    #[test]
    fn time_spans_follow_the_conformance_vectors() {
        let quarter = 15 * 60 * TICKS_PER_SECOND;
        for text in ["9000000000", "00:15:00", "00:15", "PT15M", "0.00:15:00.0"] {
            assert_eq!(parse_time_span(text), Some(quarter), "{text}");
        }
        assert_eq!(parse_time_span("-00:15:00"), Some(-quarter));
        assert_eq!(parse_time_span("1.00:00:00.0000001"), Some(864_000_000_001));
        for bad in [
            "", "a", "24:00:00", "00:60", "1:2:3:4", "::", "15m", "-", "--1", "1.5",
        ] {
            assert_eq!(parse_time_span(bad), None, "{bad}");
        }
    }
}
