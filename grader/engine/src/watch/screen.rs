//! The terminal while a lesson is watched: a page that can be scrolled, and a line of keys below it.

use std::{
    io::{self, Write, stdout},
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

/// The keys, with the letter that is pressed.
const KEYS: [&str; 6] = ["hint", "explain", "list", "next", "brief", "quit"];
/// What the line of keys needs where letters are in brackets.
const WIDE: usize = 60;
const QUIET: Style = Style::new().dimmed();

/// A terminal that shows a page. It is given back as it was when this is dropped, and when the program panics.
pub struct Screen {
    lines: Vec<String>,
    /// The first line that is shown.
    top: usize,
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
        let screen = Self { lines: Vec::new(), top: 0, has_styles };
        execute!(stdout(), EnterAlternateScreen, DisableLineWrap, Hide)?;
        Ok(screen)
    }

    /// Shows a page from its beginning.
    pub fn show(&mut self, text: &str, notice: &str) -> io::Result<()> {
        self.top = 0;
        self.redraw(text, notice)
    }

    /// Shows a page, from where the last one was scrolled to.
    pub fn redraw(&mut self, text: &str, notice: &str) -> io::Result<()> {
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
        let room = rows.saturating_sub(2);
        self.top = self.top.min(self.lines.len().saturating_sub(room));
        let mut output = stdout().lock();
        let lines = self.lines.iter().skip(self.top).map(String::as_str);
        let lines = lines.chain(std::iter::repeat("")).take(room);
        let below = [self.styled(notice), self.styled(&self.footer(columns, room))];
        for (row, line) in (0..).zip(lines.chain(below.iter().map(String::as_str))) {
            // Cleared first: afterwards the last letter of a full line would be cleared.
            queue!(output, MoveTo(0, row), Clear(ClearType::CurrentLine), Print(line))?;
            if self.has_styles {
                queue!(output, Print(anstyle::Reset.render()))?;
            }
        }
        output.flush()
    }

    fn styled(&self, text: &str) -> String {
        if self.has_styles { format!("{QUIET}{text}{QUIET:#}") } else { text.to_owned() }
    }

    /// The keys, and which lines are shown where there are more.
    fn footer(&self, columns: usize, room: usize) -> String {
        let keys = KEYS.map(|key| {
            if columns >= WIDE { format!("[{}]{}", &key[..1], &key[1..]) } else { key.to_owned() }
        });
        let keys = keys.join(if columns >= WIDE { "  " } else { " " });
        let (last, count) = ((self.top + room).min(self.lines.len()), self.lines.len());
        let arrows = match (self.top > 0, last < count) {
            (false, false) => return keys,
            (true, false) => "↑",
            (false, true) => "↓",
            (true, true) => "↕",
        };
        if columns < WIDE {
            return format!("{keys} {arrows}");
        }
        format!("{keys}  {arrows} {}–{last} of {count}", self.top + 1)
    }
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
        screen.show("the page", "the notice").unwrap();
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
        let screen = Screen { lines: vec![String::new(); 99], top: 5, has_styles: false };
        assert_eq!(screen.footer(40, 22), "hint explain list next brief quit ↕");
        assert!(screen.footer(60, 22).ends_with("[q]uit  ↕ 6–27 of 99"));
        assert!(screen.footer(80, 22).chars().count() <= 80);
        std::mem::forget(screen);
    }
}
