//! What the steps of a training gave: a line of a file for each, and a curve.

use std::{
    fs,
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use ex_6_6::Step;

use crate::{curve, store};

pub const LOG: &str = "log.csv";
pub const CURVE: &str = "curve.svg";

/// The steps of a training.
#[derive(Debug)]
pub struct Log {
    folder: PathBuf,
    lines: String,
    /// The steps with their losses.
    training: Vec<(usize, f64)>,
    validation: Vec<(usize, f64)>,
}

impl Log {
    /// The log of a training that has made so many steps. Lines of later ones, whose checkpoint was never written, go.
    ///
    /// # Errors
    /// When there is one that cannot be read.
    pub fn open(folder: &Path, made: usize) -> io::Result<Self> {
        let text = match fs::read_to_string(folder.join(LOG)) {
            Err(error) if error.kind() == ErrorKind::NotFound => String::new(),
            read => read?,
        };
        let folder = folder.to_owned();
        let mut log = Self { folder, lines: String::new(), training: vec![], validation: vec![] };
        for line in text.lines() {
            let mut fields = line.split(',');
            let (kind, step, loss) = (fields.next(), fields.next(), fields.next());
            let point =
                step.and_then(|it| it.parse().ok()).zip(loss.and_then(|it| it.parse().ok()));
            let Some((step, loss)) = point.filter(|(step, _)| *step <= made) else { continue };
            log.add(kind == Some("step"), (step, loss), line);
        }
        Ok(log)
    }

    fn add(&mut self, is_training: bool, point: (usize, f64), line: &str) {
        let list = if is_training { &mut self.training } else { &mut self.validation };
        list.push(point);
        self.lines += line;
        self.lines.push('\n');
    }

    /// Notes a step.
    pub fn note(&mut self, made: usize, step: &Step) {
        let Step { loss, grad_norm, rate, tokens } = step;
        let line = format!("step,{made},{loss},{grad_norm},{rate},{tokens}");
        self.add(true, (made, *loss), &line);
    }

    /// Notes a loss on the texts for validation.
    pub fn validated(&mut self, made: usize, loss: f64) {
        self.add(false, (made, loss), &format!("validation,{made},{loss}"));
    }

    /// Writes the lines and the curve.
    ///
    /// # Errors
    /// When the system fails, with the file that is then as it was.
    pub fn write(&self) -> Result<(), (PathBuf, io::Error)> {
        let svg = curve::svg(&self.training, &self.validation);
        for (name, text) in [(LOG, &self.lines), (CURVE, &svg)] {
            let path = self.folder.join(name);
            store::replace_file(&path, text.as_bytes()).map_err(|source| (path, source))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_forgets_the_steps_behind_its_checkpoint() {
        let folder = tempfile::tempdir().unwrap();
        let mut log = Log::open(folder.path(), 0).unwrap();
        for made in 1..=3 {
            let step = Step { loss: 1.5, grad_norm: 0.5, rate: 0.1, tokens: 7 };
            log.note(made, &step);
        }
        log.validated(3, 2.5);
        log.write().unwrap();
        let again = Log::open(folder.path(), 3).unwrap();
        assert_eq!((&again.lines, &again.training), (&log.lines, &log.training));
        assert_eq!(again.validation, [(3, 2.5)]);
        let earlier = Log::open(folder.path(), 2).unwrap();
        assert_eq!(earlier.lines, "step,1,1.5,0.5,0.1,7\nstep,2,1.5,0.5,0.1,7\n");
        assert!(earlier.validation.is_empty());
    }
}
