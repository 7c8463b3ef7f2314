//! The threads that read keys, and hear of signals.

use std::{io, sync::mpsc::Sender, thread};

use crossterm::event::{self, KeyCode, KeyEventKind, KeyModifiers};
use signal_hook::{
    consts::{SIGHUP, SIGINT, SIGTERM},
    iterator::Signals,
};

use super::Event;

/// What a key asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Hint,
    Explain,
    List,
    Next,
    Brief,
    Run,
    /// To the report.
    Back,
    /// Further down, or up where it is negative.
    Scroll(isize),
    Quit,
}

/// So many lines as no page has.
const ALL: isize = 1 << 20;
const HALF_A_SCREEN: isize = 10;

/// Starts the threads.
///
/// # Errors
/// When signals cannot be heard of.
pub fn read(events: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGHUP, SIGINT, SIGTERM])?;
    let stop = events.clone();
    thread::spawn(move || {
        signals.forever().next();
        let _ = stop.send(Event::Stop);
    });
    thread::spawn(move || while serve(&events).is_some() {});
    Ok(())
}

/// Passes one event on; `None` when there will be no more, or nobody listens.
fn serve(events: &Sender<Event>) -> Option<()> {
    let event = match event::read() {
        Ok(event::Event::Key(pressed)) if pressed.kind != KeyEventKind::Release => {
            key(pressed.code, pressed.modifiers).map(Event::Key)
        }
        Ok(event::Event::Resize(..)) => Some(Event::Resized),
        Ok(_) => None,
        // The terminal is gone.
        Err(_) => {
            let _ = events.send(Event::Stop);
            return None;
        }
    };
    event.map_or(Some(()), |event| events.send(event).ok())
}

fn key(code: KeyCode, modifiers: KeyModifiers) -> Option<Key> {
    if modifiers.contains(KeyModifiers::CONTROL) {
        return (code == KeyCode::Char('c')).then_some(Key::Quit);
    }
    Some(match code {
        KeyCode::Char('h') => Key::Hint,
        KeyCode::Char('e') => Key::Explain,
        KeyCode::Char('l') => Key::List,
        KeyCode::Char('n') => Key::Next,
        KeyCode::Char('b') => Key::Brief,
        KeyCode::Char('r') => Key::Run,
        KeyCode::Char('q') => Key::Quit,
        KeyCode::Esc => Key::Back,
        KeyCode::Down | KeyCode::Char('j') => Key::Scroll(1),
        KeyCode::Up | KeyCode::Char('k') => Key::Scroll(-1),
        KeyCode::PageDown | KeyCode::Char(' ') => Key::Scroll(HALF_A_SCREEN),
        KeyCode::PageUp => Key::Scroll(-HALF_A_SCREEN),
        KeyCode::Home => Key::Scroll(-ALL),
        KeyCode::End => Key::Scroll(ALL),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_c_quits_and_other_control_keys_do_nothing() {
        let control = |letter| key(KeyCode::Char(letter), KeyModifiers::CONTROL);
        assert_eq!(control('c'), Some(Key::Quit));
        assert_eq!(control('h'), None);
        assert_eq!(key(KeyCode::Char('h'), KeyModifiers::NONE), Some(Key::Hint));
    }
}
