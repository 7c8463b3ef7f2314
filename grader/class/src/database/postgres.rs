//! A gradebook on a server, where several machines write.

use std::error::Error;

use bytes::BytesMut;
use postgres::{
    Client, NoTls,
    types::{IsNull, ToSql, Type, to_sql_checked},
};

use super::{Cell, Database, DatabaseError, Row};

/// The lock that writers take turns with; any number that is the same for all of them.
const TURN: &str = "SELECT pg_advisory_xact_lock(7236837)";

/// A database on a server.
pub struct Postgres {
    client: Client,
    place: String,
}

impl Postgres {
    /// Connects to the server at an address such as `postgres://user@host/name`.
    ///
    /// # Errors
    /// When there is no such server, or it refuses.
    pub fn open(address: &str) -> Result<Self, DatabaseError> {
        let place = without_password(address);
        let client = Client::connect(address, NoTls);
        let client = client.map_err(|error| {
            let help = "the address is postgres://USER:PASSWORD@HOST/NAME; the connection is not encrypted, so \
                reach the server through a tunnel or on its own machine";
            DatabaseError { help: Some(help.to_owned()), ..failure("open", &place, &error) }
        })?;
        Ok(Self { client, place })
    }
}

impl Database for Postgres {
    // Rows of two transactions in different orders would block each other, and two that make the same
    // table at once fail.
    fn begin(&mut self) -> Result<(), DatabaseError> {
        let begun = self.client.batch_execute(&format!("BEGIN; {TURN}"));
        begun.map_err(|error| failure("write to", &self.place, &error))
    }

    fn execute(&mut self, statement: &str, cells: &[Cell]) -> Result<u64, DatabaseError> {
        let changed = self.client.execute(statement, &parameters(cells));
        changed.map_err(|error| failure("write to", &self.place, &error))
    }

    fn query(&mut self, question: &str, cells: &[Cell]) -> Result<Vec<Row>, DatabaseError> {
        let rows = self.client.query(question, &parameters(cells));
        let rows = rows.map_err(|error| failure("read", &self.place, &error))?;
        let row = |row: &postgres::Row| (0..row.len()).map(|at| cell(row, at)).collect();
        let rows: Result<_, postgres::Error> = rows.iter().map(row).collect();
        rows.map_err(|error| failure("read", &self.place, &error))
    }
}

fn parameters(cells: &[Cell]) -> Vec<&(dyn ToSql + Sync)> {
    cells.iter().map(|cell| cell as &(dyn ToSql + Sync)).collect()
}

fn cell(row: &postgres::Row, at: usize) -> Result<Cell, postgres::Error> {
    Ok(match *row.columns()[at].type_() {
        Type::INT8 => row.try_get::<_, Option<i64>>(at)?.map_or(Cell::Null, Cell::Integer),
        Type::FLOAT8 => row.try_get::<_, Option<f64>>(at)?.map_or(Cell::Null, Cell::Real),
        _ => row.try_get::<_, Option<String>>(at)?.map_or(Cell::Null, Cell::Text),
    })
}

impl ToSql for Cell {
    fn to_sql(
        &self,
        of: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Integer(number) => number.to_sql(of, out),
            Self::Real(number) => number.to_sql(of, out),
            Self::Text(text) => text.to_sql(of, out),
        }
    }

    fn accepts(of: &Type) -> bool {
        matches!(*of, Type::INT8 | Type::FLOAT8 | Type::TEXT)
    }

    to_sql_checked!();
}

fn failure(what: &'static str, place: &str, error: &postgres::Error) -> DatabaseError {
    let cause = error.source().map(|cause| format!(": {cause}")).unwrap_or_default();
    DatabaseError { what, place: place.to_owned(), reason: format!("{error}{cause}"), help: None }
}

/// The address as a message may show it.
pub fn without_password(address: &str) -> String {
    let parts = address.split_once("://").and_then(|(scheme, rest)| {
        let (user, host) = rest.rsplit_once('@')?;
        let user = user.split(':').next()?;
        Some(format!("{scheme}://{user}@{host}"))
    });
    // Other forms of an address may hold one anywhere.
    parts.unwrap_or_else(|| "on the server".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_message_shows_a_password() {
        let shown = without_password("postgres://ada:se:cr@et@db.example/class");
        assert_eq!(shown, "postgres://ada@db.example/class");
        assert_eq!(without_password("host=db password=secret"), "on the server");
    }
}
