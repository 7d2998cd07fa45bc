//! What is kept of the values of one measure while they pass by.

use std::cmp::Ordering;

use jiff::Timestamp;
use rust_decimal::Decimal;

use super::decimals::decimal;
use super::{Figure, Function};
use crate::value::instants;

const NANOSECONDS_PER_TICK: i128 = 100;

/// A stored number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Number {
    Integer(i64),
    Double(f64),
}

/// What the numbers of a field stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unit {
    Plain,
    /// Milliseconds since 1970.
    Milliseconds,
    /// 100 ns since 1970.
    Ticks,
}

/// The figure of a measure, in the making.
#[derive(Debug, Clone)]
pub(crate) enum Accumulator {
    Count(u64),
    Sum(Total),
    Average(Total, u64),
    /// The best so far and which way is better.
    Extreme(Option<Number>, Ordering),
}

/// An exact sum.
#[derive(Debug, Clone, Default)]
pub(crate) struct Total {
    integers: i128,
    decimals: Decimal,
    is_out_of_range: bool,
}

impl Accumulator {
    pub(crate) fn new(function: Function) -> Self {
        match function {
            Function::Count => Self::Count(0),
            Function::Sum => Self::Sum(Total::default()),
            Function::Average => Self::Average(Total::default(), 0),
            Function::Minimum => Self::Extreme(None, Ordering::Less),
            Function::Maximum => Self::Extreme(None, Ordering::Greater),
        }
    }

    /// Takes notice of a value that only counts.
    pub(crate) fn add_one(&mut self) {
        if let Self::Count(count) = self {
            *count += 1;
        }
    }

    pub(crate) fn add(&mut self, number: Number) {
        match self {
            Self::Count(count) => *count += 1,
            Self::Sum(total) => total.add(number),
            Self::Average(total, count) => {
                total.add(number);
                *count += 1;
            }
            Self::Extreme(best, better) => {
                if best.is_none_or(|best| compare(number, best) == *better) {
                    *best = Some(number);
                }
            }
        }
    }

    pub(crate) fn finish(self, unit: Unit) -> Figure {
        match self {
            Self::Count(count) => Figure::Count(count),
            Self::Sum(total) => figure(total.value()),
            Self::Average(_, 0) | Self::Extreme(None, _) => Figure::Null,
            Self::Average(total, count) => {
                let mean = total
                    .value()
                    .and_then(|t| t.checked_div(Decimal::from(count)));
                figure(mean.map(|mean| mean.normalize()))
            }
            Self::Extreme(Some(best), _) => extreme(best, unit),
        }
    }
}

impl Total {
    fn add(&mut self, number: Number) {
        match number {
            // 2^64 of the greatest integers fit.
            Number::Integer(integer) => self.integers += i128::from(integer),
            Number::Double(double) => {
                match decimal(double).and_then(|d| self.decimals.checked_add(d)) {
                    Some(sum) => self.decimals = sum,
                    None => self.is_out_of_range = true,
                }
            }
        }
    }

    fn value(&self) -> Option<Decimal> {
        let integers = Decimal::try_from_i128_with_scale(self.integers, 0).ok()?;
        let total = integers.checked_add(self.decimals)?;
        (!self.is_out_of_range).then_some(total)
    }
}

fn figure(value: Option<Decimal>) -> Figure {
    value.map_or(Figure::OutOfRange, Figure::Decimal)
}

fn extreme(number: Number, unit: Unit) -> Figure {
    let instant = match (number, unit) {
        (Number::Integer(ms), Unit::Milliseconds) => instants::from_milliseconds(ms),
        (Number::Integer(ticks), Unit::Ticks) => {
            Timestamp::from_nanosecond(i128::from(ticks) * NANOSECONDS_PER_TICK).ok()
        }
        _ => None,
    };
    match (instant, number) {
        (Some(instant), _) => Figure::Instant(instant),
        (None, Number::Integer(integer)) => Figure::Decimal(Decimal::from(integer)),
        (None, Number::Double(double)) => {
            decimal(double).map_or(Figure::Double(double), Figure::Decimal)
        }
    }
}

fn compare(left: Number, right: Number) -> Ordering {
    match (left, right) {
        (Number::Integer(left), Number::Integer(right)) => left.cmp(&right),
        (Number::Double(left), Number::Double(right)) => {
            left.partial_cmp(&right).unwrap_or(Ordering::Equal)
        }
        (Number::Integer(left), Number::Double(right)) => mixed(left, right),
        (Number::Double(left), Number::Integer(right)) => mixed(right, left).reverse(),
    }
}

fn mixed(integer: i64, double: f64) -> Ordering {
    match decimal(double) {
        Some(decimal) => Decimal::from(integer).cmp(&decimal),
        None if double > 0.0 => Ordering::Less,
        None => Ordering::Greater,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(function: Function, numbers: &[Number]) -> String {
        let mut accumulator = Accumulator::new(function);
        numbers.iter().for_each(|number| accumulator.add(*number));
        match accumulator.finish(Unit::Plain) {
            Figure::Decimal(decimal) => decimal.to_string(),
            other => format!("{other:?}"),
        }
    }

    fn integers(numbers: &[i64]) -> Vec<Number> {
        numbers.iter().copied().map(Number::Integer).collect()
    }

    fn doubles(numbers: &[f64]) -> Vec<Number> {
        numbers.iter().copied().map(Number::Double).collect()
    }

    #[test]
    fn integers_are_exact_beyond_their_own_width() {
        let greatest = integers(&[i64::MAX, i64::MAX, 1]);
        assert_eq!(shown(Function::Sum, &greatest), "18446744073709551615");
        assert_eq!(
            shown(Function::Average, &integers(&[i64::MAX, i64::MAX - 1])),
            "9223372036854775806.5"
        );
        assert_eq!(shown(Function::Maximum, &greatest), i64::MAX.to_string());
    }

    #[test]
    fn quotients_have_as_many_digits_as_they_need() {
        assert_eq!(shown(Function::Average, &integers(&[1, 2, 3, 4])), "2.5");
        assert_eq!(
            shown(Function::Average, &integers(&[3, 3, 4])),
            "3.3333333333333333333333333333"
        );
    }

    #[test]
    fn tenths_add_up() {
        let tenths = doubles(&[0.1; 10]);
        assert_eq!(shown(Function::Sum, &tenths), "1.0");
        assert_eq!(shown(Function::Average, &tenths), "0.1");
        let mixed = [Number::Integer(1 << 53), Number::Double(0.25)];
        assert_eq!(shown(Function::Sum, &mixed), "9007199254740992.25");
        assert_eq!(shown(Function::Minimum, &mixed), "0.25");
    }

    #[test]
    fn empty_sets_are_defined() {
        assert_eq!(shown(Function::Sum, &[]), "0");
        assert_eq!(shown(Function::Count, &[]), "Count(0)");
        for function in [Function::Average, Function::Minimum, Function::Maximum] {
            assert_eq!(shown(function, &[]), "Null");
        }
    }

    #[test]
    fn what_no_decimal_can_hold_is_said() {
        let huge = doubles(&[1e300, 1.0]);
        assert_eq!(shown(Function::Sum, &huge), "OutOfRange");
        assert_eq!(shown(Function::Maximum, &huge), "Double(1e300)");
        assert_eq!(shown(Function::Minimum, &huge), "1");
        assert_eq!(shown(Function::Sum, &doubles(&[7e28, 7e28])), "OutOfRange");
    }
}
