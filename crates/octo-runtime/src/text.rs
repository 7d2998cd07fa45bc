//! Searching for words in texts (spec 6.9).
//!
//! Texts are cut into words of letters and digits. Words are compared ignoring case and, in
//! languages with a known stemmer, ignoring endings; accents count. Very common words are left out
//! of a search as long as others remain.

use std::borrow::Cow;

use rust_stemmers::{Algorithm, Stemmer};

/// What a search asks for.
pub(crate) struct Words {
    /// Stems of which one must be found.
    any: Vec<String>,
    /// Sequences of words that must all be found.
    phrases: Vec<Vec<String>>,
    /// Stems that must not be found.
    none: Vec<String>,
    stemmer: Option<Stemmer>,
}

impl Words {
    /// Reads a search: words, `"phrases"` and `-excluded` words.
    pub(crate) fn of(text: &str, language: &str) -> Self {
        let stemmer = algorithm(language).map(Stemmer::create);
        let mut words = Self {
            any: Vec::new(),
            phrases: Vec::new(),
            none: Vec::new(),
            stemmer,
        };
        let mut plain = Vec::new();
        // Every second part stands between quotes.
        for (at, part) in text.split('"').enumerate() {
            if at % 2 == 1 {
                let phrase: Vec<String> = split(part).collect();
                plain.extend(phrase.iter().cloned());
                if phrase.len() > 1 {
                    words.phrases.push(phrase);
                }
            } else {
                words.read_plain(part, &mut plain);
            }
        }
        let is_common = |word: &String| COMMON.contains(&word.as_str());
        if !plain.iter().all(is_common) {
            plain.retain(|word| !is_common(word));
        }
        words.any = plain
            .iter()
            .map(|word| words.stem(word).into_owned())
            .collect();
        words.any.sort_unstable();
        words.any.dedup();
        words
    }

    fn read_plain(&mut self, text: &str, plain: &mut Vec<String>) {
        for token in text.split_whitespace() {
            match token.strip_prefix('-') {
                Some(excluded) => {
                    let stems: Vec<_> = split(excluded)
                        .map(|word| self.stem(&word).into_owned())
                        .collect();
                    self.none.extend(stems);
                }
                None => plain.extend(split(token)),
            }
        }
    }

    /// Whether anything can be found.
    pub(crate) fn asks_for_something(&self) -> bool {
        !self.any.is_empty()
    }

    /// How well texts match, each with its weight: greater than 0, or `None` if they do not.
    pub(crate) fn score<'t>(&self, texts: impl Iterator<Item = (f64, &'t str)>) -> Option<f64> {
        let mut score = 0.0;
        let mut found_phrases = vec![false; self.phrases.len()];
        for (weight, text) in texts {
            let words: Vec<String> = split(text).collect();
            let stems: Vec<Cow<'_, str>> = words.iter().map(|word| self.stem(word)).collect();
            if stems
                .iter()
                .any(|stem| self.none.iter().any(|none| none == stem))
            {
                return None;
            }
            for (found, phrase) in found_phrases.iter_mut().zip(&self.phrases) {
                *found = *found || words.windows(phrase.len()).any(|part| part == phrase);
            }
            score += weight * self.text_score(&stems);
        }
        (score > 0.0 && found_phrases.into_iter().all(|found| found)).then_some(score)
    }

    /// Repetitions of a word count half as much each, words of short texts more than of long ones.
    fn text_score(&self, stems: &[Cow<'_, str>]) -> f64 {
        let of_word = |wanted: &String| {
            let count = stems.iter().filter(|stem| *stem == wanted).count();
            if count == 0 {
                return 0.0;
            }
            let repetitions = 2.0 - 0.5_f64.powi(i32::try_from(count - 1).unwrap_or(i32::MAX));
            repetitions * (0.5 + 0.5 * count as f64 / stems.len() as f64)
        };
        self.any.iter().map(of_word).sum()
    }

    fn stem<'w>(&self, word: &'w str) -> Cow<'w, str> {
        match &self.stemmer {
            Some(stemmer) => stemmer.stem(word),
            None => Cow::Borrowed(word),
        }
    }
}

fn split(text: &str) -> impl Iterator<Item = String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
}

/// The stemmer of a language, by its code or English name.
fn algorithm(language: &str) -> Option<Algorithm> {
    Some(match language.trim().to_ascii_lowercase().as_str() {
        "en" | "english" => Algorithm::English,
        "de" | "german" => Algorithm::German,
        "fr" | "french" => Algorithm::French,
        "it" | "italian" => Algorithm::Italian,
        "es" | "spanish" => Algorithm::Spanish,
        "pt" | "portuguese" => Algorithm::Portuguese,
        "nl" | "dutch" => Algorithm::Dutch,
        "da" | "danish" => Algorithm::Danish,
        "sv" | "swedish" => Algorithm::Swedish,
        "nb" | "no" | "norwegian" => Algorithm::Norwegian,
        "fi" | "finnish" => Algorithm::Finnish,
        "hu" | "hungarian" => Algorithm::Hungarian,
        "ro" | "romanian" => Algorithm::Romanian,
        "ru" | "russian" => Algorithm::Russian,
        "tr" | "turkish" => Algorithm::Turkish,
        _ => return None,
    })
}

/// Words too common to find anything by.
const COMMON: [&str; 44] = [
    "a", "an", "and", "are", "as", "at", "be", "by", "for", "from", "in", "is", "it", "of", "on",
    "or", "that", "the", "this", "to", "was", "with", "der", "die", "das", "den", "dem", "des",
    "ein", "eine", "und", "oder", "ist", "im", "am", "zu", "mit", "von", "für", "auf", "le", "la",
    "les", "et",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn score(search: &str, text: &str) -> Option<f64> {
        Words::of(search, "en").score(std::iter::once((1.0, text)))
    }

    #[test]
    fn case_and_endings_do_not_count_but_accents_do() {
        assert!(score("PUMPS", "A pump in the cellar").is_some());
        assert!(score("running", "It runs").is_some());
        assert!(score("cafe", "Café").is_none());
        assert!(score("café", "CAFÉ").is_some());
        assert!(
            Words::of("Häuser", "de")
                .score([(1.0, "häuser")].into_iter())
                .is_some()
        );
        assert!(
            Words::of("pumps", "xx")
                .score([(1.0, "pump")].into_iter())
                .is_none()
        );
    }

    #[test]
    fn one_word_is_enough_and_more_are_better() {
        let one = score("red pump", "a green pump").unwrap();
        let both = score("red pump", "a red pump").unwrap();
        assert!(both > one);
        assert!(score("the pump", "the house").is_none());
        assert!(score("the", "the house").is_some());
        let weighted = Words::of("pump", "en")
            .score([(5.0, "pump")].into_iter())
            .unwrap();
        assert!(weighted > score("pump", "pump").unwrap());
    }

    #[test]
    fn phrases_and_exclusions_are_kept() {
        assert!(score("\"red pump\"", "the red pump").is_some());
        assert!(score("\"red pump\"", "pump red").is_none());
        assert!(score("pump -red", "red pump").is_none());
        assert!(score("pump -red", "blue pump").is_some());
        assert!(!Words::of("-red", "en").asks_for_something());
        assert!(!Words::of(" !? ", "en").asks_for_something());
        assert!(score("\"unclosed pump", "unclosed pump").is_some());
    }
}
