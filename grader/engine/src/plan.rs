//! The plan of a course, `docs/course.toml`: which lessons there are to be, and in which order.

use std::{fs, io};

use serde::Deserialize;

use crate::workspace::Workspace;

/// The phases of a course. A course without a plan has none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// In the order of the course.
    #[serde(default, rename = "phase")]
    pub phases: Vec<Phase>,
}

/// Lessons that lead to one aim.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Phase {
    /// Such as `Phase 1: neurons and backpropagation`.
    pub title: String,
    /// In the order of the course.
    #[serde(default, rename = "lesson")]
    pub lessons: Vec<PlannedLesson>,
}

/// A lesson that is there or is to come. One that is there has its own title.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlannedLesson {
    /// Such as `ex_2_1`.
    pub id: String,
    /// Its title in the plan.
    pub title: String,
    /// What a learner builds in it.
    #[serde(default)]
    pub builds: String,
}

impl Plan {
    /// Reads the plan; there is nothing in one that is missing.
    ///
    /// # Errors
    /// When it cannot be read, or is not a plan.
    pub fn read(workspace: &Workspace) -> Result<Self, String> {
        let file = workspace.root().join("docs/course.toml");
        match fs::read_to_string(&file) {
            Ok(text) => {
                basic_toml::from_str(&text).map_err(|error| format!("{}: {error}", file.display()))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => Err(format!("{}: {error}", file.display())),
        }
    }

    /// True when the lesson is planned.
    pub fn has(&self, id: &str) -> bool {
        self.phases.iter().flat_map(|phase| &phase.lessons).any(|lesson| lesson.id == id)
    }
}
