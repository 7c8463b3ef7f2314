use super::harmless::spell_out;
use crate::report::Report;

/// The report as JSON, as `docs/report.schema.json` describes it. The text is as harmless as the
/// other renderers' and is read back as exactly what was reported.
pub fn json(report: &Report) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string_pretty(report)?;
    Ok(escaped(&text))
}

/// JSON in which no character steers.
pub fn escaped(text: &str) -> String {
    // What steers stands within strings only, and is never the second half of an escape.
    spell_out(text, escape) + "\n"
}

/// A character as JSON escapes it: `\u202e`, and in two halves where 16 bits are too few.
fn escape(character: char) -> String {
    character.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::specimen;

    #[test]
    fn what_steers_is_escaped_and_read_back() {
        let report = specimen::report("\\\u{7f}\u{202e}\u{e0041} \"##[error]\\##vso[x]\n::error");
        let text = json(&report).unwrap();
        let escaped = r#"\\\u007f\u202e\udb40\udc41 \"\u0023#[error]\\\u0023#vso[x]\n::error"#;
        assert!(text.contains(escaped), "{text}");
        assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report);
    }
}
