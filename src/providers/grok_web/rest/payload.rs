//! The request bodies of the older HTTP chat and of videos.

use serde::{Deserialize, Serialize};

use crate::{
    json::{Field, Object},
    providers::{ProviderError, catalog::Model, grok_web::classify},
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Chat<'a> {
    temporary: bool,
    model_name: &'a str,
    model_mode: &'a str,
    message: &'a str,
    file_attachments: &'a [String],
    image_attachments: [(); 0],
    disable_search: bool,
    enable_image_generation: bool,
    enable_image_streaming: bool,
    image_generation_count: u32,
    return_image_bytes: bool,
    return_raw_grok_in_xai_request: bool,
    force_concise: bool,
    tool_overrides: Tools,
    enable_side_by_side: bool,
    force_side_by_side: bool,
    send_final_metadata: bool,
    is_reasoning: bool,
    is_async_chat: bool,
    webpage_urls: [(); 0],
    disable_text_follow_ups: bool,
    disable_memory: bool,
    response_metadata: ResponseMetadata<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Tools {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    video_gen: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ResponseMetadata<'a> {
    request_model_details: ModelDetails<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ModelDetails<'a> {
    model_id: &'a str,
}

/// Returns the body of a chat. `attachments` are the ids of uploaded files.
pub fn chat(model: &Model, message: &str, attachments: &[String], temporary: bool) -> Vec<u8> {
    json(&Chat {
        temporary,
        model_name: &model.upstream_name,
        model_mode: model.upstream_mode,
        message,
        file_attachments: attachments,
        image_attachments: [],
        disable_search: false,
        enable_image_generation: true,
        enable_image_streaming: true,
        image_generation_count: 2,
        return_image_bytes: false,
        return_raw_grok_in_xai_request: false,
        force_concise: false,
        tool_overrides: Tools { video_gen: false },
        enable_side_by_side: true,
        force_side_by_side: false,
        send_final_metadata: true,
        is_reasoning: false,
        is_async_chat: false,
        webpage_urls: [],
        disable_text_follow_ups: true,
        disable_memory: false,
        response_metadata: ResponseMetadata { request_model_details: ModelDetails { model_id: &model.upstream_name } },
    })
}

/// Returns the body of a video of the picture behind `link`: its post, or the asset itself if it has no post.
pub fn video(model: &Model, link: &str, prompt: &str, attachment: &str, temporary: bool) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Video<'a> {
        temporary: bool,
        model_name: &'a str,
        message: String,
        file_attachments: [&'a str; 1],
        tool_overrides: Tools,
    }
    json(&Video {
        temporary,
        model_name: &model.upstream_name,
        // Two blanks, as Grok's own page writes them.
        message: format!("{link}  {prompt} --mode=custom"),
        file_attachments: [attachment],
        tool_overrides: Tools { video_gen: true },
    })
}

/// Returns the body of an edit of pictures. `assets` are the ids of uploaded files, `ratio` is one of Grok's aspect ratios.
pub fn edit(prompt: &str, assets: &[String], ratio: &str) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Edit<'a> {
        model_name: &'static str,
        message: &'a str,
        enable_image_streaming: bool,
        enable_side_by_side: bool,
        send_final_metadata: bool,
        media_gen_input: Input<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Input<'a> {
        image_to_image: ImageToImage<'a>,
    }
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ImageToImage<'a> {
        prompt: &'a str,
        input_assets: &'a [String],
        #[serde(skip_serializing_if = "str::is_empty")]
        aspect_ratio: &'a str,
    }
    // Without a ratio, the result has that of the picture.
    let aspect_ratio = if ratio == "auto" { "" } else { ratio };
    json(&Edit {
        model_name: "imagine-image-edit",
        message: prompt,
        enable_image_streaming: true,
        enable_side_by_side: true,
        send_final_metadata: true,
        media_gen_input: Input { image_to_image: ImageToImage { prompt, input_assets: assets, aspect_ratio } },
    })
}

/// Returns the body that creates the post for a video. `link` leads to the uploaded picture.
pub fn media_post(link: &str) -> Vec<u8> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct Post<'a> {
        media_type: &'static str,
        media_url: &'a str,
    }
    json(&Post { media_type: "MEDIA_POST_TYPE_IMAGE", media_url: link })
}

/// Returns the id of a created post, or `None` if the response names none; a video works without it. Fails if the
/// response is not JSON.
pub fn media_post_id(body: &[u8]) -> Result<Option<String>, ProviderError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Answer {
        post: Field<Object<Post>>,
    }
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Post {
        id: Field<String>,
    }
    let Object(answer) = answer::<Answer>(body)?;
    Ok(answer.post.given().and_then(|Object(post)| filled(post.id)))
}

fn filled(text: Field<String>) -> Option<String> {
    text.given().filter(|text| !text.is_empty())
}

fn answer<'b, T: Deserialize<'b>>(body: &'b [u8]) -> Result<Object<T>, ProviderError> {
    let answer: Option<Field<Object<T>>> = serde_json::from_slice(body).ok();
    answer.and_then(Field::given).ok_or_else(|| classify::from_body(body))
}

fn json(value: &impl Serialize) -> Vec<u8> {
    serde_json::to_vec(value).expect("plain data always has a JSON form")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::providers::catalog::find;

    #[test]
    fn a_chat_has_the_fields_of_the_web_page() {
        let expected = concat!(
            r#"{"temporary":true,"modelName":"grok-4","modelMode":"MODEL_MODE_FAST","message":"用户：hi","#,
            r#""fileAttachments":["f1"],"imageAttachments":[],"disableSearch":false,"enableImageGeneration":true,"#,
            r#""enableImageStreaming":true,"imageGenerationCount":2,"returnImageBytes":false,"#,
            r#""returnRawGrokInXaiRequest":false,"forceConcise":false,"toolOverrides":{},"enableSideBySide":true,"#,
            r#""forceSideBySide":false,"sendFinalMetadata":true,"isReasoning":false,"isAsyncChat":false,"#,
            r#""webpageUrls":[],"disableTextFollowUps":true,"disableMemory":false,"#,
            r#""responseMetadata":{"requestModelDetails":{"modelId":"grok-4"}}}"#
        );
        let body = chat(&find("grok-4").unwrap(), "用户：hi", &["f1".to_owned()], true);
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn a_video_names_its_post_in_the_message() {
        let model = find("grok-imagine-0.9").unwrap();
        let body = video(&model, "https://grok.com/imagine/p", "用户：sunrise", "f1", false);
        let expected = concat!(
            r#"{"temporary":false,"modelName":"grok-3","message":"https://grok.com/imagine/p  用户：sunrise --mode=custom","#,
            r#""fileAttachments":["f1"],"toolOverrides":{"videoGen":true}}"#
        );
        assert_eq!(String::from_utf8(body).unwrap(), expected);
    }

    #[test]
    fn an_edit_names_its_pictures() {
        let body = |ratio| edit("make the sky orange", &["f1".to_owned(), "f2".to_owned()], ratio);
        let expected = concat!(
            r#"{"modelName":"imagine-image-edit","message":"make the sky orange","enableImageStreaming":true,"#,
            r#""enableSideBySide":true,"sendFinalMetadata":true,"mediaGenInput":{"imageToImage":{"#,
            r#""prompt":"make the sky orange","inputAssets":["f1","f2"],"aspectRatio":"1:1"}}}"#
        );
        assert_eq!(String::from_utf8(body("1:1")).unwrap(), expected);
        assert_eq!(String::from_utf8(body("auto")).unwrap(), expected.replace(r#","aspectRatio":"1:1""#, ""));
    }

    #[test]
    fn posts_are_read() {
        assert_eq!(media_post_id(b"<html>"), Err(ProviderError::AntiBot));
        assert_eq!(media_post_id(br#"{"post":{"id":"p"}}"#), Ok(Some("p".to_owned())));
        assert_eq!(media_post_id(b"{}"), Ok(None));
        assert_eq!(media_post("x"), br#"{"mediaType":"MEDIA_POST_TYPE_IMAGE","mediaUrl":"x"}"#);
    }
}
