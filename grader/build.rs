//! Finds the lessons of the course.

fn main() {
    contract::course::generate();
}
