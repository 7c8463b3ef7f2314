//! The lessons and their checks, in the order of the course.

mod ex_2_1;
mod ex_2_2;
mod ex_2_4;
mod ex_3_1;
mod ex_3_2;

use crate::checks::Lesson;

/// Every lesson of the course.
pub const LESSONS: [&Lesson; 5] =
    [&ex_2_1::LESSON, &ex_2_2::LESSON, &ex_2_4::LESSON, &ex_3_1::LESSON, &ex_3_2::LESSON];
