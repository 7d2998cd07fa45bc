//! Pieces of Markdown that values cannot break out of.

/// A value as inline code.
pub(super) fn code(value: &str) -> String {
    let line: String = value
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = line.trim();
    if line.contains('`') {
        let fence = "`".repeat(longest_run(line) + 1);
        format!("{fence} {line} {fence}")
    } else {
        format!("`{line}`")
    }
}

/// A text as a code block.
pub(super) fn block(text: &str) -> String {
    let fence = "`".repeat(longest_run(text).max(2) + 1);
    format!("{fence}\n{}\n{fence}\n", text.trim_end())
}

/// A text as part of a line.
pub(super) fn line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn longest_run(text: &str) -> usize {
    let runs = text.split(|c| c != '`').map(str::len);
    runs.max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stay_inside_their_quotes() {
        assert_eq!(code("a"), "`a`");
        assert_eq!(code("a`b\n# c"), "`` a`b # c ``");
        assert_eq!(block("a\n"), "```\na\n```\n");
        assert_eq!(block("```\nx"), "````\n```\nx\n````\n");
        assert_eq!(line(" a\n# b "), "a # b");
    }
}
