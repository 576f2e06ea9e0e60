//! How much a model may be asked to think.

use crate::inference::prompt::Effort;

use Effort::{High, Low, Medium, Minimal, None as Nothing, Xhigh};

/// The efforts that models take, by the beginning of their ids; the first that fits counts. A request with another one is
/// refused. Sources: docs.x.ai, reasoning and multi-agent; measurements in public reports, 2026-11.
const EFFORTS: [(&str, &[Effort]); 12] = [
    ("grok-3-mini", &[Low, High]),
    ("grok-3", &[]),
    ("grok-4.20-multi-agent", &[Low, Medium, High, Xhigh]),
    ("grok-4.20", &[]),
    ("grok-4.3", &[Nothing, Low, Medium, High]),
    ("grok-4.5", &[Low, Medium, High]),
    ("grok-4.", &[Low, Medium, High, Xhigh]),
    ("grok-4-", &[]),
    ("grok-2", &[]),
    ("grok-build", &[]),
    ("grok-code", &[]),
    ("grok-imagine", &[]),
];
/// Those of models that are not listed.
const USUAL: &[Effort] = &[Low, Medium, High];

/// Returns the effort of a model that is nearest to the wanted one; `None` if the model takes none.
pub fn nearest(model: &str, wanted: Effort) -> Option<Effort> {
    let known = EFFORTS.iter().find(|(start, _)| model.starts_with(start) || *start == format!("{model}-"));
    let efforts = known.map_or(USUAL, |(_, efforts)| efforts);
    // No model has it, and the least is not none.
    let wanted = if wanted == Minimal { Low } else { wanted };
    let below = efforts.iter().rev().find(|effort| **effort <= wanted);
    below.or(efforts.first()).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_effort_is_one_that_the_model_takes() {
        for (model, wanted, expected) in [
            ("grok-4.3", Nothing, Some(Nothing)),
            ("grok-4.3", Minimal, Some(Low)),
            ("grok-4.3-latest", Xhigh, Some(High)),
            ("grok-4.5", Nothing, Some(Low)),
            ("grok-4.6", Xhigh, Some(Xhigh)),
            ("grok-4.7", Medium, Some(Medium)),
            ("grok-4.20-multi-agent-0309", Xhigh, Some(Xhigh)),
            ("grok-4.20-0309-reasoning", Low, None),
            ("grok-build-0.1", High, None),
            ("grok-code-fast-1", High, None),
            ("grok-4-0709", High, None),
            ("grok-4", High, None),
            ("grok-3-mini", Medium, Some(Low)),
            ("grok-3-mini-fast", Xhigh, Some(High)),
            ("grok-3", High, None),
            ("grok-5", Xhigh, Some(High)),
            ("grok-latest", Minimal, Some(Low)),
        ] {
            assert_eq!(nearest(model, wanted), expected, "{model} {wanted:?}");
        }
    }
}
