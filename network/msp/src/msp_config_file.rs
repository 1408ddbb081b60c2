//! The file `config.yaml` of an MSP folder: which organisational units give which roles.
//!
//! Written in the block style in which Fabric's tools and documentation write it. Of YAML's other
//! notations it reads comments and quoted words, and refuses the rest by line.

/// The file's content; what is missing in it is empty.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfigFile {
    pub(crate) node_units: NodeUnits,
    pub(crate) recognized_units: Vec<ConfiguredUnit>,
}

/// The section `NodeOUs`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct NodeUnits {
    pub(crate) enable: bool,
    pub(crate) client: Option<ConfiguredUnit>,
    pub(crate) peer: Option<ConfiguredUnit>,
    pub(crate) admin: Option<ConfiguredUnit>,
    pub(crate) orderer: Option<ConfiguredUnit>,
}

/// A unit's name, and the file of the authority that certifies it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct ConfiguredUnit {
    pub(crate) name: String,
    pub(crate) certificate: String,
}

/// Line from 1, and what is wrong with it.
pub(crate) type Malformed = (usize, &'static str);

struct Line<'a> {
    number: usize,
    indent: usize,
    starts_item: bool,
    key: &'a str,
    value: &'a str,
}

impl ConfigFile {
    pub(crate) fn parse(text: &str) -> Result<Self, Malformed> {
        let lines = text
            .lines()
            .enumerate()
            .filter_map(|(index, line)| Line::parse(index + 1, line).transpose());
        let lines: Vec<_> = lines.collect::<Result<_, _>>()?;
        let mut file = Self::default();
        for (section, content) in sections(&lines)? {
            match section.key {
                "NodeOUs" => file.node_units = NodeUnits::parse(content)?,
                "OrganizationalUnitIdentifiers" => file.recognized_units = items(content)?,
                _ => {}
            }
        }
        Ok(file)
    }
}

impl NodeUnits {
    fn parse(lines: &[Line<'_>]) -> Result<Self, Malformed> {
        let mut units = Self::default();
        for (entry, content) in sections(lines)? {
            match entry.key {
                "Enable" => units.enable = boolean(entry)?,
                "ClientOUIdentifier" => units.client = Some(ConfiguredUnit::parse(content)?),
                "PeerOUIdentifier" => units.peer = Some(ConfiguredUnit::parse(content)?),
                "AdminOUIdentifier" => units.admin = Some(ConfiguredUnit::parse(content)?),
                "OrdererOUIdentifier" => units.orderer = Some(ConfiguredUnit::parse(content)?),
                _ => {}
            }
        }
        Ok(units)
    }
}

impl ConfiguredUnit {
    fn parse(lines: &[Line<'_>]) -> Result<Self, Malformed> {
        let mut unit = Self::default();
        for (entry, content) in sections(lines)? {
            if let Some(inner) = content.first() {
                return Err((inner.number, "a word was expected here, not a section"));
            }
            match entry.key {
                "Certificate" => unit.certificate = entry.value.to_owned(),
                "OrganizationalUnitIdentifier" => unit.name = entry.value.to_owned(),
                _ => {}
            }
        }
        Ok(unit)
    }
}

impl<'a> Line<'a> {
    /// `None` for a line that says nothing.
    fn parse(number: usize, line: &'a str) -> Result<Option<Self>, Malformed> {
        let content = without_comment(line).trim_end();
        let body = content.trim_start_matches(' ');
        if body.is_empty() || body == "---" {
            return Ok(None);
        }
        if body.starts_with('\t') {
            return Err((number, "indent with spaces, not with tabs"));
        }
        let (starts_item, entry) = match body.strip_prefix("- ") {
            Some(entry) => (true, entry.trim_start_matches(' ')),
            None => (false, body),
        };
        let (key, value) = entry
            .split_once(':')
            .ok_or((number, "write it as `Key: value`"))?;
        let value = value.trim();
        if value.starts_with(['{', '[', '&', '*', '|', '>', '!']) {
            return Err((number, "write one `Key: value` per line, as cryptogen does"));
        }
        let indent = content.len() - entry.len();
        Ok(Some(Self {
            number,
            indent,
            starts_item,
            key: unquoted(key.trim()),
            value: unquoted(value),
        }))
    }
}

/// Splits lines into those of the least indent, each with the deeper ones below it.
fn sections<'l, 'a>(
    lines: &'l [Line<'a>],
) -> Result<Vec<(&'l Line<'a>, &'l [Line<'a>])>, Malformed> {
    let Some(first) = lines.first() else {
        return Ok(Vec::new());
    };
    let mut sections = Vec::new();
    let mut rest = lines;
    while let Some((head, below)) = rest.split_first() {
        if head.indent != first.indent {
            return Err((head.number, "its indent is that of no section above"));
        }
        // The indent of a list item is that of its first word, so it is deeper than its key.
        let end = below
            .iter()
            .position(|line| line.indent <= first.indent)
            .unwrap_or(below.len());
        let (content, following) = below.split_at(end);
        sections.push((head, content));
        rest = following;
    }
    Ok(sections)
}

fn items(lines: &[Line<'_>]) -> Result<Vec<ConfiguredUnit>, Malformed> {
    let mut units = Vec::new();
    let mut rest = lines;
    while let Some((head, below)) = rest.split_first() {
        if !head.starts_item {
            return Err((head.number, "start every unit of the list with `- `"));
        }
        let end = 1 + below
            .iter()
            .position(|line| line.starts_item)
            .unwrap_or(below.len());
        let (item, following) = rest.split_at(end);
        units.push(ConfiguredUnit::parse(item)?);
        rest = following;
    }
    Ok(units)
}

fn boolean(line: &Line<'_>) -> Result<bool, Malformed> {
    match line.value.to_ascii_lowercase().as_str() {
        "true" | "yes" | "on" => Ok(true),
        "false" | "no" | "off" | "" => Ok(false),
        _ => Err((line.number, "write `true` or `false`")),
    }
}

fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with('#') {
        return "";
    }
    line.split_once(" #").map_or(line, |(content, _)| content)
}

fn unquoted(word: &str) -> &str {
    ['"', '\'']
        .iter()
        .find_map(|quote| word.strip_prefix(*quote)?.strip_suffix(*quote))
        .unwrap_or(word)
}
