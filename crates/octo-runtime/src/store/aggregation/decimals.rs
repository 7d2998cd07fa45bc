//! Doubles as decimals of 15 significant digits, the most a double always keeps.

use rust_decimal::Decimal;

/// Digits of a double that survive any conversion.
const DIGITS: usize = 15;
/// Digits after the point a decimal can have.
const MAX_SCALE: i32 = 28;
/// Powers of ten that are exact doubles and cover the prices, weights and readings of practice.
const POWERS: [f64; 10] = [1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9];

/// The number at 15 significant digits, without trailing zeros; `None` beyond the range of
/// decimals.
pub(crate) fn decimal(number: f64) -> Option<Decimal> {
    short(number).or_else(|| long(number))
}

/// Numbers with few digits, without a detour through text. Both steps of the check are exact up to
/// the one rounding that defines the double of a decimal, and no two decimals of 15 digits have the
/// same double, so a decimal found here is the right one.
fn short(number: f64) -> Option<Decimal> {
    for (scale, power) in (0_u32..).zip(POWERS) {
        let digits = (number * power).round();
        if digits.abs() >= 1e15 || digits.is_nan() {
            return None;
        }
        if digits / power == number {
            return Some(Decimal::new(digits as i64, scale));
        }
    }
    None
}

fn long(number: f64) -> Option<Decimal> {
    let text = format!("{number:.*e}", DIGITS - 1);
    let (digits, exponent) = text.split_once('e')?;
    let mut digits: i128 = digits.replace('.', "").parse().ok()?;
    let mut scale = i32::try_from(DIGITS).ok()? - 1 - exponent.parse::<i32>().ok()?;
    while digits != 0 && digits % 10 == 0 {
        digits /= 10;
        scale -= 1;
    }
    while scale > MAX_SCALE && digits != 0 {
        // Too small to be kept whole: rounded half away from zero in the last step.
        let is_last = scale == MAX_SCALE + 1;
        let half = if is_last { 5 * digits.signum() } else { 0 };
        digits = (digits + half) / 10;
        scale -= 1;
    }
    if digits == 0 {
        return Some(Decimal::ZERO);
    }
    while scale < 0 {
        digits = digits.checked_mul(10)?;
        scale += 1;
    }
    Decimal::try_from_i128_with_scale(digits, u32::try_from(scale).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn doubles_are_taken_at_fifteen_digits() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "0"),
            (0.1 + 0.2, "0.3"),
            (10.0, "10"),
            (-12.50, "-12.5"),
            (1.0 / 3.0, "0.333333333333333"),
            (123_456_789_012_345_680.0, "123456789012346000"),
            (1e28, "10000000000000000000000000000"),
            (1.5e-28, "0.0000000000000000000000000002"),
            (1e-300, "0"),
            (5e-29, "0.0000000000000000000000000001"),
        ] {
            assert_eq!(decimal(number).unwrap().to_string(), expected, "{number}");
        }
        for beyond in [1e29, -1e300, f64::INFINITY, f64::NAN] {
            assert_eq!(decimal(beyond), None, "{beyond}");
        }
    }

    proptest! {
        #[test]
        fn decimals_survive_being_doubles(digits in -999_999_999_999_999_i64..=999_999_999_999_999, scale in 0_u32..=20) {
            let exact = Decimal::new(digits, scale);
            let double: f64 = exact.to_string().parse().unwrap();
            prop_assert_eq!(decimal(double), Some(exact));
        }

        #[test]
        fn both_ways_agree(number in -1e15..1e15_f64) {
            if let Some(short) = short(number) {
                prop_assert_eq!(Some(short), long(number));
            }
        }
    }
}
