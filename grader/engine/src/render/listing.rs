//! Text with lines of its own, such as the compiler's, within the width of a page.

use textwrap::core::display_width;

use super::terminal::wrapped;

/// What a label beside code is given at least, in columns; it moves to the left where it has less.
const LABEL_COLUMNS: usize = 24;

/// A line of the compiler's.
enum Line<'a> {
    /// `12 |     let z = w * x;`
    Code,
    /// What is said below such a line: the part up to the bar, and what comes after.
    Label(&'a str, &'a str),
    /// ` --> src/lib.rs:12:5`
    Place,
    Prose,
}

/// The lines of a text, folded where they are too wide. Code is cut, for what points at it would point
/// elsewhere; a path stays whole.
pub fn folded(text: &str, width: usize) -> Vec<String> {
    text.lines().flat_map(|line| fold(line, width)).collect()
}

fn fold(line: &str, width: usize) -> Vec<String> {
    if display_width(line) <= width {
        return vec![line.to_owned()];
    }
    match kind(line) {
        Line::Code => vec![cut(line, width)],
        Line::Place => vec![line.to_owned()],
        Line::Label(gutter, label) => below(gutter, label, width),
        Line::Prose => {
            let indent = " ".repeat(indent_of(line));
            // Under the words of a note.
            let hang = if line.trim_start().starts_with("= ") { "  " } else { "" };
            wrapped(line.trim_start(), width, &indent, &(indent.clone() + hang))
        }
    }
}

/// A label that is too wide, below its marks, which stay where they point.
fn below(gutter: &str, label: &str, width: usize) -> Vec<String> {
    let words = label.trim_start_matches([' ', '^', '-', '+', '~', '_', '|']);
    let marks = label.strip_suffix(words).unwrap_or_default().trim_end();
    let room = width.saturating_sub(gutter.chars().count() + LABEL_COLUMNS);
    let indent = gutter.to_owned() + &" ".repeat(indent_of(label).min(room).max(1));
    let marked = (!marks.is_empty()).then(|| cut(&format!("{gutter}{marks}"), width));
    let told = if words.is_empty() { Vec::new() } else { wrapped(words, width, &indent, &indent) };
    marked.into_iter().chain(told).collect()
}

fn kind(line: &str) -> Line<'_> {
    let text = line.trim_start();
    let after_number = text.trim_start_matches(|it: char| it.is_ascii_digit());
    let has_number = after_number.len() < text.len();
    match line.split_once('|') {
        _ if text.starts_with("--> ") || text.starts_with("::: ") => Line::Place,
        _ if has_number
            && [" |", " ~", " +", " -"].iter().any(|it| after_number.starts_with(it)) =>
        {
            Line::Code
        }
        Some((before, label)) if before.trim().is_empty() => {
            Line::Label(&line[..before.len() + 1], label)
        }
        _ => Line::Prose,
    }
}

fn indent_of(text: &str) -> usize {
    text.chars().take_while(|it| *it == ' ').count()
}

/// The beginning of a line, where it is too wide.
pub fn cut(line: &str, width: usize) -> String {
    if display_width(line) <= width {
        return line.to_owned();
    }
    let mut room = width.saturating_sub(2);
    let fits = |letter: &char| {
        let columns = display_width(letter.encode_utf8(&mut [0; 4]));
        room.checked_sub(columns).inspect(|left| room = *left).is_some()
    };
    line.chars().take_while(fits).collect::<String>() + " …"
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "\
error[E0277]: cannot multiply `f64` by `bool`
  --> exercises/ex_2_2/src/lib.rs:40:17
   |
40 |     let db = dz * true; // and a long comment after it
   |                 ^ no implementation for `f64 * bool`
   |
   = help: the trait `Mul<bool>` is not implemented for `f64`";

    #[test]
    fn a_message_that_fits_stays_as_it_is() {
        assert_eq!(folded(MESSAGE, 80).join("\n"), MESSAGE);
    }

    #[test]
    fn a_message_is_folded_at_words_and_code_is_cut() {
        let expected = "\
error[E0277]: cannot multiply `f64` by
`bool`
  --> exercises/ex_2_2/src/lib.rs:40:17
   |
40 |     let db = dz * true; // and  …
   |                 ^
   |          no implementation for
   |          `f64 * bool`
   |
   = help: the trait `Mul<bool>` is
     not implemented for `f64`";
        assert_eq!(folded(MESSAGE, 38).join("\n"), expected);
    }

    #[test]
    fn marks_that_go_on_beyond_the_page_are_cut() {
        assert_eq!(folded("   |    +++++++++++++", 12), ["   |    ++ …"]);
    }

    #[test]
    fn wide_letters_are_counted_by_their_columns() {
        assert_eq!(cut("字字字字", 6), "字字 …");
    }
}
