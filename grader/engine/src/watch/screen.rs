//! The terminal while a lesson is watched: a page that can be scrolled, and a line of keys below it.

use std::{
    borrow::Cow,
    io::{self, Write, stdout},
    ops::Range,
    panic,
    sync::Once,
    thread,
};

use anstream::{AutoStream, ColorChoice, adapter::strip_str};
use anstyle::Style;
use crossterm::{
    cursor::{Hide, MoveTo, Show},
    execute, queue,
    style::Print,
    terminal::{
        self, Clear, ClearType, DisableLineWrap, EnableLineWrap, EnterAlternateScreen,
        LeaveAlternateScreen,
    },
};
use textwrap::{Options, WordSeparator, WordSplitter, core::display_width};

/// The keys, by their first letter.
const KEYS: [&str; 6] = ["hint", "explain", "list", "next", "brief", "quit"];
/// Those of a page that is not the report.
const KEYS_ASIDE: [&str; 6] = ["hint", "list", "next", "brief", "quit", BACK];
/// The key that leads back to the report; it is pressed as a whole.
const BACK: &str = "esc";
/// What the line of keys needs where letters are in brackets.
const WIDE: usize = 60;
const QUIET: Style = Style::new().dimmed();
const LETTER: Style = Style::new().underline();

/// A terminal that shows a page. It is given back as it was when this is dropped, and when the program panics.
pub struct Screen {
    lines: Vec<String>,
    /// The first row of the page that is shown.
    top: usize,
    /// Whether the page is another than the report.
    is_aside: bool,
    has_styles: bool,
}

impl Screen {
    /// # Errors
    /// When the terminal does not do what it is told.
    pub fn enter() -> io::Result<Self> {
        give_back_on_panic();
        let has_styles = AutoStream::choice(&stdout()) != ColorChoice::Never;
        terminal::enable_raw_mode()?;
        // From here on, dropping it gives the terminal back.
        let screen = Self { lines: Vec::new(), top: 0, is_aside: false, has_styles };
        execute!(stdout(), EnterAlternateScreen, DisableLineWrap, Hide)?;
        Ok(screen)
    }

    /// Shows a page from its beginning.
    pub fn show(&mut self, text: &str, notice: &str, is_aside: bool) -> io::Result<()> {
        self.top = 0;
        self.redraw(text, notice, is_aside)
    }

    /// Shows a page, from where the last one was scrolled to.
    pub fn redraw(&mut self, text: &str, notice: &str, is_aside: bool) -> io::Result<()> {
        self.is_aside = is_aside;
        let text = if self.has_styles { text.to_owned() } else { strip_str(text).to_string() };
        self.lines = text.lines().map(str::to_owned).collect();
        self.draw(notice)
    }

    pub fn scroll(&mut self, lines: isize) {
        self.top = self.top.saturating_add_signed(lines);
    }

    /// Shows the page as it is, and a notice above the keys.
    pub fn draw(&mut self, notice: &str) -> io::Result<()> {
        let (columns, rows) = terminal::size()?;
        let (columns, rows) = (usize::from(columns), usize::from(rows));
        let page: Vec<_> = self.lines.iter().flat_map(|line| in_rows(line, columns)).collect();
        let notice = in_rows(notice, columns);
        let room = rows.saturating_sub(1 + notice.len());
        self.top = self.top.min(page.len().saturating_sub(room));
        let shown = self.top..page.len().min(self.top + room);
        let footer = self.footer(columns, &shown, page.len());
        let blank = vec![Cow::default(); room - shown.len()];
        let mut output = stdout().lock();
        let lines = page[shown].iter().chain(&blank).chain(&notice).map(|line| &**line);
        for (row, line) in (0..).zip(lines.chain([&*footer])) {
            // Cleared first: afterwards the last letter of a full line would be cleared.
            queue!(output, MoveTo(0, row), Clear(ClearType::CurrentLine), Print(line))?;
            if self.has_styles {
                queue!(output, Print(anstyle::Reset.render()))?;
            }
        }
        output.flush()
    }

    /// The keys, and which of so many rows are shown where there are more.
    fn footer(&self, columns: usize, shown: &Range<usize>, count: usize) -> String {
        let is_wide = columns >= WIDE;
        let keys = if self.is_aside { KEYS_ASIDE } else { KEYS };
        let keys = keys.map(|key| if is_wide { bracketed(key) } else { self.underlined(key) });
        let keys = keys.join(if is_wide { "  " } else { " " });
        let arrows = match (shown.start > 0, shown.end < count) {
            (false, false) => String::new(),
            (true, false) => "↑".to_owned(),
            (false, true) => "↓".to_owned(),
            (true, true) => "↕".to_owned(),
        };
        let place = match arrows.as_str() {
            "" => arrows,
            arrows if is_wide => format!("  {arrows} {}–{} of {count}", shown.start + 1, shown.end),
            arrows => format!(" {arrows}"),
        };
        if self.has_styles { format!("{QUIET}{keys}{place}{QUIET:#}") } else { keys + &place }
    }

    /// A key where there is no room for brackets.
    fn underlined(&self, key: &str) -> String {
        if !self.has_styles || key == BACK {
            return key.to_owned();
        }
        format!("{LETTER}{}{LETTER:#}{QUIET}{}", &key[..1], &key[1..])
    }
}

fn bracketed(key: &str) -> String {
    match key {
        BACK => format!("[{BACK}] back"),
        key => format!("[{}]{}", &key[..1], &key[1..]),
    }
}

/// A line in as many rows of the screen as it needs, and one at least. A word is broken only where a row is too
/// narrow for it.
fn in_rows(line: &str, columns: usize) -> Vec<Cow<'_, str>> {
    if display_width(line) <= columns {
        return vec![line.into()];
    }
    let options = Options::new(columns).word_separator(WordSeparator::AsciiSpace);
    textwrap::wrap(line, options.word_splitter(WordSplitter::NoHyphenation))
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    // There is nobody to tell.
    let _ = execute!(stdout(), Show, EnableLineWrap, LeaveAlternateScreen);
    let _ = terminal::disable_raw_mode();
}

/// Where the thread that shows things panics, its message is for the terminal as it was. Elsewhere it would
/// stand across the page: a check that panics says so in its report.
fn give_back_on_panic() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let shows = thread::current().id();
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if thread::current().id() == shows {
                give_back();
                tell(panic);
            }
        }));
    });
}

#[cfg(test)]
#[path = "../../tests/support/terminal.rs"]
#[allow(dead_code, reason = "the tests that drive the program use the rest")]
mod terminal_of_tests;

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::{terminal_of_tests::Terminal, *};

    /// What the test below runs in a terminal of its own.
    #[test]
    #[ignore = "run by another test, in a terminal"]
    fn panics_with_a_page_on_the_screen() {
        let mut screen = Screen::enter().unwrap();
        screen.show("the page", "the notice", false).unwrap();
        let aside = thread::spawn(|| panic!("of a check")).join();
        assert!(aside.is_err());
        io::stdin().read_line(&mut String::new()).unwrap();
        panic!("of the watch");
    }

    #[test]
    fn a_panic_gives_the_terminal_back_and_is_told_there() {
        if Command::new("setsid").arg("--version").output().is_err() {
            let _ = writeln!(io::stderr(), "PANIC NOT TESTED: this machine has no `setsid`");
            return;
        }
        let mut program = Command::new(std::env::current_exe().unwrap());
        let name = "watch::screen::tests::panics_with_a_page_on_the_screen";
        program.args(["--exact", name, "--ignored", "--nocapture"]).current_dir("/");
        let mut terminal = Terminal::run(&program, 80, 24);
        let page = terminal.wait_for("the notice");
        assert!(page.starts_with("the page") && page.ends_with("[q]uit"), "{page}");
        assert!(terminal.is_raw() && terminal.shows_another_screen());
        terminal.press("\n");
        assert!(!terminal.end().success());
        let left = terminal.screen();
        assert!(left.contains("of the watch") && !left.contains("of a check"), "{left}");
        assert!(!terminal.is_raw() && !terminal.shows_another_screen(), "{left}");
        assert!(!terminal.hides_the_cursor(), "{left}");
    }

    #[test]
    fn the_keys_fit_forty_columns() {
        let mut screen = Screen { lines: Vec::new(), top: 5, is_aside: false, has_styles: false };
        let shown = 5..27;
        assert_eq!(screen.footer(40, &shown, 99), "hint explain list next brief quit ↕");
        assert!(screen.footer(60, &shown, 99).ends_with("[q]uit  ↕ 6–27 of 99"));
        for is_aside in [false, true] {
            screen.is_aside = is_aside;
            let fits = |columns| screen.footer(columns, &shown, 99).chars().count() <= columns;
            assert!(fits(40) && fits(80), "{is_aside}");
        }
        std::mem::forget(screen);
    }

    #[test]
    fn a_line_that_is_too_wide_takes_more_rows() {
        let path = "    --> exercises/ex_1_1/src/lib.rs:31:28";
        assert_eq!(in_rows(path, 40), ["    -->", "exercises/ex_1_1/src/lib.rs:31:28"]);
        assert_eq!(in_rows("", 40), [""]);
        let rows = in_rows("\u{1b}[1mabcdef\u{1b}[0m", 4);
        assert_eq!(rows.iter().map(|row| strip_str(row).to_string()).collect::<String>(), "abcdef");
    }
}
