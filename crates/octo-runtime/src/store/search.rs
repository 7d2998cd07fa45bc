//! Searches that are more than conditions on a value.

use super::filter::{Field, FieldPath};

/// A search for words in the text index of a collection (spec 6.9).
#[derive(Debug, Clone, PartialEq)]
pub struct TextSearch {
    /// What is searched for, as written.
    pub text: String,
    /// Language of the texts, such as `en`.
    pub language: String,
    /// Where to look.
    pub fields: Vec<TextField>,
}

/// A field of a text index.
#[derive(Debug, Clone, PartialEq)]
pub struct TextField {
    /// A text, or texts inside a list.
    pub field: Field,
    /// What a hit here counts.
    pub weight: f64,
}

/// How far the point of an attribute is from another one, over the surface of the earth.
#[derive(Debug, Clone, PartialEq)]
pub struct Distance {
    /// Path to a point, or to points inside a list, of which the nearest counts.
    pub path: FieldPath,
    /// Degrees east.
    pub longitude: f64,
    /// Degrees north.
    pub latitude: f64,
    /// Nearest distance that counts, in metres.
    pub min: Option<f64>,
    /// Farthest distance that counts, in metres.
    pub max: Option<f64>,
}

impl Distance {
    /// Whether a distance in metres counts.
    pub fn includes(&self, metres: f64) -> bool {
        self.min.is_none_or(|min| metres >= min) && self.max.is_none_or(|max| metres <= max)
    }
}

/// Radius of the sphere distances are measured on, in metres.
const EARTH_RADIUS: f64 = 6_378_100.0;

/// Metres between two points, each longitude and latitude in degrees, over a sphere.
pub fn distance(from: (f64, f64), to: (f64, f64)) -> f64 {
    let (west, south) = (from.0.to_radians(), from.1.to_radians());
    let (east, north) = (to.0.to_radians(), to.1.to_radians());
    let half = |angle: f64| (angle / 2.0).sin().powi(2);
    let haversine = half(north - south) + south.cos() * north.cos() * half(east - west);
    2.0 * EARTH_RADIUS * haversine.sqrt().min(1.0).asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_globe() {
        let (vienna, salzburg) = ((16.3738, 48.2082), (13.0550, 47.8095));
        let metres = distance(vienna, salzburg);
        assert!((metres - 251_000.0).abs() < 1_000.0, "{metres}");
        assert_eq!(distance(vienna, vienna), 0.0);
        let half_round = distance((0.0, 0.0), (180.0, 0.0));
        assert!((half_round - std::f64::consts::PI * EARTH_RADIUS).abs() < 1.0);
    }
}
