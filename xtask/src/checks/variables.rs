//! Keeps the tables of variables in `spin.toml` and both READMEs as `src/variables/table.rs` has them.

use std::{fmt::Write, fs, path::Path};

use anyhow::{Context, Result, ensure};

use super::Fault;

pub mod table {
    include!("../../../src/variables/table.rs");
}

use table::{Reader, VARIABLES, Variable};

/// A part of a file that is written from the table: the lines after `first` up to an empty one. `first` counts where it
/// follows `section`.
struct Block {
    file: &'static str,
    section: &'static str,
    first: &'static str,
    text: fn(&[&Variable]) -> Result<String>,
}

const BLOCKS: [Block; 4] = [
    Block { file: "spin.toml", section: "", first: "[variables]", text: declarations },
    Block { file: "spin.toml", section: "", first: "[component.grok2api.variables]", text: bindings },
    Block { file: "README.md", section: "## Variables", first: "| name | default | meaning |", text: english },
    Block { file: "README.zh-CN.md", section: "## 变量", first: "| 名称 | 默认值 | 含义 |", text: chinese },
];

/// The meanings for the Chinese README, in the order of the table.
const CHINESE: [(&str, &str); 12] = [
    ("grok_base_url", "Grok 的 URL"),
    ("grok_assets_url", "Grok 图片和视频的 URL"),
    ("xai_base_url", "xAI API 的 URL"),
    ("admin_password", "管理后台的密码，优先于数据库中的密码"),
    ("encryption_key", "至少 16 个字符；用于加密账号令牌、API 密钥和 `cf_clearance`"),
    ("encryption_key_previous", "更换密钥期间的旧密钥"),
    ("password_iterations", "密码的 PBKDF2 迭代次数；CPU 时间不受限时可以调高"),
    ("timezone_offset_minutes", "本地时区，以相对 UTC 向东的分钟数表示"),
    ("dns_over_https_url", "仅 Spin：解析 WebSocket 主机名的 DNS over HTTPS 服务器（RFC 8484），用逗号分隔，依次尝试"),
    ("grok_websocket_port", "仅 Spin：WebSocket 允许使用的端口；`grok_base_url` 使用其他端口时设置"),
    ("extra_root_certificates", "仅 Spin：WebSocket 额外信任的根证书（PEM），用于有自建证书机构的网络"),
    ("trusted_proxy", "反向代理的地址，用逗号分隔，或 `*`；网关从它们的 `X-Forwarded-*` 请求头读取客户端地址"),
];

/// Returns a fault for each file whose table is not the one in code.
pub fn check(root: &Path) -> Result<Vec<Fault>> {
    let mut faults = Vec::new();
    for block in &BLOCKS {
        let text = read(root, block.file)?;
        if let Some(line) = difference(&text, &with_block(&text, block, &VARIABLES)?) {
            let message = "differs from src/variables/table.rs: run `cargo xtask variables`".to_owned();
            faults.push(Fault { file: block.file.to_owned(), line, message });
        }
    }
    Ok(faults)
}

/// Writes the tables into `spin.toml` and both READMEs. Fails if a file has lost the line where its table begins.
pub fn write(root: &Path) -> Result<()> {
    for block in &BLOCKS {
        let text = with_block(&read(root, block.file)?, block, &VARIABLES)?;
        fs::write(root.join(block.file), text).with_context(|| format!("{} cannot be written", block.file))?;
    }
    Ok(())
}

fn read(root: &Path, file: &str) -> Result<String> {
    fs::read_to_string(root.join(file)).with_context(|| format!("{file} cannot be read"))
}

/// Returns the number of the first line that differs, counted from 1.
fn difference(found: &str, expected: &str) -> Option<usize> {
    let mut lines = found.lines().zip(expected.lines()).enumerate();
    let first = lines.find_map(|(at, (found, expected))| (found != expected).then_some(at + 1));
    first.or_else(|| (found != expected).then(|| found.lines().count().max(1)))
}

/// Returns the file's text with the block replaced.
fn with_block(text: &str, block: &Block, variables: &[&Variable]) -> Result<String> {
    let after = |at: usize, line: &str| Some(at + text[at..].find(line)? + line.len());
    let start = after(0, block.section).and_then(|at| after(at, &format!("{}\n", block.first)));
    let start = start.with_context(|| format!("{} has no line `{}`", block.file, block.first))?;
    let mut end = start;
    for line in text[start..].split_inclusive('\n').take_while(|line| !line.trim_end().is_empty()) {
        end += line.len();
    }
    Ok(format!("{}{}{}", &text[..start], (block.text)(variables)?, &text[end..]))
}

/// Returns the rows of `[variables]`. Spin requires every variable to have a default or to be set.
fn declarations(variables: &[&Variable]) -> Result<String> {
    let mut rows = String::from("# The table is src/variables/table.rs.\n");
    for Variable { name, default, is_secret, .. } in variables {
        let secret = if *is_secret { ", secret = true" } else { "" };
        writeln!(rows, "{name} = {{ default = \"{default}\"{secret} }}")?;
    }
    Ok(rows)
}

/// Returns the rows that hand the variables to the component.
fn bindings(variables: &[&Variable]) -> Result<String> {
    let mut rows = String::new();
    for Variable { name, .. } in variables.iter().filter(|variable| variable.reader == Reader::Component) {
        writeln!(rows, "{name} = \"{{{{ {name} }}}}\"")?;
    }
    Ok(rows)
}

fn english(variables: &[&Variable]) -> Result<String> {
    rows(variables, ", ", |variable| Ok(variable.about))
}

fn chinese(variables: &[&Variable]) -> Result<String> {
    rows(variables, "、", |variable| {
        let found = CHINESE.iter().find(|(name, _)| *name == variable.name);
        found.map(|(_, about)| *about).with_context(|| format!("{} has no meaning in Chinese", variable.name))
    })
}

/// Returns the rows of a README's table. Of a list of URLs the hosts are shown.
fn rows<'a>(
    variables: &[&'a Variable],
    comma: &str,
    about: impl Fn(&'a Variable) -> Result<&'static str>,
) -> Result<String> {
    let mut rows = String::from("|---|---|---|\n");
    for variable in variables {
        let values: Vec<&str> = variable.default.split(',').collect();
        let shown = |value: &&str| match value.strip_prefix("https://").and_then(|rest| rest.split('/').next()) {
            Some(host) if values.len() > 1 => format!("`{host}`"),
            _ if value.is_empty() => "–".to_owned(),
            _ => format!("`{value}`"),
        };
        let default = values.iter().map(shown).collect::<Vec<_>>().join(comma);
        let about = about(variable)?;
        ensure!(!about.contains('|'), "the meaning of {} has a `|`, which ends a table's cell", variable.name);
        writeln!(rows, "| `{}` | {default} | {about} |", variable.name)?;
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    const MANIFEST: Block = Block { file: "spin.toml", section: "", first: "[variables]", text: declarations };

    #[test]
    fn a_default_that_differs_is_found_and_written() {
        let text = "a\n[variables]\ngrok_base_url = { default = \"x\" }\n\nb\n";
        let written = with_block(text, &MANIFEST, &VARIABLES).unwrap();
        assert_eq!(difference(text, &written), Some(3));
        assert!(written.starts_with("a\n[variables]\n# The table") && written.ends_with(" }\n\nb\n"), "{written}");
        assert!(written.contains("\nadmin_password = { default = \"\", secret = true }\n"), "{written}");
        assert_eq!(with_block(&written, &MANIFEST, &VARIABLES).unwrap(), written);
        assert_eq!(difference(&written, &written), None);
    }

    #[test]
    fn a_file_without_the_first_line_is_an_error() {
        assert!(
            with_block("nothing\n", &MANIFEST, &VARIABLES)
                .is_err_and(|error| error.to_string().contains("[variables]"))
        );
    }

    #[test]
    fn every_variable_has_a_row_in_both_languages() {
        for text in [english(&VARIABLES).unwrap(), chinese(&VARIABLES).unwrap()] {
            assert_eq!(text.lines().count(), 1 + VARIABLES.len(), "{text}");
        }
        assert!(english(&VARIABLES).unwrap().contains("| `dns.alidns.com`, `doh.pub`, `cloudflare-dns.com` |"));
        assert_eq!(CHINESE.map(|(name, _)| name), VARIABLES.map(|variable| variable.name));
    }
}
