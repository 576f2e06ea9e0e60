//! Chooses and starts the host that runs the component on this machine: Spin or workerd.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use anyhow::{Result, bail};

use crate::{args::Up, networks, private, tools, variables};

/// The variable of spin.toml for the port of WebSockets.
const PORT: &str = "grok_websocket_port";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Spin,
    Workerd,
}

impl Kind {
    /// Returns its name, which is also the name of its folder in the data folder.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Spin => "spin",
            Kind::Workerd => "workerd",
        }
    }
}

/// Returns the requested host; else the host whose data the folder has; else Spin if it is installed; else workerd.
pub fn choose(options: &Up) -> Result<Kind> {
    let holds = |kind: Kind| options.data.join(kind.name()).exists();
    let folder = options.data.display();
    if options.listen.is_some() {
        if options.host == Some(Kind::Spin) {
            bail!(
                "--listen works with workerd only: leave out --host spin, or put a reverse proxy in front of Spin (docs/spin.md)"
            );
        }
        if options.host.is_none() && holds(Kind::Spin) && !holds(Kind::Workerd) {
            bail!(
                "{folder} has data of Spin, and --listen works with workerd only: start empty with --host workerd, or put a reverse proxy in front of Spin (docs/spin.md)"
            );
        }
        if options.host.is_none() && holds(Kind::Spin) {
            println!("{folder} also has data of Spin: --listen runs on workerd, which has its own data");
        }
        return Ok(Kind::Workerd);
    }
    let spin = if options.host == Some(Kind::Workerd) { None } else { tools::spin() };
    match (options.host, spin) {
        (Some(Kind::Workerd), _) => Ok(Kind::Workerd),
        (_, Some(spin)) if spin.usable => {
            if options.host.is_none() && holds(Kind::Workerd) && !holds(Kind::Spin) {
                println!("{folder} has data of workerd: using workerd (--host spin starts empty)");
                return Ok(Kind::Workerd);
            }
            Ok(Kind::Spin)
        }
        (Some(Kind::Spin), Some(spin)) => {
            bail!("{} is too old: install Spin 4.1 or newer (https://spinframework.dev/install)", spin.text)
        }
        (Some(Kind::Spin), None) => {
            bail!("spin is not on PATH: install 4.1 or newer (https://spinframework.dev/install)")
        }
        (None, spin) => {
            if holds(Kind::Spin) && !holds(Kind::Workerd) {
                bail!("{folder} has data of Spin: put Spin 4.1 or newer on PATH, or start empty with --host workerd");
            }
            if let Some(spin) = spin {
                println!("{} is older than 4.1: using workerd", spin.text);
            }
            Ok(Kind::Workerd)
        }
    }
}

/// Returns the command that serves the component; its standard output is a pipe.
pub fn command(kind: Kind, root: &Path, options: &Up, vars: &[(String, String)]) -> Result<Command> {
    let data = options.data.join(kind.name());
    fs::create_dir_all(&data)?;
    let mut command = match kind {
        Kind::Spin => spin(root, options.port, vars, &data)?,
        Kind::Workerd => workerd(root, options, vars, &data),
    };
    command.current_dir(root).stdout(Stdio::piped());
    Ok(command)
}

/// Returns the command for workerd. Variables are passed in the environment, which other users cannot read.
fn workerd(root: &Path, options: &Up, vars: &[(String, String)], data: &Path) -> Command {
    let mut node = Command::new("node");
    node.arg(root.join("cloudflare/serve.mjs"))
        .arg("--tied")
        .arg("--port")
        .arg(options.port.to_string())
        .arg("--data")
        .arg(data);
    if let Some(address) = options.listen {
        node.arg("--listen").arg(address.to_string());
    }
    node.envs(vars.iter().map(|(name, value)| (variables::environment_name(name), value)));
    node
}

fn spin(root: &Path, port: u16, vars: &[(String, String)], data: &Path) -> Result<Command> {
    let mut allowed = Vec::new();
    for (name, value) in vars.iter().filter(|(name, _)| name.ends_with("_url")) {
        for address in networks::private_addresses(value)? {
            println!("{name} is the private address {address}: the component may reach only this private address");
            allowed.push(address);
        }
    }
    let config = data.join("runtime-config.toml");
    fs::write(&config, networks::runtime_config(&allowed))?;
    let variables = data.join("variables.json");
    write_variables(&variables, &with_port(vars)?)?;
    let mut spin = Command::new("spin");
    spin.arg("up").arg("--from").arg(root.join("spin.toml"));
    spin.arg("--listen").arg(format!("127.0.0.1:{port}"));
    spin.arg("--state-dir").arg(data).arg("--log-dir").arg(data.join("logs"));
    spin.arg("--runtime-config-file").arg(&config);
    spin.arg("--variable").arg(format!("@{}", variables.display()));
    // The component takes one request at a time in any case; without this Spin would wait for a busy instance.
    spin.args(["--max-instance-reuse-count", "1000", "--max-instance-concurrent-reuse-count", "1"]);
    Ok(spin)
}

/// Adds the port that the manifest opens for WebSockets: the port of `grok_base_url`, unless one is given.
fn with_port(vars: &[(String, String)]) -> Result<Vec<(String, String)>> {
    let value = |wanted: &str| vars.iter().rev().find(|(name, _)| name == wanted).map(|(_, value)| value);
    let mut vars = vars.to_vec();
    if let (Some(url), None) = (value("grok_base_url"), value(PORT)) {
        vars.push((PORT.to_owned(), networks::port(url)?.to_string()));
    }
    Ok(vars)
}

/// Writes the variables to a file, because Spin reads a value that begins with `@` as a file name. Only its owner can
/// read it: some values are secrets.
fn write_variables(path: &Path, vars: &[(String, String)]) -> Result<()> {
    let map: serde_json::Map<_, _> = vars.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    private::write(path, serde_json::Value::Object(map).to_string().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_listened_to_on_workerd_only() {
        let data = std::env::temp_dir().join(format!("grok2api-choose-{}", std::process::id()));
        let options = |host| Up {
            host,
            port: 8787,
            listen: Some("0.0.0.0:8787".parse().unwrap()),
            data: data.clone(),
            vars: Vec::new(),
            demo: false,
        };
        assert_eq!(choose(&options(None)).unwrap(), Kind::Workerd);
        assert!(choose(&options(Some(Kind::Spin))).unwrap_err().to_string().contains("leave out --host spin"));
        fs::create_dir_all(data.join("spin")).unwrap();
        assert!(choose(&options(None)).unwrap_err().to_string().contains("has data of Spin"));
        assert_eq!(choose(&options(Some(Kind::Workerd))).unwrap(), Kind::Workerd);
        fs::remove_dir_all(&data).unwrap();
    }

    #[test]
    fn the_port_for_websockets_is_groks_unless_it_is_given() {
        let vars =
            |list: &[(&str, &str)]| list.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        let port = |list: &[(&str, &str)]| {
            let vars: Vec<(String, String)> = vars(list);
            with_port(&vars)
                .unwrap()
                .into_iter()
                .filter(|(name, _)| name == PORT)
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
        };
        assert_eq!(port(&[]), [""; 0]);
        assert_eq!(port(&[("grok_base_url", "https://a"), ("grok_base_url", "http://127.0.0.1:8443")]), ["8443"]);
        assert_eq!(port(&[("grok_base_url", "http://127.0.0.1:8443"), (PORT, "1")]), ["1"]);
    }
}
