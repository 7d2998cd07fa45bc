//! Formulas in filters on dates (spec 6.6): text after `@`, such as `@now(-60)` or
//! `@startOfDay(-1)`.
//!
//! `now(minutes)` and `startOfDay(days)` are instants in ticks of 100 ns since the year 1, as in the
//! original, so that arithmetic with numbers of ticks works: `@now(0) - 36000000000` is an hour ago.
//! Minutes and days may be expressions of numbers.

use jiff::{SignedDuration, Span, Timestamp, Zoned};

/// Longest formula.
const MAX_LENGTH: usize = 200;
/// Deepest nesting of parentheses.
const MAX_DEPTH: usize = 20;
const NANOSECONDS_PER_TICK: i128 = 100;
/// Ticks from the year 1 to 1970.
const EPOCH: i128 = 621_355_968_000_000_000;

/// The instant a formula stands for; `None` is null.
///
/// # Errors
/// Text that is no formula, or leads to no instant.
pub(super) fn instant(formula: &str) -> Result<Option<Timestamp>, String> {
    let formula = formula.trim();
    if formula == "null" {
        return Ok(None);
    }
    let evaluated = (formula.len() <= MAX_LENGTH)
        .then(|| Evaluation::of(formula))
        .flatten();
    evaluated.map(Some).ok_or_else(|| {
        let shown: String = formula.chars().take(MAX_LENGTH).collect();
        format!("Term '@{shown}' cannot be evaluated by formula.")
    })
}

struct Evaluation<'f> {
    rest: &'f str,
    depth: usize,
}

/// A number, exact where it comes from an instant.
#[derive(Clone, Copy)]
enum Number {
    Ticks(i128),
    Plain(f64),
}

impl Evaluation<'_> {
    fn of(formula: &str) -> Option<Timestamp> {
        let mut evaluation = Evaluation {
            rest: formula,
            depth: 0,
        };
        let number = evaluation.sum()?;
        evaluation.skip_blanks();
        if !evaluation.rest.is_empty() {
            return None;
        }
        let ticks = number.ticks()?.checked_sub(EPOCH)?;
        Timestamp::from_nanosecond(ticks.checked_mul(NANOSECONDS_PER_TICK)?).ok()
    }

    fn sum(&mut self) -> Option<Number> {
        let mut left = self.product()?;
        loop {
            let sign = match self.take_one_of("+-") {
                Some('+') => 1,
                Some(_) => -1,
                None => return Some(left),
            };
            left = left.plus(self.product()?, sign)?;
        }
    }

    fn product(&mut self) -> Option<Number> {
        let mut left = self.factor()?;
        loop {
            let Some(sign) = self.take_one_of("*/") else {
                return Some(left);
            };
            let (first, second) = (left.plain(), self.factor()?.plain());
            left = Number::Plain(if sign == '*' {
                first * second
            } else {
                first / second
            });
        }
    }

    fn factor(&mut self) -> Option<Number> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return None;
        }
        let factor = match self.take_one_of("+-(") {
            Some('-') => Some(Number::Plain(-self.factor()?.plain())),
            Some('+') => self.factor(),
            Some(_) => self.closed(),
            None => self.number().or_else(|| self.call()),
        };
        self.depth -= 1;
        factor
    }

    fn closed(&mut self) -> Option<Number> {
        let inner = self.sum()?;
        self.take_one_of(")").map(|_| inner)
    }

    fn number(&mut self) -> Option<Number> {
        let is_part = |c: char| c.is_ascii_digit() || c == '.';
        let digits = self.rest.find(|c| !is_part(c)).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(digits);
        let number = text.parse().ok()?;
        self.rest = rest;
        Some(Number::Plain(number))
    }

    fn call(&mut self) -> Option<Number> {
        let length = self.rest.find('(')?;
        let (name, rest) = self.rest.split_at(length);
        self.rest = &rest[1..];
        let argument = self.closed()?.plain();
        let instant = match name.trim() {
            "now" => offset_minutes(argument)?,
            "startOfDay" => start_of_day(argument)?,
            _ => return None,
        };
        Some(Number::Ticks(
            instant.as_nanosecond().div_euclid(NANOSECONDS_PER_TICK) + EPOCH,
        ))
    }

    fn take_one_of(&mut self, characters: &str) -> Option<char> {
        self.skip_blanks();
        let found = self
            .rest
            .chars()
            .next()
            .filter(|c| characters.contains(*c))?;
        self.rest = &self.rest[found.len_utf8()..];
        self.skip_blanks();
        Some(found)
    }

    fn skip_blanks(&mut self) {
        self.rest = self.rest.trim_start();
    }
}

impl Number {
    fn plain(self) -> f64 {
        match self {
            Self::Ticks(ticks) => ticks as f64,
            Self::Plain(number) => number,
        }
    }

    fn ticks(self) -> Option<i128> {
        match self {
            Self::Ticks(ticks) => Some(ticks),
            Self::Plain(number) => number.is_finite().then_some(number as i128),
        }
    }

    fn plus(self, other: Self, sign: i128) -> Option<Self> {
        Some(match (self, other) {
            (Self::Plain(left), Self::Plain(right)) => Self::Plain(left + sign as f64 * right),
            (left, right) => {
                let right = right.ticks()?.checked_mul(sign)?;
                Self::Ticks(left.ticks()?.checked_add(right)?)
            }
        })
    }
}

fn offset_minutes(minutes: f64) -> Option<Timestamp> {
    let offset = SignedDuration::try_from_secs_f64(minutes * 60.0).ok()?;
    Timestamp::now().checked_add(offset).ok()
}

fn start_of_day(days: f64) -> Option<Timestamp> {
    if days.fract() != 0.0 || days.abs() > 1e6 {
        return None;
    }
    let today = Zoned::now().start_of_day().ok()?;
    let day = today
        .checked_add(Span::new().try_days(days as i64).ok()?)
        .ok()?;
    Some(day.timestamp())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes_from_now(formula: &str) -> f64 {
        let instant = instant(formula).unwrap().unwrap();
        let seconds = instant.duration_since(Timestamp::now()).as_secs_f64();
        (seconds / 60.0).round()
    }

    #[test]
    fn instants_can_be_calculated_with() {
        assert_eq!(minutes_from_now("now(0)"), 0.0);
        assert_eq!(minutes_from_now(" now( -60 ) "), -60.0);
        assert_eq!(minutes_from_now("now(-24 * (50 + 10))"), -1440.0);
        assert_eq!(minutes_from_now("now(0) - 36000000000"), -60.0);
        assert_eq!(instant("null").unwrap(), None);
        let today = instant("startOfDay(0)").unwrap().unwrap();
        let yesterday = instant("startOfDay(-1)").unwrap().unwrap();
        let hours = today.duration_since(yesterday).as_hours();
        assert!((22..=26).contains(&hours), "{hours}");
    }

    #[test]
    fn anything_else_is_refused() {
        let deep = format!("{}1{}", "(".repeat(50), ")".repeat(50));
        for formula in [
            "",
            "now",
            "now()",
            "now(1",
            "now(1))",
            "now(x)",
            "later(1)",
            "startOfDay(0.5)",
            "now(1/0)",
            "now(1e400)",
            "1e99*1e99",
            "now(0) +",
            "ä(1)",
            &deep,
            &"1+".repeat(500),
        ] {
            assert!(instant(formula).is_err(), "{formula}");
        }
    }
}
