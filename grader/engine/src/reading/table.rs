//! A table of a page.

use anstyle::Style;
use textwrap::core::display_width;

use crate::render::wrapped;

const STRONG: Style = Style::new().bold();
/// What stands between two columns.
const GAP: &str = "  ";

/// The cells of a table, with their styles; the first row is the head.
#[derive(Default)]
pub struct Table {
    rows: Vec<Vec<String>>,
    row: Vec<String>,
}

impl Table {
    pub fn push(&mut self, cell: String) {
        self.row.push(cell);
    }

    pub fn end_row(&mut self) {
        self.rows.push(std::mem::take(&mut self.row));
    }

    /// The table in columns; row by row where a column would be narrower than its longest word.
    pub fn text(&self, width: usize) -> String {
        match self.widths(width) {
            Some(widths) => self.in_columns(&widths),
            None => self.row_by_row(width),
        }
    }

    /// The widths of the columns; `None` where they do not fit.
    fn widths(&self, width: usize) -> Option<Vec<usize>> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or_default();
        let of = |measure: fn(&str) -> usize| -> Vec<usize> {
            let cells = |column: usize| self.rows.iter().filter_map(move |row| row.get(column));
            let widest = |column| cells(column).map(|cell| measure(cell)).max().unwrap_or_default();
            (0..columns).map(widest).collect()
        };
        let (mut widths, least) = (of(display_width), of(longest_word));
        let room = width.checked_sub(GAP.len() * columns.saturating_sub(1))?;
        if least.iter().sum::<usize>() > room {
            return None;
        }
        // The widest column gives way, as far as its words allow.
        while widths.iter().sum::<usize>() > room {
            let may_give = (0..columns).filter(|at| widths[*at] > least[*at]);
            let widest = may_give.max_by_key(|at| widths[*at])?;
            widths[widest] -= 1;
        }
        Some(widths)
    }

    fn in_columns(&self, widths: &[usize]) -> String {
        let mut text = String::new();
        for (at, row) in self.rows.iter().enumerate() {
            let cells = row.iter().zip(widths);
            let cells: Vec<_> = cells.map(|(cell, width)| wrapped(cell, *width, "", "")).collect();
            for line in 0..cells.iter().map(Vec::len).max().unwrap_or_default() {
                let part = |(cell, width): (&Vec<String>, &usize)| {
                    let part = cell.get(line).map_or("", String::as_str);
                    let part =
                        if at == 0 { format!("{STRONG}{part}{STRONG:#}") } else { part.to_owned() };
                    let fill = width.saturating_sub(display_width(&part));
                    part + &" ".repeat(fill)
                };
                let parts: Vec<_> = cells.iter().zip(widths).map(part).collect();
                text += parts.join(GAP).trim_end();
                text.push('\n');
            }
            if at == 0 {
                let gaps = GAP.len() * widths.len().saturating_sub(1);
                text += &"─".repeat(widths.iter().sum::<usize>() + gaps);
                text.push('\n');
            }
        }
        text
    }

    fn row_by_row(&self, width: usize) -> String {
        let Some((head, rows)) = self.rows.split_first() else { return String::new() };
        let row = |row: &Vec<String>| {
            let cells = head.iter().zip(row).map(|(name, cell)| {
                wrapped(&format!("{STRONG}{name}:{STRONG:#} {cell}"), width, "", GAP).join("\n")
                    + "\n"
            });
            cells.collect::<String>()
        };
        rows.iter().map(row).collect::<Vec<_>>().join("\n")
    }
}

fn longest_word(cell: &str) -> usize {
    cell.split_whitespace().map(display_width).max().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn table(rows: &[&[&str]]) -> Table {
        let mut table = Table::default();
        for row in rows {
            row.iter().for_each(|cell| table.push((*cell).to_owned()));
            table.end_row();
        }
        table
    }

    #[test]
    fn the_widest_column_gives_way() {
        let table = table(&[&["step", "question"], &["loss", "how fast does L follow a?"]]);
        let expected = "\
step  question
────────────────────
loss  how fast does
      L follow a?
";
        assert_eq!(strip_str(&table.text(20)).to_string(), expected);
    }

    #[test]
    fn a_table_that_does_not_fit_is_told_row_by_row() {
        let table = table(&[&["NumPy", "Rust"], &["np.tanh(z)", "z.tanh()"], &["a", "b"]]);
        let expected = "NumPy: np.tanh(z)\nRust: z.tanh()\n\nNumPy: a\nRust: b\n";
        assert_eq!(strip_str(&table.text(17)).to_string(), expected);
    }
}
