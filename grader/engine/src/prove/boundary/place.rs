//! Where a number or an array lies in what a function takes or gives.

use std::fmt;

use wire::Value;

/// The position of a part at each level, and the names on the way to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    path: Vec<usize>,
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

    /// True for parts that two functions may call by one name: `x` and `cache.x`, or `weights.q.w` and `gradients.q.w`,
    /// but not `weights.q.w` and `weights.k.w`.
    pub fn is_like(&self, other: &Self) -> bool {
        let [one, other] = [self, other].map(Self::within_argument);
        is_end(one, other) || is_end(other, one)
    }

    /// The names below that of the argument, where there are any: each function calls its arguments as it likes.
    fn within_argument(&self) -> &str {
        self.display.split_once('.').map_or(&*self.display, |(_, names)| names)
    }
}

/// True where the names of `all` end with these.
fn is_end(names: &str, all: &str) -> bool {
    all.strip_suffix(names).is_some_and(|before| before.is_empty() || before.ends_with('.'))
}

/// All parts that are not made of others, with what lies there. `names` are those of the first level.
pub fn places(value: &Value, names: &[String]) -> Vec<(Place, Value)> {
    let mut found = Vec::new();
    collect(value, names, &Place { path: Vec::new(), display: String::new() }, &mut found);
    found
}

fn collect(value: &Value, names: &[String], here: &Place, found: &mut Vec<(Place, Value)>) {
    let mut into = |at: usize, name: &str, part: &Value| {
        let path = here.path.iter().copied().chain([at]).collect();
        let dot = if here.display.is_empty() { "" } else { "." };
        let display = format!("{}{dot}{name}", here.display);
        collect(part, &[], &Place { path, display }, found);
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

    #[test]
    fn parts_of_one_name_are_alike_where_the_ways_to_them_are() {
        let place = |display: &str| Place { path: Vec::new(), display: display.to_owned() };
        let like = |one: &str, other: &str| {
            let [one, other] = [one, other].map(place);
            assert_eq!(one.is_like(&other), other.is_like(&one));
            one.is_like(&other)
        };
        assert!(like("x", "x") && like("x", "cache.x") && like("forward.x", "cache.x"));
        assert!(like("weights.q.w", "gradients.q.w") && like("weights.w", "block.attention.q.w"));
        assert!(!like("weights.q.w", "weights.k.w") && !like("blocks.0.q.w", "blocks.1.q.w"));
        assert!(!like("x", "dx") && !like("x", "y"));
    }
}
