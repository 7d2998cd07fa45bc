//! Nearest known names for a mistyped one.

/// Longest text compared; longer ones are no typing mistakes.
const MAX_LENGTH: usize = 200;

/// Up to `limit` of the candidates that look most like `text`, best first.
pub fn nearest<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a str>,
    limit: usize,
) -> Vec<&'a str> {
    let wanted = text.to_lowercase();
    if wanted.chars().count() > MAX_LENGTH {
        return Vec::new();
    }
    let mut found: Vec<(usize, &str)> = candidates
        .into_iter()
        .filter_map(|name| Some((distance(&wanted, name)?, name)))
        .collect();
    found.sort_unstable();
    found.dedup();
    found.truncate(limit);
    found.into_iter().map(|(_, name)| name).collect()
}

/// `" Did you mean 'A' or 'B'?"`, or nothing when there is no candidate.
pub fn question(names: &[impl AsRef<str>]) -> String {
    let quoted: Vec<String> = names.iter().map(|n| format!("'{}'", n.as_ref())).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => format!(" Did you mean {only}?"),
        Some((last, rest)) => format!(" Did you mean {} or {last}?", rest.join(", ")),
    }
}

/// How far `name` is from `wanted` (lower case): the smaller, the better; `None`: not alike.
fn distance(wanted: &str, name: &str) -> Option<usize> {
    let name = name.to_lowercase();
    if name.chars().count() > MAX_LENGTH {
        return None;
    }
    let tail = |text: &str| text.rsplit(['/', '.']).next().unwrap_or(text).to_owned();
    if tail(&name) == tail(wanted) {
        return Some(0);
    }
    let allowed = (wanted.chars().count() / 4).clamp(1, 6);
    if name.chars().count().abs_diff(wanted.chars().count()) > allowed {
        return None;
    }
    let steps = edit_distance(wanted, &name);
    (steps <= allowed).then_some(steps)
}

fn edit_distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, left) in a.chars().enumerate() {
        let mut diagonal = i;
        row[0] = i + 1;
        for (j, right) in b.iter().enumerate() {
            let replaced = diagonal + usize::from(left != *right);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(diagonal + 1).min(row[j] + 1);
        }
    }
    row[b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_typing_mistakes_and_wrong_models() {
        let known = ["Basic/Tree", "Basic/TreeNode", "System/Entity"];
        assert_eq!(nearest("Basic/Treee", known, 3), ["Basic/Tree"]);
        assert_eq!(nearest("basic/treenode", known, 3), ["Basic/TreeNode"]);
        assert_eq!(nearest("Wrong/Entity", known, 3), ["System/Entity"]);
        assert!(nearest("Something/Else", known, 3).is_empty());
    }

    #[test]
    fn asks_in_plain_words() {
        assert_eq!(question(&[""; 0]), "");
        assert_eq!(question(&["A"]), " Did you mean 'A'?");
        assert_eq!(question(&["A", "B", "C"]), " Did you mean 'A', 'B' or 'C'?");
    }
}
