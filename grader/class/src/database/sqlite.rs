//! A gradebook in one file.

use std::{
    path::Path,
    thread,
    time::{Duration, Instant},
};

use rusqlite::{
    Connection, ErrorCode, ToSql, params_from_iter,
    types::{ToSqlOutput, Value, ValueRef},
};

use super::{Cell, Database, DatabaseError, Row};

/// How long a statement waits while another process writes.
const BUSY_TIMEOUT: Duration = Duration::from_secs(20);

/// How long it is until a statement that does not wait is tried once more.
const PAUSE: Duration = Duration::from_millis(5);

/// A database in a file.
pub struct Sqlite {
    connection: Connection,
    place: String,
}

impl Sqlite {
    /// Opens a file, or makes it.
    ///
    /// # Errors
    /// When it cannot be opened, or is no database.
    pub fn open(file: &Path) -> Result<Self, DatabaseError> {
        let place = file.display().to_string();
        let failed = |error| failure("open", &place, &error);
        let connection = Connection::open(file).map_err(failed)?;
        connection.busy_timeout(BUSY_TIMEOUT).map_err(failed)?;
        write_ahead(&connection).map_err(failed)?;
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        // What is known of a learner who was deleted is not left in pages that are free.
        connection.pragma_update(None, "secure_delete", true).map_err(failed)?;
        Ok(Self { connection, place })
    }
}

/// Has changes written to a log first: readers do not wait for who writes, and a power cut leaves the last whole
/// transaction. A file is told so once. Of two processes that do it at once, one is refused without waiting.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let end = Instant::now() + BUSY_TIMEOUT;
    loop {
        match connection.pragma_update(None, "journal_mode", "WAL") {
            Err(error) if is_busy(&error) && Instant::now() < end => thread::sleep(PAUSE),
            done => return done,
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

impl Database for Sqlite {
    // IMMEDIATE: a transaction that begins with reading is refused, without waiting, where another writes
    // between its reading and its writing.
    fn begin(&mut self) -> Result<(), DatabaseError> {
        self.execute("BEGIN IMMEDIATE", &[]).map(drop)
    }

    fn execute(&mut self, statement: &str, cells: &[Cell]) -> Result<u64, DatabaseError> {
        let mut prepared = self.connection.prepare_cached(statement);
        let changed = prepared.as_mut().map_err(|it| failure("write to", &self.place, it))?;
        let changed = changed.execute(params_from_iter(cells));
        changed.map(|rows| rows as u64).map_err(|it| failure("write to", &self.place, &it))
    }

    fn query(&mut self, question: &str, cells: &[Cell]) -> Result<Vec<Row>, DatabaseError> {
        let failed = |error| failure("read", &self.place, &error);
        let mut prepared = self.connection.prepare_cached(question).map_err(failed)?;
        let columns = prepared.column_count();
        let row = |row: &rusqlite::Row| (0..columns).map(|at| Ok(cell(row.get_ref(at)?))).collect();
        let rows = prepared.query_map(params_from_iter(cells), row).map_err(failed)?;
        rows.collect::<Result<_, _>>().map_err(failed)
    }
}

impl ToSql for Cell {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => ToSqlOutput::Owned(Value::Null),
            Self::Integer(number) => ToSqlOutput::Owned(Value::Integer(*number)),
            Self::Real(number) => ToSqlOutput::Owned(Value::Real(*number)),
            Self::Text(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        })
    }
}

fn cell(value: ValueRef) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(text) | ValueRef::Blob(text) => {
            Cell::Text(String::from_utf8_lossy(text).into_owned())
        }
    }
}

fn failure(what: &'static str, place: &str, error: &rusqlite::Error) -> DatabaseError {
    let help = match error.sqlite_error_code() {
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            "the folder and the file have to be writable: name another folder with --out"
        }
        Some(ErrorCode::DiskFull) => "free some space and run it again: it goes on where it was",
        _ if is_busy(error) => {
            "another grader is writing to it: wait until it is done, and run this again"
        }
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => {
            "the file is not a gradebook, or is damaged: name another folder with --out, or bring back a copy"
        }
        _ => "",
    };
    let help = (!help.is_empty()).then(|| help.to_owned());
    DatabaseError { what, place: place.to_owned(), reason: error.to_string(), help }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_file_can_be_opened_by_several_at_once() {
        for _ in 0..60 {
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("gradebook.sqlite");
            thread::scope(|scope| {
                let open = || scope.spawn(|| Sqlite::open(&file).map(drop).map_err(|it| it.reason));
                for opened in [open(), open(), open(), open()] {
                    assert_eq!(opened.join().unwrap(), Ok(()));
                }
            });
        }
    }
}
