use crate::report::Report;

/// The report as JSON, as `docs/report.schema.json` describes it.
pub fn json(report: &Report) -> Result<String, serde_json::Error> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}
