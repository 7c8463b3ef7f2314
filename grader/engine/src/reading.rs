//! Markdown pages, for reading in a terminal.

mod formula;
mod table;

use anstream::adapter::strip_str;
use anstyle::{AnsiColor, Style};
use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
use table::Table;

use crate::render::wrapped;

const CODE: Style = AnsiColor::Cyan.on_default();
const STRONG: Style = Style::new().bold();
const QUIET: Style = Style::new().dimmed();
/// What stands before the lines of code and formulas.
const INDENT: &str = "    ";

/// A page, with lines that fit the width.
pub fn page(markdown: &str, width: usize) -> String {
    let options = Options::ENABLE_TABLES | Options::ENABLE_MATH;
    let mut page = Page { width, ..Page::default() };
    for event in Parser::new_ext(markdown, options) {
        page.take(event);
    }
    page.text.trim_end().to_owned() + "\n"
}

/// The parts of a page that a heading of the second level begins: the heading, and what follows.
pub fn sections(markdown: &str) -> Vec<&str> {
    let starts = markdown.match_indices("\n## ").map(|(at, _)| at + 1);
    let starts: Vec<_> =
        markdown.starts_with("## ").then_some(0).into_iter().chain(starts).collect();
    let ends = starts.iter().skip(1).copied().chain([markdown.len()]);
    starts.iter().zip(ends).map(|(start, end)| &markdown[*start..end]).collect()
}

/// What is written so far.
#[derive(Default)]
struct Page {
    text: String,
    width: usize,
    /// The words of the paragraph, with their styles.
    words: String,
    /// The lists that the text is in: their next number, where they have numbers.
    lists: Vec<Option<u64>>,
    /// What stands before the first line of a list's item.
    bullet: String,
    /// Where the link leads that the text is in.
    link: String,
    code: Option<String>,
    table: Option<Table>,
}

impl Page {
    fn take(&mut self, event: Event) {
        match event {
            Event::Start(tag) => self.start(tag),
            Event::End(tag) => self.end(tag),
            Event::Text(text) => match &mut self.code {
                Some(code) => *code += &text,
                None => self.words += &text,
            },
            Event::Code(code) => self.styled(CODE, &code),
            Event::InlineMath(latex) => self.words += &formula::lines(&latex).join(" "),
            Event::DisplayMath(latex) => {
                self.paragraph();
                self.block(&formula::lines(&latex), Style::new());
            }
            Event::SoftBreak => self.words.push(' '),
            Event::HardBreak => self.words.push('\n'),
            Event::Rule => self.block(&["─".repeat(8)], QUIET),
            // Comments, and what only a browser shows.
            Event::Html(_) | Event::InlineHtml(_) => (),
            Event::FootnoteReference(_) | Event::TaskListMarker(_) => (),
        }
    }

    fn start(&mut self, tag: Tag) {
        match tag {
            Tag::Heading { .. } | Tag::Strong => self.words += &STRONG.to_string(),
            Tag::Emphasis => self.words += &Style::new().italic().to_string(),
            Tag::CodeBlock(_) => {
                self.paragraph();
                self.code = Some(String::new());
            }
            Tag::List(number) => {
                self.paragraph();
                self.lists.push(number);
            }
            Tag::Item => self.item(),
            Tag::Link { dest_url, .. } => self.link = dest_url.into_string(),
            Tag::Table(_) => self.table = Some(Table::default()),
            _ => (),
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) => {
                self.words += &format!("{STRONG:#}");
                self.paragraph();
            }
            TagEnd::Strong | TagEnd::Emphasis => self.words += &format!("{STRONG:#}"),
            TagEnd::Paragraph | TagEnd::Item => self.paragraph(),
            TagEnd::CodeBlock => {
                let code = self.code.take().unwrap_or_default();
                self.block(&code.lines().collect::<Vec<_>>(), CODE);
            }
            TagEnd::List(_) => self.list_ends(),
            TagEnd::Link => self.link_ends(),
            TagEnd::TableCell => self.cell(),
            TagEnd::TableHead | TagEnd::TableRow => {
                self.table.as_mut().into_iter().for_each(Table::end_row);
            }
            TagEnd::Table => self.table_ends(),
            _ => (),
        }
    }

    fn list_ends(&mut self) {
        self.lists.pop();
        if self.lists.is_empty() {
            self.text.push('\n');
        }
    }

    fn styled(&mut self, style: Style, text: &str) {
        self.words += &format!("{style}{text}{style:#}");
    }

    /// Says where a link leads, where its text does not.
    fn link_ends(&mut self) {
        let link = std::mem::take(&mut self.link);
        let says_it = strip_str(&self.words).to_string().ends_with(&link);
        if !link.starts_with('#') && !says_it {
            self.words.push(' ');
            self.styled(QUIET, &format!("({link})"));
        }
    }

    fn item(&mut self) {
        self.paragraph();
        self.bullet = match self.lists.last_mut() {
            Some(Some(number)) => {
                *number += 1;
                format!("{}. ", *number - 1)
            }
            _ => "• ".to_owned(),
        };
    }

    /// Writes the words as a paragraph.
    fn paragraph(&mut self) {
        let words = std::mem::take(&mut self.words);
        if words.is_empty() {
            return;
        }
        let bullet = std::mem::take(&mut self.bullet);
        let outer = "  ".repeat(self.lists.len().saturating_sub(1));
        let hang = if self.lists.is_empty() { "" } else { "  " };
        let (first, others) = match bullet.as_str() {
            "" => (outer.clone() + hang, outer + hang),
            bullet => (outer.clone() + bullet, outer + &" ".repeat(bullet.chars().count())),
        };
        for (at, line) in words.split('\n').enumerate() {
            let first = if at == 0 { &first } else { &others };
            for line in wrapped(line, self.width, first, &others) {
                self.text += &line;
                self.text.push('\n');
            }
        }
        if self.lists.is_empty() {
            self.text.push('\n');
        }
    }

    /// Writes lines that stay as they are, as far as they fit.
    fn block<S: AsRef<str>>(&mut self, lines: &[S], style: Style) {
        for line in lines.iter().map(AsRef::as_ref) {
            let text = line.trim_start();
            let indent = format!("{INDENT}{}", &line[..line.len() - text.len()]);
            for line in wrapped(text, self.width, &indent, &format!("{indent}{INDENT}")) {
                self.text += &format!("{style}{line}{style:#}\n");
            }
        }
        self.text.push('\n');
    }

    fn cell(&mut self) {
        let words = std::mem::take(&mut self.words);
        self.table.as_mut().into_iter().for_each(|table| table.push(words.clone()));
    }

    fn table_ends(&mut self) {
        if let Some(table) = self.table.take() {
            self.text += &table.text(self.width);
            self.text.push('\n');
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# 2.2 · The *scalar* neuron

Edit [`src/lib.rs`](src/lib.rs), then see [the guide](../guide.md) and go on with a longer line of words.

```
cargo test -p ex_2_2       # the visible tests
```

## What to build

| function | takes |
|---|---|
| `forward` | x, w, b, y and whatever else there is to take for it |

    z = w·x + b

1. one
2. two, which is so long that it does not fit into a single line of forty columns

- At $\\frac{\\partial L}{\\partial w}$:

$$\\begin{aligned} a &= b \\\\ c &= d \\end{aligned}$$
";

    fn plain(width: usize) -> String {
        strip_str(&page(PAGE, width)).to_string()
    }

    #[test]
    fn a_page_is_read_in_forty_columns() {
        let expected = "\
2.2 · The scalar neuron

Edit src/lib.rs, then see the guide
(../guide.md) and go on with a longer
line of words.

    cargo test -p ex_2_2       # the
        visible tests

What to build

function  takes
────────────────────────────────────────
forward   x, w, b, y and whatever else
          there is to take for it

    z = w·x + b

1. one
2. two, which is so long that it does
   not fit into a single line of forty
   columns

• At ∂L/∂w:

    a = b
    c = d
";
        assert_eq!(plain(40), expected);
    }

    #[test]
    fn no_line_is_wider_than_the_page() {
        for width in [40, 60, 80] {
            let page = plain(width);
            let too_wide = page.lines().find(|line| line.chars().count() > width);
            assert_eq!(too_wide, None, "{width}");
        }
    }

    #[test]
    fn a_page_falls_into_its_sections() {
        let sections = sections("# Hints\n\nword\n\n## One\n\na\n\n## Two\n\nb\n");
        assert_eq!(sections, ["## One\n\na\n\n", "## Two\n\nb\n"]);
    }
}
