//! A terminal for a program to run in, whose screen can be read.

use std::{
    fs::File,
    io::{Read, Write},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{Arc, Mutex, mpsc::Receiver, mpsc::channel},
    thread,
    time::{Duration, Instant},
};

use rustix::{
    fs::{Mode, OFlags},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};
use vt100::Parser;

/// How long something may take until it is on the screen: the machine may be busy.
const PATIENCE: Duration = Duration::from_secs(60);

pub struct Terminal {
    master: File,
    slave: File,
    child: Child,
    screen: Arc<Mutex<Parser>>,
    /// Says when the screen has changed.
    changed: Receiver<()>,
}

fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_col: columns, ws_row: rows, ws_xpixel: 0, ws_ypixel: 0 }
}

impl Terminal {
    /// Runs a program in a terminal of this size. It leads a session, so that the terminal tells it of changes.
    pub fn run(program: &Command, columns: u16, rows: u16) -> Self {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&master).unwrap();
        unlockpt(&master).unwrap();
        tcsetwinsize(&master, size(columns, rows)).unwrap();
        let name = ptsname(&master, Vec::new()).unwrap();
        let slave = rustix::fs::open(&name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let slave = File::from(slave);
        let mut setsid = Command::new("setsid");
        setsid.args(["--ctty", "--wait"]).arg(program.get_program()).args(program.get_args());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => setsid.env(name, value),
                None => setsid.env_remove(name),
            };
        }
        setsid.current_dir(program.get_current_dir().unwrap()).env("TERM", "xterm-256color");
        let end = || Stdio::from(slave.try_clone().unwrap());
        let child = setsid.stdin(end()).stdout(end()).stderr(end()).spawn().unwrap();
        let (columns, rows) = (columns.try_into().unwrap(), rows.try_into().unwrap());
        let screen = Arc::new(Mutex::new(Parser::new(rows, columns, 0)));
        let (change, changed) = channel();
        let (mut output, shown) = (File::from(master).try_clone().unwrap(), screen.clone());
        let master = output.try_clone().unwrap();
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                shown.lock().unwrap().process(&bytes[..count]);
                let _ = change.send(());
            }
        });
        Self { master, slave, child, screen, changed }
    }

    pub fn press(&mut self, keys: &str) {
        self.master.write_all(keys.as_bytes()).unwrap();
    }

    /// Asks the program to end, as `kill` does.
    pub fn signal(&self) {
        // `setsid` has become the program.
        let program = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(program, rustix::process::Signal::TERM).unwrap();
    }

    pub fn resize(&self, columns: u16, rows: u16) {
        let (wide, high) = (columns.try_into().unwrap(), rows.try_into().unwrap());
        self.screen.lock().unwrap().screen_mut().set_size(high, wide);
        tcsetwinsize(&self.master, size(columns, rows)).unwrap();
    }

    /// What is on the screen, without empty space at the ends.
    pub fn screen(&self) -> String {
        self.screen.lock().unwrap().screen().contents()
    }

    /// The rows that go on in the next one, since what was written did not fit.
    pub fn wrapped(&self) -> Vec<String> {
        let screen = self.screen.lock().unwrap();
        let screen = screen.screen();
        let (rows, columns) = (screen.size().0.get(), screen.size().1.get());
        let wrapped = (0..rows).filter(|row| screen.row_wrapped(*row));
        wrapped.map(|row| screen.contents_between(row, 0, row, columns)).collect()
    }

    /// Waits for a screen, and gives it.
    pub fn wait(&self, is_there: impl Fn(&str) -> bool) -> String {
        let begin = Instant::now();
        loop {
            let screen = self.screen();
            if is_there(&screen) {
                return screen;
            }
            assert!(begin.elapsed() < PATIENCE, "the screen stays\n{screen}");
            let _ = self.changed.recv_timeout(Duration::from_millis(100));
        }
    }

    pub fn wait_for(&self, text: &str) -> String {
        self.wait(|screen| screen.contains(text))
    }

    /// True while letters are not echoed and lines are not edited.
    pub fn is_raw(&self) -> bool {
        !tcgetattr(&self.slave).unwrap().local_modes.contains(LocalModes::ECHO)
    }

    pub fn shows_another_screen(&self) -> bool {
        self.screen.lock().unwrap().screen().alternate_screen()
    }

    pub fn hides_the_cursor(&self) -> bool {
        self.screen.lock().unwrap().screen().hide_cursor()
    }

    /// Waits for the program's end.
    pub fn end(&mut self) -> ExitStatus {
        let begin = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                // What it wrote last.
                while self.changed.recv_timeout(Duration::from_millis(200)).is_ok() {}
                return status;
            }
            assert!(begin.elapsed() < PATIENCE, "it does not end\n{}", self.screen());
            thread::sleep(Duration::from_millis(10));
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
