//! The models that Grok accounts have, in the order of the list.

use super::{ModelRow, PictureModel, QuotaBucket};
use crate::inference::prompt::Effort;

const FAST: ModelRow = ModelRow {
    id: "grok-fast",
    fallback: None,
    upstream_name: "grok-4-mini-thinking-tahoe",
    upstream_mode: "MODEL_MODE_GROK_4_MINI_THINKING",
    bucket: QuotaBucket::Fast,
    cost: 1,
    is_video: false,
    pictures: None,
    thinking: true,
    api: Some(("grok-4.3", Some(Effort::Low))),
    display_name: "Grok Fast",
    description: "Quick answers; every account has it",
    raw_model_path: "xai/grok-fast",
    default_max_output_tokens: 8192,
};

const AUTO: ModelRow = ModelRow {
    id: "grok-auto",
    fallback: Some(QuotaBucket::Fast),
    upstream_name: "grok-4",
    upstream_mode: "MODEL_MODE_FAST",
    bucket: QuotaBucket::Auto,
    api: Some(("grok-4.6", None)),
    display_name: "Grok Auto",
    description: "Grok chooses between fast and expert; uses fast if every account has used up auto",
    raw_model_path: "xai/grok-auto",
    ..FAST
};

const EXPERT: ModelRow = ModelRow {
    id: "grok-expert",
    upstream_name: "grok-4",
    upstream_mode: "MODEL_MODE_EXPERT",
    bucket: QuotaBucket::Expert,
    api: Some(("grok-4.7", Some(Effort::High))),
    display_name: "Grok Expert",
    description: "Thinks longer; needs a SuperGrok account",
    raw_model_path: "xai/grok-expert",
    default_max_output_tokens: 32768,
    ..FAST
};

const HEAVY: ModelRow = ModelRow {
    id: "grok-heavy",
    upstream_name: "grok-4-heavy",
    upstream_mode: "MODEL_MODE_HEAVY",
    bucket: QuotaBucket::Heavy,
    api: Some(("grok-4.20-multi-agent-0309", None)),
    display_name: "Grok Heavy",
    description: "Several agents at once; needs a SuperGrok Heavy account",
    raw_model_path: "xai/grok-heavy",
    default_max_output_tokens: 65536,
    ..FAST
};

const DRAW: ModelRow = ModelRow {
    id: "grok-imagine-image",
    pictures: Some(PictureModel::Draw { is_pro: false }),
    bucket: QuotaBucket::ImagePro,
    thinking: false,
    api: Some(("grok-imagine-image", None)),
    display_name: "Grok Imagine",
    description: "Draws up to 10 pictures from a text",
    raw_model_path: "xai/grok-imagine-image",
    ..FAST
};

/// All models in the order of the list: Grok's modes, pictures, then names of early 2026.
pub const MODELS: [ModelRow; 15] = [
    FAST,
    AUTO,
    EXPERT,
    HEAVY,
    DRAW,
    ModelRow {
        id: "grok-imagine-image-2.0",
        pictures: Some(PictureModel::Draw { is_pro: true }),
        api: Some(("grok-imagine-image-2.0", None)),
        display_name: "Grok Imagine 2.0",
        description: "Draws up to 10 pictures from a text, slower and in better quality",
        raw_model_path: "xai/grok-imagine-image-2.0",
        ..DRAW
    },
    ModelRow {
        id: "grok-imagine-image-edit",
        pictures: Some(PictureModel::Edit),
        bucket: QuotaBucket::ImageEdit,
        api: Some(("grok-imagine-image-2.0", None)),
        display_name: "Grok Imagine Edit",
        description: "Changes pictures as a text says; needs the setting x_statsig_id",
        raw_model_path: "xai/grok-imagine-image-edit",
        ..DRAW
    },
    ModelRow {
        id: "grok-3-fast",
        upstream_name: "grok-3",
        upstream_mode: "MODEL_MODE_FAST",
        thinking: false,
        display_name: "Grok 3 Fast",
        description: "Fast and efficient Grok 3 model",
        raw_model_path: "xai/grok-3",
        ..FAST
    },
    ModelRow {
        id: "grok-4-fast",
        display_name: "Grok 4 Fast",
        description: "Fast version of Grok 4 with mini thinking capabilities",
        raw_model_path: "xai/grok-4-mini-thinking-tahoe",
        ..FAST
    },
    ModelRow {
        id: "grok-4-fast-expert",
        upstream_name: "grok-4-mini-thinking-tahoe",
        display_name: "Grok 4 Fast Expert",
        description: "Expert mode of Grok 4 Fast with enhanced reasoning",
        raw_model_path: "xai/grok-4-mini-thinking-tahoe",
        ..EXPERT
    },
    ModelRow {
        id: "grok-4",
        display_name: "Grok 4",
        description: "Standard Grok 4 model",
        raw_model_path: "xai/grok-4",
        ..AUTO
    },
    ModelRow {
        id: "grok-4-expert",
        display_name: "Grok 4 Expert",
        description: "Full Grok 4 model with expert mode capabilities",
        raw_model_path: "xai/grok-4",
        ..EXPERT
    },
    ModelRow {
        id: "grok-4-heavy",
        display_name: "Grok 4 Heavy",
        description: "Most powerful Grok model. Requires Super Token for access.",
        raw_model_path: "xai/grok-4-heavy",
        ..HEAVY
    },
    ModelRow {
        id: "grok-4.1-thinking",
        upstream_name: "grok-4-1-thinking-1129",
        upstream_mode: "MODEL_MODE_AUTO",
        display_name: "Grok 4.1 Thinking",
        description: "Grok 4.1 model with advanced thinking and tool capabilities",
        raw_model_path: "xai/grok-4-1-thinking-1129",
        ..EXPERT
    },
    ModelRow {
        id: "grok-imagine-0.9",
        upstream_name: "grok-3",
        upstream_mode: "MODEL_MODE_FAST",
        bucket: QuotaBucket::Video,
        api: None,
        is_video: true,
        thinking: false,
        display_name: "Grok Imagine 0.9",
        description: "Makes a video from a picture and a prompt; needs the setting x_statsig_id",
        raw_model_path: "xai/grok-imagine-0.9",
        ..FAST
    },
];

/// Further names of models.
pub(super) const ALIASES: [(&str, &str); 4] = [
    ("grok-chat-fast", FAST.id),
    ("grok-chat-auto", AUTO.id),
    ("grok-chat-expert", EXPERT.id),
    ("grok-chat-heavy", HEAVY.id),
];
