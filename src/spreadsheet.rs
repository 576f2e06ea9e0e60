//! Detects cells that a spreadsheet would run as a formula.

/// The characters that start a formula. Spreadsheets in East Asian locales read the full-width signs as the ASCII ones.
/// Source: OWASP, "CSV Injection".
const SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Returns whether a spreadsheet would run the text as a formula. Plain numbers such as `-1` are not formulas.
pub fn is_formula(text: &str) -> bool {
    text.starts_with(SIGNS) && text.parse::<f64>().is_err()
}
