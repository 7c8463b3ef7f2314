//! One way to talk to two databases: SQLite in a file, and PostgreSQL where several machines write.
//!
//! Statements are the same for both. They are written with `$1`, `$2`, … in the order in which these first
//! appear, and with the types `TEXT`, `BIGINT` and `DOUBLE PRECISION`.

mod postgres;
mod sqlite;

use std::{
    fmt,
    path::{Path, PathBuf},
};

pub use self::{postgres::Postgres, sqlite::Sqlite};

/// One value of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// Text.
    Text(String),
}

/// What a row holds.
pub type Row = Vec<Cell>;

/// A database failed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("failed to {what} the gradebook {place}: {reason}")]
pub struct DatabaseError {
    what: &'static str,
    place: String,
    reason: String,
    #[help]
    help: Option<String>,
}

/// A database that holds a gradebook.
pub trait Database: Send {
    /// Begins a transaction, once no other process is in one: writers take turns. It ends with `COMMIT` or
    /// `ROLLBACK`.
    fn begin(&mut self) -> Result<(), DatabaseError>;
    /// Runs a statement; gives how many rows it changed.
    fn execute(&mut self, statement: &str, cells: &[Cell]) -> Result<u64, DatabaseError>;
    /// Asks for rows.
    fn query(&mut self, question: &str, cells: &[Cell]) -> Result<Vec<Row>, DatabaseError>;
}

/// Where a gradebook is.
#[derive(Debug, Clone)]
pub enum Place {
    /// A file of SQLite.
    File(PathBuf),
    /// The address of a PostgreSQL database.
    Server(String),
}

impl Place {
    /// Opens the database; a file is made where there is none.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(&self) -> Result<Box<dyn Database>, DatabaseError> {
        Ok(match self {
            Self::File(file) => Box::new(Sqlite::open(file)?),
            Self::Server(address) => Box::new(Postgres::open(address)?),
        })
    }

    /// False for a file that would have to be made.
    pub fn is_there(&self) -> bool {
        match self {
            Self::File(file) => file.is_file(),
            Self::Server(_) => true,
        }
    }

    /// The file `name` in a folder.
    pub fn in_folder(folder: &Path, name: &str) -> Self {
        Self::File(folder.join(name))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(file) => file.display().fmt(f),
            Self::Server(address) => postgres::without_password(address).fmt(f),
        }
    }
}

impl Cell {
    /// The text; of anything else the empty one.
    pub fn into_text(self) -> String {
        if let Self::Text(text) = self { text } else { String::new() }
    }

    /// The text, where there is one.
    pub fn into_optional_text(self) -> Option<String> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number; NaN where there is none, which is no score.
    #[allow(clippy::cast_precision_loss, reason = "points are small")]
    pub fn real(&self) -> f64 {
        match self {
            Self::Real(number) => *number,
            Self::Integer(number) => *number as f64,
            Self::Null | Self::Text(_) => f64::NAN,
        }
    }

    /// The whole number; 0 where there is none.
    pub fn integer(&self) -> i64 {
        if let Self::Integer(number) = self { *number } else { 0 }
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<Option<&str>> for Cell {
    fn from(text: Option<&str>) -> Self {
        text.map_or(Self::Null, Self::from)
    }
}

impl From<f64> for Cell {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

impl From<i64> for Cell {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
