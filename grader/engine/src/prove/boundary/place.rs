//! Where a number or an array lies in what a function takes or gives.

use std::fmt;

use wire::Value;

/// The position of a part at each level, and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    path: Vec<usize>,
    /// The last name on the way to it.
    pub name: String,
    display: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.display.is_empty() { Ok(()) } else { write!(f, "`{}`", self.display) }
    }
}

impl Place {
    /// The part of a value that lies here.
    pub fn find<'v>(&self, value: &'v mut Value) -> Option<&'v mut Value> {
        self.path.iter().try_fold(value, |value, at| match value {
            Value::Tuple(items) | Value::List(items) => items.get_mut(*at),
            Value::Record(fields) => fields.get_mut(*at).map(|(_, field)| field),
            _ => None,
        })
    }
}

/// All parts that are not made of others, with what lies there. `names` are those of the first level.
pub fn places(value: &Value, names: &[String]) -> Vec<(Place, Value)> {
    let mut found = Vec::new();
    collect(
        value,
        names,
        &Place { path: Vec::new(), name: String::new(), display: String::new() },
        &mut found,
    );
    found
}

fn collect(value: &Value, names: &[String], here: &Place, found: &mut Vec<(Place, Value)>) {
    let mut into = |at: usize, name: &str, part: &Value| {
        let path = here.path.iter().copied().chain([at]).collect();
        let dot = if here.display.is_empty() { "" } else { "." };
        let display = format!("{}{dot}{name}", here.display);
        collect(part, &[], &Place { path, name: name.to_owned(), display }, found);
    };
    match value {
        Value::Tuple(items) | Value::List(items) => {
            for (at, item) in items.iter().enumerate() {
                let name = names.get(at).cloned().unwrap_or_else(|| at.to_string());
                into(at, &name, item);
            }
        }
        Value::Record(fields) => {
            fields.iter().enumerate().for_each(|(at, (name, field))| into(at, name, field));
        }
        _ => found.push((here.clone(), value.clone())),
    }
}

#[cfg(test)]
mod tests {
    use wire::Wire as _;

    use super::*;

    #[test]
    fn parts_are_found_by_their_places() {
        let record = wire::into_record([("a", 2.0.into_value()), ("b", 3_u8.into_value())]);
        let mut value = Value::Tuple(vec![1.0.into_value(), record]);
        let names = ["x".to_owned(), "forward".to_owned()];
        let found = places(&value, &names);
        let shown: Vec<_> = found.iter().map(|(place, part)| format!("{place} = {part}")).collect();
        assert_eq!(shown, ["`x` = 1.0", "`forward.a` = 2.0", "`forward.b` = 3"]);
        *found[1].0.find(&mut value).unwrap() = 5.0.into_value();
        assert_eq!(value.to_string(), "(1.0, { a: 5.0, b: 3 })");
    }
}
