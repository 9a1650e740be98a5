//! Text of strangers, made harmless to keep: one line, bounded, without what moves the cursor or the reading direction.

/// Longest summary that is kept, in characters.
pub const LONGEST_SUMMARY: usize = 200;

/// The text's first sentence or line, in one line, at most so many characters, without control and formatting
/// characters.
pub fn one_line(text: &str, longest: usize) -> String {
    let mut out = String::new();
    let mut count = 0;
    // Only a bounded part is looked at: texts of megabytes are not a reason to spend time.
    for word in text.split_whitespace().take(longest) {
        let word: String = word.chars().filter(|c| is_plain(*c)).take(longest + 1).collect();
        let length = word.chars().count();
        if length == 0 {
            continue;
        }
        if count + length + usize::from(count > 0) > longest {
            let room = longest.saturating_sub(count + usize::from(count > 0) + 1);
            if room > 8 || count == 0 {
                if count > 0 {
                    out.push(' ');
                }
                out.extend(word.chars().take(room));
            }
            out.push('…');
            break;
        }
        if count > 0 {
            out.push(' ');
            count += 1;
        }
        out.push_str(&word);
        count += length;
    }
    out
}

/// Whether the character only stands for itself: no controls, no marks of direction, nothing invisible.
fn is_plain(c: char) -> bool {
    !c.is_control()
        && !matches!(c, '\u{00AD}' | '\u{061C}' | '\u{180E}' | '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}' | '\u{FFF0}'..='\u{FFFB}'
            | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether the text can be an id, or a version, of a record: ASCII that is visible, at most 128 characters.
pub fn is_identifier(text: &str) -> bool {
    !text.is_empty() && text.len() <= 128 && text.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_is_one_bounded_line() {
        assert_eq!(one_line("a\u{1b}[31m\n\n  b\u{202e}c\u{0}", 50), "a[31m bc");
        assert_eq!(one_line(&"word ".repeat(100), 20), "word word word word…");
        assert_eq!(one_line(&"x".repeat(1_000_000), 20).chars().count(), 20);
        assert_eq!(one_line("exactly ten", 11), "exactly ten");
        assert_eq!(one_line("", 5), "");
        assert!(!is_identifier("GHSA\u{2014}1") && !is_identifier("a b") && is_identifier("GHSA-35jh-r3h4-6jhm"));
    }
}
