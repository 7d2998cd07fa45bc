//! Searches: more than conditions on a value (spec 6.9).

/// A search for words in the text index of the type.
///
/// Words are compared ignoring case and endings, but not accents; one of them is enough, and the
/// more of them are found the better. `"several words"` in quotes must all appear in that order;
/// `-word` must not appear.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextQuery {
    /// What to look for.
    pub text: String,
    /// Language of the texts, such as `en` or `de`; that of the index by default.
    pub language: Option<String>,
}

/// A search for a value in any of several attributes: texts may contain it (`*` stands for any
/// characters), enum names too, other values must be equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributeSearch {
    /// Where to look.
    pub paths: Vec<String>,
    /// What to look for.
    pub value: String,
}

/// A search around a point on earth.
#[derive(Debug, Clone, PartialEq)]
pub struct Near {
    /// Attribute of type GeospatialPoint.
    pub path: String,
    /// Degrees east, -180 to 180.
    pub longitude: f64,
    /// Degrees north, -90 to 90.
    pub latitude: f64,
    /// Nearest distance in metres.
    pub min_distance: Option<f64>,
    /// Farthest distance in metres.
    pub max_distance: Option<f64>,
}
