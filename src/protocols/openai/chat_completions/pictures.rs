//! Chats with models that make pictures or videos: what of the dialogue they get.

use crate::{
    error::{Error, Result},
    inference::prompt::{OutputFormat, Part, Prompt, Role},
    media::input::ImageInput,
    providers::catalog::{Model, PictureModel},
};

/// The most pictures of an edit.
pub const MAX_EDITED: usize = 8;

/// Leaves the pictures that the model uses: none for one that draws, those of the last message that has any for an edit,
/// one for a video. Fails with 400 if the text or the picture that the model needs is missing.
pub fn select(model: &Model, prompt: &mut Prompt, images: &mut Vec<ImageInput>) -> Result<()> {
    if model.is_video || model.pictures.is_some() {
        // They neither call tools nor write JSON.
        prompt.tools.clear();
        prompt.format = OutputFormat::Text;
    }
    match model.pictures {
        Some(_) if prompt.last_question().is_empty() => {
            Err(refused(format!("{} needs a text that says what to make: send one in a user message", model.id)))
        }
        Some(PictureModel::Draw { .. }) => {
            let last = prompt.messages.iter().rev().find(|message| message.role == Role::User);
            if last.is_some_and(|message| message.parts.iter().any(is_picture)) {
                let message =
                    format!("{} draws from text alone: use grok-imagine-image-edit to change a picture", model.id);
                return Err(refused(message));
            }
            keep(prompt, images, &[]);
            Ok(())
        }
        Some(PictureModel::Edit) => {
            let with_pictures = prompt.messages.iter().rev().map(|message| pictures_of(&message.parts));
            let edited = with_pictures.into_iter().find(|pictures| !pictures.is_empty()).unwrap_or_default();
            if edited.is_empty() {
                let message = format!("{} changes pictures: send one as an image_url part", model.id);
                return Err(refused(message));
            }
            if let Some(first) = edited.get(MAX_EDITED) {
                let message = format!("{} takes {MAX_EDITED} pictures: send fewer", model.id);
                return Err(Error::invalid(&images[*first].param, message));
            }
            keep(prompt, images, &edited);
            Ok(())
        }
        None if model.is_video && images.is_empty() => Err(refused(format!(
            "{} makes a video of a picture: send one as an image_url part, beside the text. From text alone, draw a picture \
             with grok-imagine-image first",
            model.id
        ))),
        None => {
            if model.is_video {
                // Grok animates one picture; further ones are dropped unchecked.
                keep(prompt, images, &[0]);
            }
            Ok(())
        }
    }
}

fn refused(message: String) -> Error {
    Error::invalid("messages", message)
}

fn is_picture(part: &Part) -> bool {
    matches!(part, Part::Picture(_))
}

fn pictures_of(parts: &[Part]) -> Vec<usize> {
    parts.iter().filter_map(|part| if let Part::Picture(at) = part { Some(*at) } else { None }).collect()
}

/// Drops all pictures but these, given in ascending order.
fn keep(prompt: &mut Prompt, images: &mut Vec<ImageInput>, kept: &[usize]) {
    let mut at = 0;
    images.retain(|_| {
        at += 1;
        kept.contains(&(at - 1))
    });
    for message in &mut prompt.messages {
        message.parts.retain_mut(|part| match part {
            Part::Picture(at) => match kept.iter().position(|kept| kept == at) {
                Some(place) => {
                    *at = place;
                    true
                }
                None => false,
            },
            _ => true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{inference::prompt::Message, providers::catalog};

    /// Returns a dialogue of user messages, in which a number is a picture, and its pictures.
    fn dialogue(messages: &[&[&'static str]]) -> (Prompt, Vec<ImageInput<'static>>) {
        let mut images = Vec::new();
        let messages = messages.iter().map(|parts| {
            let part = |part: &&'static str| match part.parse::<usize>() {
                Ok(at) => {
                    images.push(ImageInput { url: (*part).into(), param: format!("messages.{part}") });
                    Part::Picture(at)
                }
                Err(_) => Part::Text((*part).to_owned()),
            };
            Message { role: Role::User, parts: parts.iter().map(part).collect() }
        });
        let messages = messages.collect();
        (Prompt { messages, ..Prompt::default() }, images)
    }

    fn selected(model: &str, messages: &[&[&'static str]]) -> Result<(Vec<String>, Vec<Part>), String> {
        let (mut prompt, mut images) = dialogue(messages);
        select(&catalog::find(model).expect(model), &mut prompt, &mut images).map_err(|error| error.message)?;
        let parts = prompt.messages.into_iter().flat_map(|message| message.parts).filter(is_picture).collect();
        Ok((images.into_iter().map(|image| image.url.into_owned()).collect(), parts))
    }

    #[test]
    fn each_model_gets_the_pictures_that_it_uses() {
        let urls = |model, messages: &[&[&'static str]]| selected(model, messages).map(|(urls, _)| urls);
        let old: &[&[&str]] = &[&["look", "0", "1"], &["2", "3", "mix"], &["again"]];
        assert_eq!(selected("grok-imagine-image-edit", old), {
            Ok((vec!["2".to_owned(), "3".to_owned()], vec![Part::Picture(0), Part::Picture(1)]))
        });
        assert_eq!(urls("grok-imagine-image", old), Ok(vec![]));
        assert_eq!(urls("grok-imagine-0.9", old), Ok(vec!["0".to_owned()]));
        assert_eq!(urls("grok-fast", old).map(|urls| urls.len()), Ok(4));
    }

    #[test]
    fn an_error_says_what_is_missing() {
        let error = |model, messages: &[&[&'static str]]| selected(model, messages).expect_err("it is refused");
        assert!(error("grok-imagine-image", &[&[" "]]).contains("needs a text"));
        assert!(error("grok-imagine-image", &[&["0", "draw"]]).contains("grok-imagine-image-edit"));
        assert!(error("grok-imagine-image-edit", &[&["make it red"]]).contains("image_url"));
        let many: &[&str] = &["mix", "0", "1", "2", "3", "4", "5", "6", "7", "8"];
        assert!(error("grok-imagine-image-edit", &[many]).contains("8 pictures"));
        assert!(error("grok-imagine-0.9", &[&["make it move"]]).contains("grok-imagine-image first"));
    }
}
