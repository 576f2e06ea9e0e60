//! Sizes as clients name them, and the aspect ratios that Grok draws.

/// Grok's aspect ratios, with width and height.
const RATIOS: [(&str, f64, f64); 13] = [
    ("1:1", 1.0, 1.0),
    ("3:2", 3.0, 2.0),
    ("2:3", 2.0, 3.0),
    ("4:3", 4.0, 3.0),
    ("3:4", 3.0, 4.0),
    ("16:9", 16.0, 9.0),
    ("9:16", 9.0, 16.0),
    ("2:1", 2.0, 1.0),
    ("1:2", 1.0, 2.0),
    ("19.5:9", 19.5, 9.0),
    ("9:19.5", 9.0, 19.5),
    ("20:9", 20.0, 9.0),
    ("9:20", 9.0, 20.0),
];
const AUTO: &str = "auto";

/// Returns Grok's ratio of this name; `auto` leaves the choice to Grok. `None` if it has none such.
pub fn named(name: &str) -> Option<&'static str> {
    let name = name.trim();
    if name == AUTO {
        return Some(AUTO);
    }
    RATIOS.into_iter().map(|(ratio, ..)| ratio).find(|ratio| *ratio == name)
}

/// Returns the ratio that is nearest to a size such as `1792x1024`; `None` if the text is not a size.
pub fn nearest(size: &str) -> Option<&'static str> {
    let size = size.trim();
    if let Some(ratio) = named(size) {
        return Some(ratio);
    }
    let side = |side: &str| side.trim().parse::<u32>().ok().filter(|side| (1..=100_000).contains(side)).map(f64::from);
    let (width, height) = size.split_once(['x', 'X', '×'])?;
    let wanted = side(width)? / side(height)?;
    // As factors: 2:1 is as far from 1:1 as 1:2 is.
    let distance = |width: f64, height: f64| {
        let factor = wanted * height / width;
        factor.max(1.0 / factor)
    };
    let near = |a: &&(&str, f64, f64), b: &&(&str, f64, f64)| distance(a.1, a.2).total_cmp(&distance(b.1, b.2));
    RATIOS.iter().min_by(near).map(|(ratio, ..)| *ratio)
}

/// Returns the names of all ratios, for an error.
pub fn names() -> String {
    let names: Vec<_> = RATIOS.into_iter().map(|(ratio, ..)| format!("'{ratio}'")).collect();
    format!("'{AUTO}', {}", names.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_becomes_the_nearest_ratio() {
        for (size, ratio) in [
            ("1024x1024", Some("1:1")),
            ("256x256", Some("1:1")),
            ("1536x1024", Some("3:2")),
            ("1024x1536", Some("2:3")),
            ("1792x1024", Some("16:9")),
            ("1024 x 1792", Some("9:16")),
            ("1280X720", Some("16:9")),
            ("800×600", Some("4:3")),
            ("4000x1000", Some("20:9")),
            ("auto", Some("auto")),
            ("19.5:9", Some("19.5:9")),
            ("5:2", None),
            ("1024", None),
            ("0x1024", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(size), ratio, "{size}");
        }
    }
}
