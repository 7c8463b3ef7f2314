//! Makes the lessons of this course part of its grader.

fn main() {
    contract::course::generate();
}
