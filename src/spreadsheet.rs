//! What spreadsheets make of a cell.

/// What a formula begins with. Spreadsheets of East Asian locales read the full-width signs as the ASCII ones.
/// Source: OWASP, "CSV Injection".
const SIGNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Returns whether a spreadsheet would run the text as a formula.
pub fn is_formula(text: &str) -> bool {
    text.starts_with(SIGNS) && text.parse::<f64>().is_err()
}
