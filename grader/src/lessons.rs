//! The lessons and their checks, in the order of the course.

mod ex_2_2;

use crate::checks::Lesson;

/// Every lesson of the course.
pub const LESSONS: [&Lesson; 1] = [&ex_2_2::LESSON];
